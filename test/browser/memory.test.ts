import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeInBrowser } from '../support/browser.ts'
import { DashboardPage } from '../support/dashboardPage.ts'
import { memoryUnderUpdates } from '../support/pageMemory.ts'
import { PlatformSite } from '../support/platformSite.ts'

const MINUTES = 2

let site: PlatformSite

beforeAll(async () => {
  site = await PlatformSite.open()
})
afterAll(() => site.end())

describeInBrowser('a page that is open for long', (browser) => {
  test('keeps no more memory and no more nodes, at up to 4 updates a second', { timeout: 300_000 }, async () => {
    const dashboard = new DashboardPage(await browser.open(site.url))
    await dashboard.shown()
    const endMs = performance.now() + MINUTES * 60_000
    const memory = await memoryUnderUpdates(dashboard.page, site.lake, () => performance.now() < endMs)
    expect(memory.batches).toBeGreaterThan(30)
    expect(memory.lateMb / memory.earlyMb).toBeLessThan(1.15)
    expect(memory.nodesLate / memory.nodesEarly).toBeLessThan(1.15)
  })
})

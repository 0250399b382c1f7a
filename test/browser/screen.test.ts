import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeInBrowser } from '../support/browser.ts'
import { DashboardPage, soon } from '../support/dashboardPage.ts'
import { PlatformSite } from '../support/platformSite.ts'

let site: PlatformSite

beforeAll(async () => {
  site = await PlatformSite.open()
})
afterAll(() => site.end())

describeInBrowser('the full screen', (browser) => {
  test('is for a wall: nothing to click, all panels without scrolling, and back as it was', async () => {
    const dashboard = new DashboardPage(await browser.open(site.url, { viewport: { width: 2560, height: 1440 } }))
    await dashboard.shown()
    const { page, root } = dashboard
    await root.getByRole('button', { name: 'Full screen' }).click()
    const isFull = (): Promise<boolean> =>
      page.evaluate(() => document.fullscreenElement?.localName === 'lakeweir-dashboard')
    await soon(isFull).toBe(true)
    await soon(() => root.locator('.root.is-wall').count()).toBe(1)
    await soon(() => root.getByRole('group', { name: 'Filters' }).count()).toBe(0)
    expect(await root.getByRole('button', { name: /^(CSV|Expand|Table)$/ }).count()).toBe(0)
    expect(await root.locator('.brush').filter({ visible: true }).count()).toBe(0)
    const panels = await root.locator('section[data-panel]').count()
    expect(panels).toBeGreaterThan(9)
    await soon(() => root.evaluate((element) => element.scrollHeight - element.clientHeight)).toBeLessThanOrEqual(0)
    // Its numbers go on.
    const total = (): Promise<string | null> => dashboard.panel('messages').locator('.value').first().textContent()
    const before = await total()
    await site.lake.take(site.lake.nowMs() - 30_000, site.lake.nowMs())
    await soon(total).not.toBe(before)
    await page.keyboard.press('f')
    await soon(isFull).toBe(false)
    await soon(() => root.locator('.root.is-wall').count()).toBe(0)
    await root.getByRole('group', { name: 'Filters' }).first().waitFor()
  })
})

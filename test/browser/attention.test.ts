import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeInBrowser } from '../support/browser.ts'
import { DashboardPage, soon } from '../support/dashboardPage.ts'
import { PlatformSite } from '../support/platformSite.ts'

let site: PlatformSite

beforeAll(async () => {
  site = await PlatformSite.open()
})
afterAll(() => site.end())

/** As a browser says it when another tab is shown: it has no way of its own to be told so by a test. */
async function turnTo(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden })
    Object.defineProperty(document, 'visibilityState', {
      configurable: true,
      get: () => (hidden ? 'hidden' : 'visible'),
    })
    document.dispatchEvent(new Event('visibilitychange'))
  }, isHidden)
}

describeInBrowser('a tab that nobody looks at', (browser) => {
  test('follows nothing after some seconds, and catches up at once when it is looked at again', async () => {
    const dashboard = new DashboardPage(await browser.open(site.url))
    await dashboard.shown()
    await dashboard.isLive()
    const { page } = dashboard
    const total = (): Promise<string | null> => dashboard.panel('messages').locator('.value').first().textContent()
    const before = await total()
    const ended = page.waitForEvent('requestfailed', (request) => request.url().includes('/api/stream'))
    const asked: string[] = []
    await turnTo(page, true)
    await ended
    page.on('request', (request) => asked.push(request.url()))
    await site.lake.take(site.lake.nowMs() - 3_600_000, site.lake.nowMs())
    await site.caughtUp()
    expect([await total(), asked]).toEqual([before, []])
    await turnTo(page, false)
    await soon(total).not.toBe(before)
    const answer = await (await fetch(new URL('api/panels/messages?from=day', site.url))).json()
    await soon(total).toBe(Number(answer.rows[0][0]).toLocaleString('en'))
    await dashboard.isLive()
    // What came while nobody looked is not late.
    expect(await dashboard.root.locator('.is-late, .chart-late').count()).toBe(0)
  })

  test('that is looked at again within a moment has missed nothing', async () => {
    const dashboard = new DashboardPage(await browser.open(site.url))
    await dashboard.shown()
    await dashboard.isLive()
    const asked: string[] = []
    dashboard.page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await turnTo(dashboard.page, true)
    await turnTo(dashboard.page, false)
    const total = (): Promise<string | null> => dashboard.panel('messages').locator('.value').first().textContent()
    const before = await total()
    await site.lake.take(site.lake.nowMs() - 30_000, site.lake.nowMs())
    await soon(total).not.toBe(before)
    expect(asked.filter((path) => path.includes('stream'))).toEqual([])
  })
})

import { expect, onTestFinished, test } from 'vitest'
import { describeInBrowser } from '../support/browser.ts'
import { DashboardPage } from '../support/dashboardPage.ts'
import { PlatformSite } from '../support/platformSite.ts'

const SCRIPT = '<img src=x onerror="document.title=1"><script>document.title=1</script>'
const BIDI = '\u202eevil\u2066\u200f'
const LONG = 'x'.repeat(200)

describeInBrowser("a stranger's text", (browser) => {
  test.each([
    ['script tags', SCRIPT],
    ['bidi marks', BIDI],
    ['200 characters', LONG],
  ])('that has %s stays text in every column', async (_, text) => {
    const site = await PlatformSite.open()
    onTestFinished(() => site.end())
    const value = text.replaceAll("'", "''")
    const atMicros = (site.lake.nowMs() - 1_000) * 1_000
    await site.lake.takeRows(`SELECT make_timestamptz(${atMicros} + n) AS timestamp, n AS value,
      CASE WHEN n % 3 = 0 THEN '' ELSE '${value}' END AS event_type, '${value}' || n AS message_id, '${value}' AS channel,
      2000::INTEGER AS country_id, 7::INTEGER AS user_id FROM range(3000) AS r(n)`)
    await site.caughtUp()
    const dashboard = new DashboardPage(await browser.open(site.url))
    await dashboard.shown()
    await dashboard.root.getByText(text.slice(0, 20)).first().waitFor()
    expect(await dashboard.page.title()).not.toBe('1')
    expect(await dashboard.root.locator('img, script').count()).toBe(0)
    expect(await dashboard.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1440)
  })
})

describeInBrowser('a lake', (browser) => {
  test('where nothing has happened today opens on its newest range, and says so', async () => {
    const untilMs = Date.UTC(2026, 10, 20, 17)
    const site = await PlatformSite.open({ untilMs })
    onTestFinished(() => site.end())
    const dashboard = new DashboardPage(await browser.open(site.url))
    await dashboard.shown()
    await dashboard.root.getByText(/Nothing has happened today/).waitFor()
    expect(await dashboard.panel('messages_per_minute').getAttribute('data-state')).toBe('rows')
    await dashboard.root.getByRole('button', { name: 'Show today' }).click()
    await dashboard.root.getByText(/Nothing has happened today/).waitFor({ state: 'detached' })
  })

  test('that nothing runs for is stale once files wait', async () => {
    // Files are as old as the file system says.
    const site = await PlatformSite.open({ nowMs: Date.now(), server: { staleAfter: '2 seconds' } })
    onTestFinished(() => site.end())
    const dashboard = new DashboardPage(await browser.open(site.url))
    await dashboard.shown()
    await site.lake.land(site.lake.nowMs() - 60_000, site.lake.nowMs())
    await dashboard.isState('stale')
    await dashboard.root.getByText(/1 file waits, and nothing was committed/).waitFor()
  })
})

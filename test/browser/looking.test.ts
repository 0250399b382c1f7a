import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeInBrowser, type OpenOptions } from '../support/browser.ts'
import { DashboardPage, soon } from '../support/dashboardPage.ts'
import { PlatformSite } from '../support/platformSite.ts'

let site: PlatformSite

beforeAll(async () => {
  site = await PlatformSite.open()
})
afterAll(() => site.end())

describeInBrowser('what a reader looks at', (browser) => {
  const opened = async (query = '', options: OpenOptions = {}): Promise<DashboardPage> => {
    const dashboard = new DashboardPage(await browser.open(`${site.url}${query}`, options))
    await dashboard.shown()
    return dashboard
  }
  const query = ({ page }: DashboardPage): string => new URL(page.url()).search
  const totalOf = (dashboard: DashboardPage): Promise<string | null> =>
    dashboard.panel('messages').locator('.value').first().textContent()

  test('a filter narrows every panel, stands in the address, and goes with back and forward', async () => {
    const dashboard = await opened()
    const all = await totalOf(dashboard)
    await dashboard.choose('Channel', 'SMS')
    await soon(() => query(dashboard)).toContain('channel=SMS')
    await soon(() => totalOf(dashboard)).not.toBe(all)
    const some = await totalOf(dashboard)
    await dashboard.page.goBack()
    await soon(() => query(dashboard)).not.toContain('channel')
    await soon(() => totalOf(dashboard)).toBe(all)
    await dashboard.page.goForward()
    await soon(() => totalOf(dashboard)).toBe(some)
  })

  test('a link opens what was looked at', async () => {
    const dashboard = await opened('?channel=EMAIL&range=1h&expanded-panel=countries&as-table=countries')
    expect(await dashboard.preset('1 h').getAttribute('aria-checked')).toBe('true')
    await soon(() => dashboard.filter('Channel').textContent()).toContain('EMAIL')
    expect(await dashboard.root.locator('section[data-panel]').count()).toBe(1)
    await dashboard.panel('countries').getByRole('table').waitFor()
  })

  test('a preset moves the range, and a fixed one is paused until it is left', async () => {
    const dashboard = await opened('?from=2026-11-25T10:00Z&to=2026-11-25T11:00Z')
    await dashboard.root.getByText('Paused').waitFor()
    await dashboard.root.getByRole('button', { name: 'back to live' }).click()
    await soon(() => query(dashboard)).not.toContain('from=')
    await dashboard.preset('Today').click()
    await soon(() => query(dashboard)).toContain('range=today')
  })

  test('the brush moves the window by keys, and the address says where it is', async () => {
    const dashboard = await opened()
    const handle = dashboard
      .panel('messages_per_minute')
      .locator('lakeweir-brush [role=slider], .brush [role=slider]')
      .first()
    await handle.focus()
    const before = await handle.getAttribute('aria-valuenow')
    for (let step = 0; step < 5; step++) await dashboard.page.keyboard.press('ArrowLeft')
    await soon(() => handle.getAttribute('aria-valuenow')).not.toBe(before)
    await soon(() => query(dashboard)).toMatch(/from=|range=/)
  })

  test('everything is done by keys alone', async () => {
    const dashboard = await opened()
    await dashboard.root.focus()
    await dashboard.page.keyboard.press('1')
    await soon(() => dashboard.preset('15 min').getAttribute('aria-checked')).toBe('true')
    await dashboard.page.keyboard.press('/')
    await soon(() => dashboard.page.evaluate<string>(FOCUSED)).toMatch(/channel/i)
    await dashboard.page.keyboard.press('Enter')
    await dashboard.root.getByRole('checkbox', { name: /^SMS/ }).waitFor()
    await dashboard.page.keyboard.press('Escape')
    const stops = new Set<string>()
    for (let stop = 0; stop < 200; stop++) {
      await dashboard.page.keyboard.press('Tab')
      const focused = await dashboard.page.evaluate<string>(FOCUSED)
      if (focused === '') break
      stops.add(focused)
    }
    expect([...stops].filter((stop) => /^CSV/.test(stop)).length).toBeGreaterThan(0)
    expect(stops.size).toBeGreaterThan(20)
  })

  test("a reader's clock that is hours off changes nothing", async () => {
    const dashboard = await opened('', { clockAheadMs: 5 * 3_600_000 + 1_000 })
    await dashboard.isLive()
    expect(await dashboard.text()).toContain('25 Nov')
    const behind = await opened('', { clockAheadMs: -30 * 3_600_000 })
    await behind.isLive()
    expect(await totalOf(behind)).toBe(await totalOf(dashboard))
  })
})

/** The name of what has the focus, also within a shadow root. */
const FOCUSED = `(() => {
  const root = document.activeElement?.shadowRoot
  const focused = root?.activeElement
  return focused == null ? '' : (focused.getAttribute('aria-label') ?? focused.textContent ?? focused.localName).trim() + ' ' + focused.localName + ' ' + (focused.closest('section')?.dataset.panel ?? '')
})()`

import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeInBrowser } from '../support/browser.ts'
import { DashboardPage, soon } from '../support/dashboardPage.ts'
import { PlatformSite } from '../support/platformSite.ts'

let site: PlatformSite

beforeAll(async () => {
  site = await PlatformSite.open()
})
afterAll(() => site.end())

/** What axe finds serious or critical. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const found = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as axe.AxeResults
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`))
}

describeInBrowser('the page', (browser) => {
  const widths = [320, 768, 1440, 3840]
  describe.each(widths)('%i pixels wide', (width) => {
    test('cuts nothing and needs no scrolling to the side', async () => {
      const viewport = { width, height: 900 }
      const dashboard = new DashboardPage(await browser.open(site.url, { viewport }))
      await dashboard.shown()
      const { page } = dashboard
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      expect(await page.evaluate(STICKING_OUT)).toEqual([])
    })
  })

  test.each(['light', 'dark'] as const)('has nothing that axe calls serious, %s', async (colorScheme) => {
    const dashboard = new DashboardPage(await browser.open(site.url, { colorScheme }))
    await dashboard.shown()
    expect(await violations(dashboard.page)).toEqual([])
  })

  test('has nothing that axe calls serious on a phone, with a panel as a table', async () => {
    const options = { viewport: { width: 390, height: 844 } }
    const dashboard = new DashboardPage(await browser.open(`${site.url}?as-table=messages_per_minute`, options))
    await dashboard.shown()
    expect(await violations(dashboard.page)).toEqual([])
  })

  test('is dark where the reader wants it, and remembers what was chosen', async () => {
    const dashboard = new DashboardPage(await browser.open(site.url, { colorScheme: 'dark' }))
    await dashboard.shown()
    const surface = (): Promise<string> =>
      dashboard.root.evaluate((element) => {
        const root = element.shadowRoot?.querySelector('.root')
        return root == null ? '' : getComputedStyle(root).backgroundColor
      })
    await soon(surface).toBe('rgb(14, 17, 22)')
    await dashboard.root.getByRole('radio', { name: 'Light' }).click()
    await soon(surface).toBe('rgb(255, 255, 255)')
    await dashboard.page.reload()
    await dashboard.shown()
    await soon(surface).toBe('rgb(255, 255, 255)')
  })

  test('moves nothing for a reader who wants no motion', async () => {
    const dashboard = new DashboardPage(await browser.open(site.url, { reducedMotion: 'reduce' }))
    await dashboard.shown()
    await site.lake.take(site.lake.nowMs() - 7_200_000, site.lake.nowMs() - 7_100_000)
    await site.caughtUp()
    const running = (): Promise<number> =>
      dashboard.root.evaluate((element) => {
        const animations = element.shadowRoot?.getAnimations() ?? []
        return animations.filter((each) => (each.effect?.getComputedTiming().duration ?? 0) !== 0.01).length
      })
    expect(await running()).toBe(0)
  })
})

/** Texts that are wider than their place and cut without an ellipsis, or that stick out of the page. */
const STICKING_OUT = `(() => {
  const root = document.querySelector('lakeweir-dashboard').shadowRoot
  const width = document.documentElement.clientWidth
  const out = []
  for (const element of root.querySelectorAll('h1, h2, span, td, th, button, p, text, strong, code')) {
    const { left, right, width: own } = element.getBoundingClientRect()
    if (own === 0 || element.closest('.hidden-text, [hidden], dialog')) continue
    let scrolls = false
    for (let at = element; at instanceof Element; at = at.parentElement) {
      if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(at).overflowX)) scrolls = true
    }
    if (!scrolls && (right > width + 1 || left < -1)) out.push(element.localName + '.' + element.className + ': ' + element.textContent.trim().slice(0, 60))
  }
  return out
})()`

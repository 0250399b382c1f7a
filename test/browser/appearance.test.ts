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

  test.each([
    ['no-preference', true],
    ['reduce', false],
  ] as const)('a late correction moves or does not, as the reader wants it: %s', async (reducedMotion, moves) => {
    const dashboard = new DashboardPage(await browser.open(site.url, { reducedMotion }))
    await dashboard.shown()
    await dashboard.isLive()
    const { root } = dashboard
    await dashboard.page.evaluate(NOTE_MARKS)
    // An hour ago is complete: what comes of it now is late.
    await site.lake.take(site.lake.nowMs() - 3_700_000, site.lake.nowMs() - 3_600_000)
    const seen = (): Promise<readonly boolean[]> => root.evaluate(() => Reflect.get(globalThis, 'lakeweirMarks'))
    await soon(async () => (await seen()).length).toBeGreaterThan(0)
    expect(new Set(await seen())).toEqual(new Set([moves]))
  })

  test('expands a panel with motion, and without where the reader wants none', async () => {
    const moving = async (reducedMotion: 'reduce' | 'no-preference'): Promise<number> => {
      const dashboard = new DashboardPage(await browser.open(site.url, { reducedMotion }))
      await dashboard.shown()
      await dashboard.panel('countries').hover()
      await dashboard.panel('countries').getByRole('button', { name: 'Expand' }).click()
      const expanded = dashboard.root.locator('lakeweir-panel.is-expanded')
      await expanded.waitFor()
      return expanded.evaluate((panel) => Number.parseFloat(getComputedStyle(panel).animationDuration))
    }
    expect(await moving('no-preference')).toBeGreaterThan(0.1)
    expect(await moving('reduce')).toBeLessThan(0.001)
  })

  test('tells everything apart where the system has few colours of its own', async () => {
    const dashboard = new DashboardPage(await browser.open(site.url, { forcedColors: 'active' }))
    await dashboard.shown()
    const { root } = dashboard
    const fills = (selector: string): Promise<readonly string[]> =>
      root.locator(selector).evaluateAll((marks) => [...new Set(marks.map((mark) => getComputedStyle(mark).fill))])
    // A pattern for each channel, in the chart and in the bars, and one for each phase of a batch.
    expect(await root.locator('section[data-panel=messages_per_minute] .chart-decal').count()).toBeGreaterThanOrEqual(4)
    expect(await fills('section[data-panel=active_users] tbody tr:nth-child(-n+9) .bar rect')).toHaveLength(5)
    expect(await fills('section[data-panel=batches] .strip-phases path')).toHaveLength(4)
    expect(
      (await fills('section[data-panel=batches] .strip-phases path')).filter((fill) => fill.includes('url')),
    ).toHaveLength(3)
    // The cells of the heat table by length: what is written on them is on the system's own ground.
    const heat = root.locator('section[data-panel=event_types] td[class*=step-]')
    const lengths = await heat.evaluateAll((cells) => [
      ...new Set(cells.map((cell) => getComputedStyle(cell).backgroundSize)),
    ])
    expect(lengths.length).toBeGreaterThan(4)
    const grounds = await heat.evaluateAll((cells) => [
      ...new Set(cells.map((cell) => getComputedStyle(cell).backgroundColor)),
    ])
    expect(grounds).toHaveLength(1)
    // The preset that is chosen, and the state by its shape.
    const edge = (name: string): Promise<string> =>
      dashboard.preset(name).evaluate((preset) => getComputedStyle(preset).borderBottomColor)
    expect(await edge('3 h')).not.toBe(await edge('1 h'))
    expect(await root.locator('.fresh .glyph').count()).toBeGreaterThan(0)
    expect(await violations(dashboard.page)).toEqual([])
  })

  test('cuts no note of a panel at the width of most screens, and hides no action from keys', async () => {
    const dashboard = new DashboardPage(await browser.open(site.url, { viewport: { width: 1440, height: 900 } }))
    await dashboard.shown()
    const cut = await dashboard.root
      .locator('section > header .note')
      .evaluateAll((notes) =>
        notes.filter((note) => note.scrollWidth > note.clientWidth).map((note) => note.textContent),
      )
    expect(cut).toEqual([])
    const csv = dashboard.panel('countries').getByRole('button', { name: 'CSV' })
    const opacity = (): Promise<string> =>
      csv.evaluate((button) => getComputedStyle(button.closest('.actions') ?? button).opacity)
    expect(await opacity()).toBe('0')
    await csv.focus()
    expect(await opacity()).toBe('1')
  })

  test('leaves no hole below a chart beside a higher panel', async () => {
    const dashboard = new DashboardPage(await browser.open(site.url, { viewport: { width: 1440, height: 900 } }))
    await dashboard.shown()
    const bottomOf = async (name: string, part: string): Promise<number> => {
      const box = await dashboard.panel(name).locator(part).last().boundingBox()
      return box === null ? Number.NaN : box.y + box.height
    }
    await soon(async () =>
      Math.abs((await bottomOf('corrupted_share', '.chart-drawing')) - (await bottomOf('batches', '.body'))),
    ).toBeLessThan(4)
  })
})

/** In the page: notes whether each mark of a late correction moves. */
const NOTE_MARKS = `(() => {
  globalThis.lakeweirMarks = []
  const root = document.querySelector('lakeweir-dashboard')
  const noted = new WeakSet()
  const look = () => {
    for (const mark of root.shadowRoot.querySelectorAll('.chart-late, .late, lakeweir-heat td.is-late')) {
      if (!noted.has(mark)) lakeweirMarks.push(mark.getAnimations().length > 0)
      noted.add(mark)
    }
    requestAnimationFrame(look)
  }
  look()
})()`

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

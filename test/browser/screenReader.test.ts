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

/** What the browser tells a screen reader of one thing on the page. */
interface Told {
  readonly role: string
  readonly name: string
  readonly value: string
  readonly live: string
}

async function told(page: Page): Promise<readonly Told[]> {
  const devtools = await page.context().newCDPSession(page)
  const { nodes } = await devtools.send('Accessibility.getFullAXTree')
  await devtools.detach()
  const text = (value: { readonly value?: unknown } | undefined): string => String(value?.value ?? '').trim()
  return nodes
    .filter(({ ignored }) => !ignored)
    .map(({ role, name, value, properties = [] }) => ({
      role: text(role),
      name: text(name),
      value: text(properties.find((each) => each.name === 'valuetext')?.value) || text(value),
      live: text(properties.find((each) => each.name === 'live')?.value),
    }))
}

describeInBrowser('what a screen reader is told', (browser) => {
  async function opened(): Promise<{ dashboard: DashboardPage; all: readonly Told[] }> {
    const dashboard = new DashboardPage(await browser.open(site.url))
    await dashboard.shown()
    await dashboard.isLive()
    return { dashboard, all: await told(dashboard.page) }
  }
  const namesOf = (all: readonly Told[], role: string): readonly string[] =>
    all.filter((each) => each.role === role).map(({ name }) => name)

  test('every panel by its heading, every chart by what it shows, every table and every control by a name', async () => {
    const { all } = await opened()
    const headings = namesOf(all, 'heading')
    expect(headings[0]).toBe('Messages')
    expect(headings).toEqual(
      expect.arrayContaining(['Messages per minute', 'Event types by channel', 'Countries', 'Batches']),
    )
    expect(namesOf(all, 'region')).toEqual(expect.arrayContaining(['Messages per minute', 'Corrupted share']))
    expect(namesOf(all, 'main')).toEqual(['Messages'])
    const [flow] = namesOf(all, 'figure')
    expect(flow).toMatch(/^Messages per minute, .*10:3\d.*13:3\d.*CHAT, EMAIL, PUSH, SMS/)
    expect(namesOf(all, 'grid')).toEqual(['Event types by channel'])
    expect(namesOf(all, 'table')).toEqual(expect.arrayContaining(['Most active users', 'Countries']))
    for (const role of [
      'button',
      'radio',
      'checkbox',
      'slider',
      'figure',
      'table',
      'region',
      'link',
      'group',
      'image',
    ]) {
      expect(
        namesOf(all, role).filter((name) => name === ''),
        role,
      ).toEqual([])
    }
  })

  test('what is under the reading line, and where the window of the day is', async () => {
    const { dashboard, all } = await opened()
    const sliders = all.filter(({ role }) => role === 'slider')
    const [reading] = sliders.filter(({ name }) => name === 'Reading line')
    expect(reading?.value).toMatch(/^13:3\d: \d+, CHAT \d+, EMAIL \d+, PUSH \d+, SMS \d+/)
    expect(sliders.find(({ name }) => name === 'Beginning of the time window')?.value).toMatch(/^10:3\d$/)
    await dashboard.panel('messages_per_minute').getByRole('slider', { name: 'Reading line' }).focus()
    await dashboard.page.keyboard.press('Home')
    const after = await told(dashboard.page)
    expect(after.find(({ role, name }) => role === 'slider' && name === 'Reading line')?.value).toMatch(
      /^10:3\d: \d+, CHAT/,
    )
  })

  test('the totals by one polite region, which a batch a second does not make talk', async () => {
    const { dashboard, all } = await opened()
    expect(all.filter(({ live }) => live !== '').map(({ role, live }) => [role, live])).toEqual([['status', 'polite']])
    const status = dashboard.root.locator('[role=status]')
    await soon(() => status.textContent()).toMatch(/Corrupted/)
    const said = await status.textContent()
    expect(said).toMatch(
      /^Fresh\. Messages: [\d,]+; Unique messages: [\d,]+; Active users: [\d,]+; Corrupted: [\d.]+%\.$/,
    )
    const total = (): Promise<string | null> => dashboard.panel('messages').locator('.value').first().textContent()
    const before = await total()
    await site.lake.take(site.lake.nowMs() - 30_000, site.lake.nowMs())
    await soon(total).not.toBe(before)
    expect(await status.textContent()).toBe(said)
    // A change of state is told at once, with the totals of then.
    await dashboard.page.context().setOffline(true)
    await soon(() => status.textContent()).toMatch(/^Disconnected\./)
    expect(await status.textContent()).toContain(`Messages: ${await total()}`)
    await dashboard.page.context().setOffline(false)
    await soon(() => status.textContent()).not.toMatch(/^Disconnected\./)
  })
})

import type { Locator, Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { dashboardHandler } from '../../src/server/index.ts'
import { describeInBrowser } from '../support/browser.ts'
import { soon } from '../support/dashboardPage.ts'
import { listening } from '../support/listening.ts'
import type { LiveLake } from '../support/liveLake.ts'
import { servedLake, shopsOnceThey } from '../support/servedLake.ts'

// Panels that somebody wrote, and that are wrong, or have more than anybody can look at.

const panel = (name: string, keys: readonly string[], select: string): string => `-- ${name}.sql: orders; one row each.
--
-- in   live.per_shop  sound orders by shop
-- out  name, orders
--
-- title: ${name}
${keys.map((key) => `-- ${key}`).join('\n')}
${select}
`

/** As many series as rows, of which the first is the largest. */
const MANY = 10_000
const SERIES = `SELECT 'here' AS place, 'series ' || lpad(CAST(n AS VARCHAR), 5, '0') AS name, CAST(${MANY} - n AS BIGINT) AS orders
FROM live.per_shop, (SELECT unnest(generate_series(0, ${MANY - 1})) AS n) AS numbers WHERE shop = 'corner'`

describeInBrowser('a dashboard', (browser) => {
  async function opened(
    files: Readonly<Record<string, string>>,
  ): Promise<{ page: Page; lake: LiveLake; site: string }> {
    const lake = await servedLake({}, {}, files)
    await lake.drop('1.parquet', "(1, 'corner', 5, 0), (2, 'market', 7, 1)")
    await lake.run(['land', 'split'])
    const handler = await dashboardHandler(lake.lake)
    onTestFinished(() => handler.close())
    const site = await listening(handler)
    await shopsOnceThey(site, (rows) => rows.length === 2)
    return { page: await browser.open(`${site}/`, { expected: [/500 \(Internal/, /400 \(Bad/] }), lake, site }
  }
  const panelOf = (page: Page, name: string): Locator => page.locator(`section[data-panel="${name}"]`)

  test('of which a panel fails names its file and line there, and the others go on', async () => {
    const files = {
      'panels/failing.sql': panel(
        'failing',
        ['kind: bar', 'x: name', 'y: orders'],
        'SELECT shop AS name,\n  CAST(shop AS BIGINT) AS orders\nFROM live.per_shop',
      ),
      'panels/wrong.sql': panel(
        'wrong',
        ['kind: bar', 'x: nome', 'y: orders'],
        'SELECT shop AS name, orders FROM live.per_shop',
      ),
    }
    const { page, lake } = await opened(files)
    await panelOf(page, 'failing').locator('[role=alert]').waitFor()
    const failing = await panelOf(page, 'failing').locator('[role=alert]').textContent()
    expect(failing).toMatch(/panels\/failing\.sql failed: .*LINE 11:/s)
    expect(failing).toContain("'corner'")
    await panelOf(page, 'wrong').locator('[role=alert]').waitFor()
    const wrong = await panelOf(page, 'wrong').locator('[role=alert]').textContent()
    expect(wrong).toMatch(/wrong\.sql.*line \d+.*nome/)
    const orders = (): Promise<string[]> => panelOf(page, 'shops').locator('tbody td.number').allTextContents()
    await soon(async () => (await orders()).length).toBeGreaterThan(0)
    await lake.drop('2.parquet', "(3, 'market', 9, 2), (4, 'market', 9, 3)")
    await lake.run(['land', 'split'])
    await soon(orders).toContain('3')
    expect(await panelOf(page, 'failing').getAttribute('data-state')).toBe('error')
  })

  test('shows the largest of ten thousand series, and says how many the others are', async () => {
    const files = {
      'panels/area.sql': panel('area', ['kind: area', 'x: place', 'y: orders', 'series: name'], SERIES),
      'panels/line.sql': panel(
        'line',
        ['kind: line', 'x: place', 'y: share', 'series: name'],
        SERIES.replace('CAST(10000 - n AS BIGINT) AS orders', '(10000 - n) / 100 AS share'),
      ),
      'panels/heat.sql': panel('heat', ['kind: heat', 'x: place', 'y: orders', 'series: name'], SERIES),
      'panels/bar.sql': panel('bar', ['kind: bar', 'x: place', 'y: orders', 'series: name'], SERIES),
    }
    const { page } = await opened(files)
    await soon(() => panelOf(page, 'area').locator('.chart-entry .chart-name').allTextContents()).toEqual([
      'series 00000',
      'series 00001',
      'series 00002',
      'series 00003',
      'series 00004',
      '9,995 others',
    ])
    // Measures do not add up: the others are left out, and counted.
    await panelOf(page, 'line').getByText('9,995 others are not drawn').waitFor()
    expect(await panelOf(page, 'line').locator('.chart-name').count()).toBe(5)
    const columns = await panelOf(page, 'heat').locator('thead th').allTextContents()
    expect(columns.map((each) => each.trim())).toContain('9,989 others')
    expect(await panelOf(page, 'bar').locator('tbody tr').count()).toBe(1)
    expect(await panelOf(page, 'bar').locator('.bar rect').count()).toBeLessThan(20)
    await soon(() => panelOf(page, 'bar').textContent()).toMatch(/9,99\d others/)
    expect(
      await page.locator('lakeweir-dashboard').evaluate((all) => all.shadowRoot?.querySelectorAll('*').length ?? 0),
    ).toBeLessThan(3_000)
  })
})

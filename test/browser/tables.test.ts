import type { Locator, Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { dashboardHandler } from '../../src/server/index.ts'
import { describeInBrowser } from '../support/browser.ts'
import { listening } from '../support/listening.ts'
import { LiveLake } from '../support/liveLake.ts'
import { shopsOnceThey } from '../support/servedLake.ts'

// Heat tables, bars, tables and the rows behind them, in a browser, over a real lake.

const FILES = {
  'live/parities.sql': `-- parities.sql: sound orders by day, shop and parity of the amount; one row for each.
--
-- in   sound   sound orders
-- out  date, shop, parity, orders
SELECT date, shop, CASE WHEN amount % 2 = 0 THEN 'even' ELSE 'uneven' END AS parity, count(*) AS orders
FROM sound GROUP BY ALL
`,
  'panels/shops.sql': `-- shops.sql: sound orders by shop; one row a shop, the most first.
--
-- in   live.per_shop  sound orders by shop
-- out  shop, orders
--
-- title: Shops
-- kind: bar
-- x: shop
-- y: orders
-- filters: shop VARCHAR
SELECT shop, orders FROM live.per_shop WHERE $shop IS NULL OR shop = ANY($shop) ORDER BY orders DESC, shop
`,
  'panels/parities.sql': `-- parities.sql: sound orders by day, shop and parity; one row for each.
--
-- in   live.parities  sound orders
-- out  date, shop, parity, orders
--
-- title: Parities
-- kind: heat
-- group: date
-- x: shop
-- series: parity
-- y: orders
-- filters: shop VARCHAR, parity VARCHAR
SELECT date, shop, parity, orders FROM live.parities
WHERE ($shop IS NULL OR shop = ANY($shop)) AND ($parity IS NULL OR parity = ANY($parity))
ORDER BY date DESC, shop, parity
`,
  'panels/odd_batches.sql': `-- odd_batches.sql: batches with odd orders; one row a batch.
--
-- in   live.batches  what is known of each batch
-- out  landed_files, batch, odd
--
-- title: Odd batches
-- kind: table
-- x: batch
-- y: odd
-- rows: odd
SELECT landed_files, batch, rows['odd'] AS odd FROM live.batches
WHERE stream = 'split' AND rows['odd'] > 0 ORDER BY batch DESC
`,
}

const STRANGE = [
  '<script>document.title = "x"</script>',
  '<img src=x onerror="document.title=1">',
  '\u202Egnp.exe',
  'x'.repeat(200),
]

/** What is inside the dashboard, in the page. */
const ROOT = "document.querySelector('lakeweir-dashboard').shadowRoot"

interface Shown {
  readonly page: Page
  readonly lake: LiveLake
  readonly site: string
  panel(name: string): Locator
}

describeInBrowser('tables and lists', (browser) => {
  async function shown(...drops: readonly string[]): Promise<Shown> {
    const live = { follows: 'split', models: 'live', panels: 'panels', eventTime: 'ordered_at' }
    const lake = await LiveLake.make({ live, server: { rows: ['odd'] } }, FILES)
    onTestFinished(() => lake.end())
    for (const [at, values] of drops.entries()) {
      await lake.drop(`${at}.parquet`, values)
      await lake.run(['land', 'split'])
    }
    const handler = await dashboardHandler(lake.lake)
    onTestFinished(() => handler.close())
    const site = await listening(handler)
    await shopsOnceThey(site, (rows) => rows.length > 0)
    const page = await browser.open(`${site}/`)
    const panel = (name: string): Locator => page.locator(`section[data-panel="${name}"]`)
    await panel('parities').locator('tbody td').first().waitFor()
    return { page, lake, site, panel }
  }

  const names = (panel: Locator): Promise<string[]> => panel.locator('tbody th .name').allInnerTexts()

  test('show what strangers wrote as text, in every place', async () => {
    const quoted = STRANGE.map((name) => name.replaceAll("'", "''"))
    const orders = quoted.map((name, at) => `(${at}, '${name}', ${at + 1}, ${at}), (${at + 10}, '${name}', -1, ${at})`)
    const { page, panel } = await shown(orders.join(', '))
    const texts = (name: string): Promise<string[]> => panel(name).locator('bdi').allTextContents()
    for (const name of ['shops', 'parities']) expect(await texts(name)).toEqual(expect.arrayContaining(STRANGE))
    await panel('shops').getByRole('button', { name: 'Table' }).click()
    await panel('shops').locator('td').first().waitFor()
    expect(await texts('shops')).toEqual(expect.arrayContaining(STRANGE))
    await panel('odd_batches')
      .getByRole('button', { name: /^Rows of/ })
      .click()
    const rows = page.locator('lakeweir-rows')
    await rows.locator('tbody td').first().waitFor()
    expect(await rows.locator('bdi').allTextContents()).toEqual(expect.arrayContaining(STRANGE))
    expect(await page.title()).not.toMatch(/^[x1]$/)
    expect(await page.locator('lakeweir-dashboard').locator('script, img').count()).toBe(0)
  })

  test('lead from a batch to exactly the rows that it wrote', async () => {
    const { page, panel, site } = await shown("(1, 'a', -5, 0), (2, 'a', 5, 0)", "(3, 'b', -7, 1), (4, 'c', -9, 2)")
    const batches = await panel('odd_batches').locator('tbody tr').count()
    expect(batches).toBe(2)
    await panel('odd_batches')
      .getByRole('button', { name: /^Rows of/ })
      .first()
      .click()
    const rows = page.locator('lakeweir-rows')
    await rows.locator('tbody td').first().waitFor()
    const heads = await rows.locator('thead th').allInnerTexts()
    const ids = await rows.locator(`tbody td:nth-child(${heads.indexOf('id') + 1})`).allInnerTexts()
    expect(ids.sort()).toEqual(['3', '4'])
    const all = (await (await fetch(`${site}/api/rows/odd`)).json()) as { readonly rows: readonly unknown[] }
    expect(all.rows.length).toBe(3)
    await rows.getByRole('button', { name: 'Close' }).click()
    await rows.waitFor({ state: 'detached' })
  })

  test('narrow all panels by a cell, and no longer by a second click', async () => {
    const { page, panel } = await shown("(1, 'a', 2, 0), (2, 'a', 3, 0), (3, 'b', 4, 0), (4, 'b', 5, 0)")
    const cell = panel('parities').locator('tbody td.can-pick').first()
    await cell.click()
    await page.waitForURL((url) => url.searchParams.get('shop') === 'a' && url.searchParams.get('parity') === 'even')
    await panel('parities').locator('td.is-picked').waitFor()
    await expect.poll(() => names(panel('shops'))).toEqual(['a'])
    await panel('parities').locator('td.is-picked').click()
    await page.waitForURL((url) => !url.searchParams.has('shop') && !url.searchParams.has('parity'))
    await expect.poll(() => names(panel('shops'))).toEqual(['a', 'b'])
  })

  test('lead from a day to its range', async () => {
    const { page, panel } = await shown("(1, 'a', 2, 0), (2, 'a', 3, 1440), (3, 'b', 4, 1440)")
    const day = panel('parities')
      .getByRole('button', { name: /22 Nov/ })
      .filter({ visible: true })
    expect(await day.getAttribute('aria-pressed')).toBe('false')
    await day.click()
    await page.waitForURL(({ searchParams }) => searchParams.get('from') === '2026-11-22T00:00Z')
    expect(new URL(page.url()).searchParams.get('to')).toBe('2026-11-23T00:00Z')
    await page.getByText('Paused').waitFor()
    await expect.poll(() => day.getAttribute('aria-pressed')).toBe('true')
  })

  test('are one stop of Tab each, with arrows inside', async () => {
    const { page, panel } = await shown("(1, 'a', 2, 0), (2, 'a', 3, 0), (3, 'b', 4, 0), (4, 'b', 5, 0)")
    const heat = panel('parities').locator('table')
    expect(await heat.locator('[tabindex="0"]').count()).toBe(1)
    await heat.locator('[tabindex="0"]').focus()
    const focused = (): Promise<unknown> => page.evaluate(`${ROOT}.activeElement?.getAttribute('data-place')`)
    expect(await focused()).toBe('1 1')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowRight')
    expect(await focused()).toBe('2 2')
    await page.keyboard.press('ArrowDown')
    expect(await focused()).toBe('2 2')
    await page.keyboard.press('Home')
    expect(await focused()).toBe('2 0')
    await page.keyboard.press('Enter')
    await page.waitForURL((url) => url.searchParams.get('shop') === 'b' && !url.searchParams.has('parity'))
    expect(await panel('shops').locator('button.name[tabindex="0"]').count()).toBe(1)
  })

  test('do not change places under the pointer', async () => {
    const { page, panel, lake } = await shown("(1, 'a', 2, 0), (2, 'a', 3, 0), (3, 'b', 4, 0)")
    const first = panel('shops').locator('tbody tr').first()
    await first.hover()
    await lake.drop('9.parquet', "(5, 'b', 4, 0), (6, 'b', 4, 0), (7, 'c', 1, 0)")
    await lake.run(['land', 'split'])
    const table = panel('shops').locator('table')
    // The pointer moves as long as the new numbers are on their way.
    const numberOfB = async (): Promise<string | null> => {
      await table.dispatchEvent('pointermove')
      return table.locator('tbody tr:nth-child(2) td.number').first().textContent()
    }
    await expect.poll(numberOfB, { timeout: 20_000 }).toBe('3')
    expect(await names(panel('shops'))).toEqual(['a', 'b', 'c'])
    await page.mouse.move(0, 0)
    await expect.poll(() => names(panel('shops'))).toEqual(['b', 'a', 'c'])
  })

  test('have a table view with the rows of the CSV', async () => {
    const { panel, site } = await shown("(1, 'a', 2, 0), (2, 'a', 3, 0), (3, 'b', 4, 1440), (4, 'b', 5, 0)")
    await panel('parities').getByRole('button', { name: 'Table' }).click()
    await panel('parities').locator('lakeweir-table td').first().waitFor()
    const cells = await panel('parities')
      .locator('tbody tr')
      .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent?.trim())))
    const heads = await panel('parities').locator('thead th').allInnerTexts()
    expect(heads).toEqual(['Date', 'Shop', 'even', 'uneven', 'All'])
    const csv = await (await fetch(`${site}/api/panels/parities?format=csv`)).text()
    const rows = csv
      .trim()
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(','))
    // The CSV has a row for each parity, the table a column.
    const unfolded = cells.flatMap(([day = '', shop = '', even = '', uneven = '']) => [
      [day, shop, 'even', even],
      [day, shop, 'uneven', uneven],
    ])
    const written = rows.map(([day, ...row]) => [day === '2026-11-22' ? 'Sun 22 Nov' : 'Mon 23 Nov', ...row])
    expect(unfolded.filter(([, , , orders]) => orders !== '–')).toEqual(written)
    for (const [, , even = '', uneven = '', all] of cells) {
      expect(Number(all)).toBe(Number(even.replace('–', '0')) + Number(uneven.replace('–', '0')))
    }
  })
})

import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { dashboardHandler } from '../../src/server/index.ts'
import { describeInBrowser } from '../support/browser.ts'
import { listening } from '../support/listening.ts'
import { servedLake, shopsOnceThey } from '../support/servedLake.ts'

/** Orders that differ from minute to minute, as if they went on. */
const panel = (
  name: string,
  keys: string,
  step: string,
): string => `-- ${name}.sql: orders by time and shop; one row each.
--
-- in   live.per_shop  sound orders by shop
-- out  moment, shop, orders
--
-- title: ${name}
-- x: moment
-- y: orders
-- filters: shop VARCHAR
${keys}
SELECT moment, shop, CAST(orders + date_part('minute', moment) % 7 AS BIGINT) AS orders
FROM live.per_shop,
  (SELECT unnest(generate_series($from, $to - INTERVAL ${step}, INTERVAL ${step})) AS moment) AS moments
WHERE $shop IS NULL OR shop = ANY($shop)
ORDER BY moment, shop
`

const PANELS = {
  'panels/flow.sql': panel('flow', '-- kind: area\n-- series: shop\n-- brush: hours\n-- grain: 1 minute', "'1 minute'"),
  'panels/hours.sql': panel('hours', '-- kind: line\n-- over: range\n-- range: 48 hours\n-- grain: 1 hour', "'1 hour'"),
}

describeInBrowser('a chart over time', (browser) => {
  const opened = async (): Promise<Page> => {
    const lake = await servedLake({}, {}, PANELS)
    await lake.drop('1.parquet', "(1, 'corner', 5, 0), (2, '<b>market</b>', 7, 1), (3, 'market', 7, 1)")
    await lake.run(['land', 'split'])
    const handler = await dashboardHandler(lake.lake)
    onTestFinished(() => handler.close())
    const site = await listening(handler)
    await shopsOnceThey(site, (rows) => rows.length === 3)
    const page = await browser.open(`${site}/`)
    await flow(page).getByRole('button', { name: 'corner' }).waitFor()
    return page
  }
  const flow = (page: Page) => page.locator('section[data-panel="flow"]')
  const line = (page: Page) => flow(page).getByRole('slider', { name: 'Reading line' })
  const readMinute = async (page: Page): Promise<number> => {
    const [, hours, minutes] = /^(\d\d):(\d\d)/.exec((await line(page).getAttribute('aria-valuetext')) ?? '') ?? []
    return Number(hours) * 60 + Number(minutes)
  }
  const minutesApart = (from: number, to: number): number => (to - from + 1_440) % 1_440

  test('is read by keys: a minute to the left, ten with Shift, the first, and let go', async () => {
    const page = await opened()
    await line(page).focus()
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('Enter')
    const first = await readMinute(page)
    await page.keyboard.press('ArrowLeft')
    await expect.poll(async () => minutesApart(await readMinute(page), first)).toBe(1)
    await page.keyboard.press('Shift+ArrowLeft')
    await expect.poll(async () => minutesApart(await readMinute(page), first)).toBe(11)
    expect(await line(page).getAttribute('aria-valuetext')).toMatch(
      /^\d\d:\d\d: \d+, <b>market<\/b> \d+, corner \d+, market \d+/,
    )
    // The first minute leaves the range when a new one begins, and the reading with it.
    const firstRead = async (): Promise<string | null> => {
      await page.keyboard.press('Home')
      return line(page).getAttribute('aria-valuenow')
    }
    await expect.poll(firstRead).toBe('0')
    await page.keyboard.press('Escape')
    await expect.poll(() => line(page).getAttribute('aria-valuenow')).not.toBe('0')
  })

  test('names its series by buttons: a click narrows all panels to one, Alt and a click hides it here', async () => {
    const page = await opened()
    const corner = flow(page).getByRole('button', { name: 'corner' })
    await corner.click({ modifiers: ['Alt'] })
    await flow(page)
      .getByRole('button', { name: 'corner, hidden' })
      .or(corner.filter({ hasText: 'hidden' }))
      .waitFor()
    expect(await flow(page).locator('.chart-area').count()).toBe(2)
    await corner.click()
    await expect.poll(() => flow(page).locator('.chart-area').count()).toBe(3)
    await corner.click()
    await expect.poll(() => flow(page).locator('.chart-area').count()).toBe(1)
    expect(new URL(page.url()).searchParams.toString()).toContain('corner')
    await page.goBack()
    await expect.poll(() => flow(page).locator('.chart-area').count()).toBe(3)
  })

  test('has the day below it, whose window is moved by keys and by the pointer', async () => {
    const page = await opened()
    const edge = (name: string) => flow(page).getByRole('slider', { name: `${name} of the time window` })
    const minuteOf = async (name: string): Promise<number> => Number(await edge(name).getAttribute('aria-valuenow'))
    const from = await minuteOf('Beginning')
    const box = await edge('Beginning').boundingBox()
    if (box === null) throw new Error('the window has no beginning')
    const x = box.x + box.width / 2
    await page.mouse.move(x, box.y + 8)
    await page.mouse.down()
    await page.mouse.move(x - 60, box.y + 8, { steps: 4 })
    await page.mouse.up()
    await expect.poll(() => minuteOf('Beginning')).toBeLessThan(from - 60)
    await page.getByText('Live, ').waitFor()
    await edge('End').focus()
    await page.keyboard.press('Shift+ArrowLeft')
    await page.getByText('Paused').waitFor()
  })
})

import { expect, onTestFinished, test } from 'vitest'
import { dashboardHandler } from '../../src/server/index.ts'
import { describeInBrowser } from '../support/browser.ts'
import { listening } from '../support/listening.ts'
import { servedLake, shopsOnceThey } from '../support/servedLake.ts'

describeInBrowser('a page of the server', (browser) => {
  test('shows under its own policy what the server answers', async () => {
    const lake = await servedLake()
    await lake.drop('1.parquet', "(1, 'a', 5, 0), (2, '<script>document.title = 1</script>', 7, 1)")
    await lake.run(['land', 'split'])
    const handler = await dashboardHandler(lake.lake)
    onTestFinished(() => handler.close())
    const site = await listening(handler)
    await shopsOnceThey(site, (rows) => rows.length === 2)
    const page = await browser.open(`${site}/`)
    await page.getByText('<script>document.title = 1</script>').first().waitFor()
    expect(await page.title()).not.toBe('1')
  })
})

describeInBrowser('the harness', (browser) => {
  const html = (body: string): string => `data:text/html,${encodeURIComponent(body)}`

  test.fails('notices an error in the console', async () => {
    const page = await browser.open(html('<script>console.error("broken")</script>'))
    await page.getByText('none').waitFor({ state: 'detached' })
  })

  test('shifts the clock of the reader', async () => {
    const page = await browser.open(html('late'), { clockAheadMs: 7_200_000 })
    const ahead = (await page.evaluate(() => Date.now())) - Date.now()
    expect(Math.round(ahead / 60_000)).toBe(120)
    expect(await page.evaluate(() => Date.parse(new Date().toISOString()) - Date.now())).toBeLessThan(1_000)
  })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeInBrowser } from '../support/browser.ts'
import { DashboardPage, soon } from '../support/dashboardPage.ts'
import { PlatformSite } from '../support/platformSite.ts'

const { version: OWN } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  readonly version: string
}

let site: PlatformSite

beforeAll(async () => {
  site = await PlatformSite.open()
})
afterAll(() => site.end())

/** As a server of another version answers: with a kind of panel and with settings that nobody knows here yet. */
async function answerAsOther(page: Page): Promise<void> {
  await page.route('**/api/dashboard', async (route) => {
    const response = await route.fetch()
    const head = await response.json()
    const panels = head.panels.map((each: { readonly name: string }) =>
      each.name === 'countries' ? { ...each, kind: 'map', projection: 'polar' } : each,
    )
    await route.fulfill({ response, json: { ...head, panels, version: '9.9.9', weather: 'fine' } })
  })
}

describeInBrowser('a page of one version, and a server of another', (browser) => {
  test('say so, and go on: a kind of panel that is not known yet is a table', async () => {
    const dashboard = new DashboardPage(await browser.open('about:blank', { origins: [new URL(site.url).origin] }))
    const { page } = dashboard
    await answerAsOther(page)
    await page.goto(site.url)
    await dashboard.shown()
    await dashboard.root.getByText(`version ${OWN} of the dashboard, and the server is of version 9.9.9`).waitFor()
    await dashboard.panel('countries').getByRole('table').getByText('Brazil').waitFor()
    await dashboard.isLive()
    const total = (): Promise<string | null> => dashboard.panel('messages').locator('.value').first().textContent()
    const before = await total()
    await site.lake.take(site.lake.nowMs() - 30_000, site.lake.nowMs())
    await soon(total).not.toBe(before)
    await page.unroute('**/api/dashboard')
    await dashboard.root.getByRole('button', { name: 'Load again' }).click()
    await dashboard.root.getByText('9.9.9').waitFor({ state: 'detached' })
  })

  test('a page that loads the element twice, from two files, has one that works', async () => {
    const page = await browser.open(site.url)
    const dashboard = new DashboardPage(page)
    await dashboard.shown()
    const other = await page.evaluate<{ readonly hashed: string; readonly isSame: boolean }>(LOAD_AGAIN)
    expect(other).toMatchObject({ isSame: true })
    expect(other.hashed).not.toBe('')
    await dashboard.isLive()
  })
})

/** In the page, as text: an import there is none of this project's. */
const LOAD_AGAIN = `(async () => {
  const loader = await (await fetch('/assets/lakeweir-dashboard.js')).text()
  const hashed = /lakeweir-dashboard-[\\w-]+\\.js/.exec(loader)?.[0] ?? ''
  const before = customElements.get('lakeweir-dashboard')
  await import('/assets/' + hashed + '?another')
  return { hashed, isSame: customElements.get('lakeweir-dashboard') === before }
})()`

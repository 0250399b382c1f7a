import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeInBrowser } from '../support/browser.ts'
import { DashboardPage, soon } from '../support/dashboardPage.ts'
import { PlatformSite } from '../support/platformSite.ts'

/** What a browser itself writes to the console about requests that come to nothing. */
const FAILED_REQUESTS = [/net::ERR_/, /503 \(Service Unavailable\)/]

let site: PlatformSite

beforeAll(async () => {
  site = await PlatformSite.open()
})
afterAll(() => site.end())

describeInBrowser('a page that is open', (browser) => {
  const opened = async (expected: readonly RegExp[] = []): Promise<DashboardPage> => {
    const dashboard = new DashboardPage(await browser.open(site.url, { expected }))
    await dashboard.shown()
    return dashboard
  }

  /** The number of the panel, and what the server answers of it. */
  const messages = async (): Promise<string> => {
    const answer = await (await fetch(new URL('api/panels/messages?from=day', site.url))).json()
    return Number(answer.rows[0][0]).toLocaleString('en')
  }

  test('shows a batch that is committed meanwhile, without being loaded again', async () => {
    const dashboard = await opened()
    const panel = dashboard.panel('messages')
    await soon(() => panel.textContent()).toContain(await messages())
    const before = await messages()
    await dashboard.page.evaluate(() => Object.assign(globalThis, { isSamePage: true }))
    await site.lake.take(site.lake.nowMs() - 30_000, site.lake.nowMs())
    await site.caughtUp()
    const after = await messages()
    expect(after).not.toBe(before)
    await soon(() => panel.textContent()).toContain(after)
    expect(await dashboard.page.evaluate(() => 'isSamePage' in globalThis)).toBe(true)
  })

  test('says that it is offline, keeps what it knew, and goes on when the network is back', async () => {
    const dashboard = await opened(FAILED_REQUESTS)
    const known = await messages()
    await dashboard.page.context().setOffline(true)
    await dashboard.isState('disconnected')
    await soon(() => dashboard.strip.textContent()).toContain('There is no network')
    await soon(() => dashboard.panel('messages').textContent()).toContain(known)
    await soon(() => dashboard.panel('messages').textContent()).toContain('as of')
    await dashboard.page.context().setOffline(false)
    await soon(() => dashboard.freshness()).not.toBe('disconnected')
    await soon(() => dashboard.panel('messages').textContent()).not.toContain('as of')
  })

  test('outlives a server that goes and comes back, with what was committed meanwhile', async () => {
    const dashboard = await opened(FAILED_REQUESTS)
    await site.stop()
    await site.lake.take(site.lake.nowMs() - 30_000, site.lake.nowMs())
    await site.start()
    await site.caughtUp()
    await soon(async () => dashboard.panel('messages').textContent()).toContain(await messages())
    await soon(() => dashboard.freshness()).not.toBe('disconnected')
  })
})

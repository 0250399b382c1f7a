import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { rolldown } from 'rolldown'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { PlatformLake } from '../../scripts/platform/platformLake.ts'
import { env } from '../../src/index.ts'
import { startWebsite } from '../fixtures/embedding/website.ts'
import { describeInBrowser } from '../support/browser.ts'
import { DashboardPage, soon } from '../support/dashboardPage.ts'
import { EMBEDDING_SECRET, HostSite } from '../support/hostSite.ts'
import { PlatformSite } from '../support/platformSite.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const REPOSITORY = join(import.meta.dirname, '../..')
/** Where the server is in the recipes. */
const NUMBERS = 'https://numbers.example.com'
const FIXTURES = join(REPOSITORY, 'test/fixtures/embedding')

let host: HostSite
let site: PlatformSite

beforeAll(async () => {
  host = await HostSite.open()
  const server = { origins: [host.origin], secrets: [env('LAKEWEIR_SECRET')] }
  site = await PlatformSite.open({ server, environment: { LAKEWEIR_SECRET: EMBEDDING_SECRET } })
  host.nowMs = () => site.lake.nowMs()
})
afterEach(() => {
  host.claims = { panels: 'all', fixed: {} }
  host.tokenLifeSeconds = 300
})
afterAll(async () => {
  host.close()
  await site.end()
})

/** A file of the recipes, with the address of this server. */
function recipe(name: string): string {
  return readFileSync(join(FIXTURES, name), 'utf8').replaceAll(NUMBERS, new URL(site.url).origin)
}

describeInBrowser('a website of another origin', (browser) => {
  const open = async (path: string): Promise<Page> =>
    browser.open(`${host.origin}${path}`, { origins: [new URL(site.url).origin] })

  test('shows the dashboard with five lines', async () => {
    const lines = recipe('plain.html')
    expect(lines.trimEnd().split('\n')).toHaveLength(5)
    host.pages.set('/plain', { body: `<!doctype html><title>Website</title>${lines}` })
    const dashboard = new DashboardPage(await open('/plain'))
    await dashboard.shown()
    await dashboard.isLive()
  })

  test('shows it under a strict policy, with trusted types', async () => {
    const policy = recipe('policy.txt').replace('Content-Security-Policy:', '').replaceAll(/\s+/g, ' ').trim()
    expect(policy).not.toContain('unsafe')
    const headers = { 'Content-Security-Policy': policy }
    host.pages.set('/strict', { body: `<!doctype html><title>Website</title>${recipe('strict.html')}`, headers })
    host.pages.set('/numbers.js', { body: recipe('numbers.js'), type: 'text/javascript' })
    const dashboard = new DashboardPage(await open('/strict'))
    await dashboard.shown()
    await dashboard.isLive()
  })

  test('shows the page of the server in a frame, and gives it new tokens', async () => {
    host.tokenLifeSeconds = 5
    const body = recipe('frame.html').replace('300_000', '2_000')
    host.pages.set('/frame', { body: `<!doctype html><title>Website</title>${body}` })
    const page = await open('/frame')
    const frame = page.frameLocator('#numbers').locator('lakeweir-dashboard')
    const dashboard = new DashboardPage(page, frame)
    await dashboard.shown()
    await frame.evaluate(() => Object.assign(globalThis, { isSamePage: true }))
    const signed = host.tokensSigned
    await soon(() => host.tokensSigned).toBeGreaterThan(signed + 4)
    await dashboard.isLive()
    expect(await frame.evaluate(() => 'isSamePage' in globalThis)).toBe(true)
  })

  test('shows it as a part of React', async () => {
    host.pages.set('/app.js', { body: await reactApp(), type: 'text/javascript' })
    const body =
      '<!doctype html><title>Website</title><main id="app"></main><script type="module" src="/app.js"></script>'
    host.pages.set('/react', { body })
    const dashboard = new DashboardPage(await open('/react'))
    await dashboard.shown()
    await dashboard.isLive()
  })

  test('shows one customer what its token says, and nothing else', async () => {
    host.claims = { panels: ['messages', 'messages_per_minute'], fixed: { channel: 'SMS' } }
    host.pages.set('/plain', { body: `<!doctype html><title>Website</title>${recipe('plain.html')}` })
    const dashboard = new DashboardPage(await open('/plain?channel=EMAIL'))
    await dashboard.shown()
    expect(await dashboard.root.getByRole('heading', { level: 2 }).allTextContents()).toHaveLength(2)
    expect(await dashboard.text()).not.toMatch(/EMAIL|PUSH|CHAT/)
    await soon(() => dashboard.filter('Channel').count()).toBe(0)
  })

  test('is asked for a new token when one runs out, and the page goes on', async () => {
    host.tokenLifeSeconds = 3
    host.pages.set('/plain', { body: `<!doctype html><title>Website</title>${recipe('plain.html')}` })
    const dashboard = new DashboardPage(await open('/plain'))
    await dashboard.shown()
    const signed = host.tokensSigned
    await soon(() => host.tokensSigned).toBeGreaterThan(signed + 1)
    await dashboard.isLive()
  })

  test('shows two dashboards, whose filters and ranges stand apart in the address', async () => {
    const body = `<!doctype html><title>Website</title>
      <lakeweir-dashboard id="one" address-prefix="one-"></lakeweir-dashboard>
      <lakeweir-dashboard id="other" address-prefix="other-"></lakeweir-dashboard>
      <script type="module">
        for (const each of document.querySelectorAll('lakeweir-dashboard'))
          each.token = async () => (await fetch('/lakeweir-token')).text()
      </script>
      <script type="module" src="${site.url}assets/lakeweir-dashboard.js"></script>`
    host.pages.set('/two', { body })
    const page = await open('/two?one-channel=SMS')
    const one = new DashboardPage(page, page.locator('#one'))
    const other = new DashboardPage(page, page.locator('#other'))
    await one.shown()
    await other.shown()
    await soon(() => one.filter('Channel').textContent()).toContain('SMS')
    expect(await other.filter('Channel').textContent()).toContain('all')
    await other.preset('1 h').click()
    await soon(() => new URL(page.url()).search).toBe('?one-channel=SMS&other-range=1h')
    expect(await one.preset('3 h').getAttribute('aria-checked')).toBe('true')
  })
})

describeInBrowser('a website on Node', (browser) => {
  test('has the dashboard on its own server', async () => {
    const folder = temporaryFolder()
    await (await PlatformLake.make(folder, { nowMs: Date.now() })).close()
    const website = await startWebsite(join(folder, 'lakeweir.config.ts'))
    onTestFinished(() => website.close())
    const dashboard = new DashboardPage(await browser.open(website.url))
    await dashboard.shown()
    await dashboard.isLive()
  })
})

/** The recipe in a page of React's, as a website's own build makes it. */
async function reactApp(): Promise<string> {
  const app = `import { createRoot } from 'react-dom/client'
    import { createElement } from 'react'
    import { Numbers } from ${JSON.stringify(join(FIXTURES, 'Numbers.jsx'))}
    createRoot(document.querySelector('#app')).render(createElement(Numbers, { isDark: false, words: {} }))`
  const bundle = await rolldown({
    input: 'app.js',
    platform: 'browser',
    resolve: { alias: { 'lakeweir/dashboard': join(REPOSITORY, 'dist/dashboard/lakeweir-dashboard.js') } },
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    plugins: [
      {
        name: 'app',
        resolveId: (id) => (id === 'app.js' ? join(REPOSITORY, id) : undefined),
        load: (id) => (id === join(REPOSITORY, 'app.js') ? app : undefined),
      },
    ],
  })
  const { output } = await bundle.generate({ format: 'es' })
  return output[0].code.replaceAll(NUMBERS, new URL(site.url).origin)
}

import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { chromiumProgram } from '../../scripts/chromiumProgram.ts'
import { launchBrowser } from '../../scripts/launchBrowser.ts'
import { describeWith } from './optionalTool.ts'

const found = chromiumProgram()

export const BROWSER_NEED = 'Chromium: npx jiti scripts/install-chromium.ts'

/** How long a page may take for what a test waits for. Only a failure takes so long. */
const PATIENCE_MS = 20_000

export interface OpenOptions extends BrowserContextOptions {
  /** Origins besides the page's own that it may ask: that of a server that it embeds something from. */
  readonly origins?: readonly string[]
  /** Errors in the console that belong to the test, such as those of a server that it stops. */
  readonly expected?: readonly RegExp[]
  /** How far the reader's clock is ahead of the real one. */
  readonly clockAheadMs?: number
}

/** A browser in which each test opens pages of its own. */
export interface TestBrowser {
  /**
   * A new page in a session of its own, which shares no cache and no cookie with another, until the test ends. The test
   * fails if the page writes an error to the console, leaves one uncaught or asks another origin for anything.
   */
  open(url: string, options?: OpenOptions): Promise<Page>
}

/** `describe` with a browser. Where there is none the tests are skipped by name; on CI that is a failure. */
export function describeInBrowser(name: string, tests: (browser: TestBrowser) => void): void {
  describeWith(found !== undefined, BROWSER_NEED, name, () => {
    let started: Browser | undefined
    beforeAll(async () => {
      started = await launchBrowser()
    })
    afterAll(() => started?.close())
    tests({
      open: (url, options = {}) => {
        if (started === undefined) throw new Error('the browser has not started')
        return openPage(started, url, options)
      },
    })
  })
}

async function openPage(browser: Browser, url: string, options: OpenOptions): Promise<Page> {
  const { origins = [], expected = [], clockAheadMs = 0, ...contextOptions } = options
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    ...contextOptions,
  })
  context.setDefaultTimeout(PATIENCE_MS)
  if (clockAheadMs !== 0) await context.addInitScript(shiftClock, clockAheadMs)
  const problems: string[] = []
  const own = [new URL(url).origin, ...origins]
  context.on('request', (request) => {
    const asked = new URL(request.url())
    const isRemote = asked.protocol !== 'data:' && asked.protocol !== 'blob:'
    if (isRemote && !own.includes(asked.origin)) problems.push(`asked another origin: ${request.url()}`)
  })
  context.on('console', (message) => {
    if (message.type() !== 'error') return
    const text = `${message.text()} (${message.location().url})`
    if (!expected.some((each) => each.test(text))) problems.push(`console: ${text}`)
  })
  context.on('weberror', (error) => {
    problems.push(`uncaught: ${error.error().stack}`)
  })
  onTestFinished(async () => {
    await context.close()
    expect(problems, 'what the page must not have done').toEqual([])
  })
  const page = await context.newPage()
  await page.goto(url)
  return page
}

/** In the page: `Date` alone is ahead; timers and `performance` go on as they are. */
function shiftClock(aheadMs: number): void {
  const RealDate = Date
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args) =>
      Reflect.construct(target, args.length === 0 ? [RealDate.now() + aheadMs] : args) as object,
    apply: () => new RealDate(RealDate.now() + aheadMs).toString(),
    get: (target, name) => (name === 'now' ? () => RealDate.now() + aheadMs : (Reflect.get(target, name) as unknown)),
  })
}

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { launchBrowser } from '../launchBrowser.ts'
import { durationFigure, type Figure, growthFigure, sizeFigure } from './figure.ts'
import { REPOSITORY } from './lakes.ts'
import { fillDay, Landing, writeFiles } from './landing.ts'
import { ServedProgram } from './servedProgram.ts'
import type { SuiteContext } from './suiteContext.ts'

const EVERY_MS = 1_000
const UPDATE_MS = 250
/** A page that has not shown a number by then never will. */
const PATIENCE_MS = 30_000
/** The first batches and pages meet a program that is still starting. */
const WARM_UP = 5
const PAGE = { viewport: { width: 1440, height: 900 }, locale: 'en-GB' } as const

/** What a reader of the dashboard notices, in a browser that draws in software. */
export async function* dashboard({ folder, isQuick }: SuiteContext): AsyncGenerator<Figure> {
  yield componentSize()
  const root = join(folder, 'dashboard')
  await fillDay(root)
  const landing = new Landing(root, await writeFiles(join(folder, 'dropped')))
  const program = await ServedProgram.start(['land', 'silver'], root)
  const browser = await launchBrowser(['--disable-gpu'])
  try {
    yield await firstPaint(browser, program.url, isQuick ? 8 : 40)
    yield* await newNumbers(browser, program.url, landing, isQuick ? 30 : 300)
    yield* await updates(browser, program.url, landing, isQuick ? 20 : 120)
  } finally {
    await browser.close()
    await program.stop()
  }
}

/** The component with all that it needs, and its loader. */
function componentSize(): Figure {
  const folder = join(REPOSITORY, 'dist/dashboard')
  const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'))
  const bytes = scripts.map((name) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length)
  return sizeFigure('the component and its loader, gzipped', Math.max(...bytes), { atMost: 90 })
}

/** From the beginning of the navigation until the totals are painted, each time with nothing cached. */
async function firstPaint(browser: Browser, url: string, pages: number): Promise<Figure> {
  const paint: number[] = []
  for (let index = 0; index < WARM_UP + pages; index++) {
    const page = await browser.newPage(PAGE)
    const painted = new Promise<number>((resolve) => page.exposeFunction('notePainted', resolve))
    await page.addInitScript(NOTE_FIRST_PAINT)
    await page.goto(url)
    paint.push(await inTime(painted, 'the first numbers'))
    await page.context().close()
  }
  const samples = { paint: paint.slice(WARM_UP) }
  return durationFigure('first paint with numbers, nothing cached, p50', samples, 'paint', 0.5, {
    reach: { atMost: 1_000 },
  })
}

/** From renaming a file into the landing folder until the total with its rows is painted. */
async function newNumbers(browser: Browser, url: string, landing: Landing, files: number): Promise<Figure[]> {
  const page = await browser.newPage(PAGE)
  let whenPainted: (atMs: number) => void = () => undefined
  await page.exposeFunction('noteChange', (atMs: number) => whenPainted(atMs))
  await page.goto(url)
  await page.locator(`${TOTAL}`).waitFor()
  await page.evaluate(NOTE_CHANGES)
  const latenciesMs: number[] = []
  for (let index = 0; index < WARM_UP + files; index++) {
    const painted = new Promise<number>((resolve) => {
      whenPainted = resolve
    })
    const droppedMs = performance.timeOrigin + landing.drop()
    latenciesMs.push((await inTime(painted, 'a new number')) - droppedMs)
    await delay(Math.max(0, EVERY_MS - (performance.timeOrigin + performance.now() - droppedMs)))
  }
  await page.context().close()
  const samples = { latency: latenciesMs.slice(WARM_UP) }
  const name = 'landing rename → the new number is painted'
  return [
    durationFigure(`${name}, p50`, samples, 'latency', 0.5, { reach: { atMost: 200 } }),
    durationFigure(`${name}, p95`, samples, 'latency', 0.95, { reach: { atMost: 500 } }),
  ]
}

async function inTime(painted: Promise<number>, what: string): Promise<number> {
  const late = delay(PATIENCE_MS, undefined, { ref: false }).then(() => {
    throw new Error(`${what} was not painted within ${PATIENCE_MS} ms`)
  })
  return Promise.race([painted, late])
}

/** What an update of the whole page costs the main thread, and what the page keeps of four a second. */
async function updates(browser: Browser, url: string, landing: Landing, seconds: number): Promise<Figure[]> {
  const page = await browser.newPage(PAGE)
  await page.goto(url)
  await page.locator(TOTAL).waitFor()
  await page.evaluate(COUNT_CHANGES)
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable')
  const costs: number[] = []
  const heaps: number[] = []
  await landing.dropping(UPDATE_MS, async () => {
    await delay(2_000)
    for (let second = 0; second < seconds; second++) {
      const before = await busy(devtools, page)
      await delay(1_000)
      const after = await busy(devtools, page)
      if (after.changes > before.changes) costs.push((after.taskMs - before.taskMs) / (after.changes - before.changes))
      await devtools.send('HeapProfiler.collectGarbage')
      heaps.push((await metrics(devtools)).JSHeapUsedSize ?? Number.NaN)
    }
  })
  await page.context().close()
  const third = Math.floor(seconds / 3)
  const megabytes = heaps.map((bytes) => bytes / 1e6)
  const heap = { early: megabytes.slice(third, 2 * third), late: megabytes.slice(2 * third, 3 * third) }
  const name = 'an update of the whole page, 180 minutes × 5 channels'
  return [
    durationFigure(`${name}: main thread`, { update: costs }, 'update', 0.5, { reach: { atMost: 30 } }),
    growthFigure("the page's memory at 4 updates a second, late ÷ early", heap, { atMost: 1.1 }),
  ]
}

async function busy(devtools: CDPSession, page: Page): Promise<{ readonly taskMs: number; readonly changes: number }> {
  const changes = await page.evaluate<number>('lakeweirChanges')
  const { TaskDuration = Number.NaN } = await metrics(devtools)
  return { taskMs: TaskDuration * 1_000, changes }
}

async function metrics(devtools: CDPSession): Promise<Readonly<Record<string, number>>> {
  const measured = await devtools.send('Performance.getMetrics')
  return Object.fromEntries(measured.metrics.map(({ name, value }) => [name, value]))
}

/** The total that every batch changes. */
const TOTAL = 'section[data-panel="messages"][data-state="rows"]'

// What runs in the page is text: this project is compiled without the types of a browser.

/** After two frames, what was changed before them is on the screen. */
const PAINTED = 'const painted = (note) => requestAnimationFrame(() => requestAnimationFrame(note))'
const FOUND = `document.querySelector('lakeweir-dashboard')?.shadowRoot?.querySelector('${TOTAL}')`

const NOTE_FIRST_PAINT = `{
  ${PAINTED}
  const look = () => {
    if (${FOUND} == null) requestAnimationFrame(look)
    else painted(() => notePainted(performance.now()))
  }
  requestAnimationFrame(look)
}`

const observed = (note: string): string => `{
  ${PAINTED}
  const total = ${FOUND}
  let shown = total.innerText
  new MutationObserver(() => {
    if (total.innerText === shown) return
    shown = total.innerText
    ${note}
  }).observe(total, { subtree: true, childList: true, characterData: true })
}`

const NOTE_CHANGES = observed('painted(() => noteChange(performance.timeOrigin + performance.now()))')
const COUNT_CHANGES = `globalThis.lakeweirChanges = 0\n${observed('globalThis.lakeweirChanges += 1')}`

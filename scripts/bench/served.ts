import { copyFileSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient, type PanelHead } from '../../src/client/index.ts'
import { durationFigure, type Figure, growthFigure } from './figure.ts'
import { SEED, withLake } from './lakes.ts'
import { askSteadily } from './panelLoad.ts'
import { RawDuckdb } from './raw.ts'
import { ServedProgram } from './servedProgram.ts'
import { StreamReaders } from './streamReaders.ts'
import type { SuiteContext } from './suiteContext.ts'

const ROWS = 1_000
/** The day that is there before: what a dashboard shows. */
const DAY_ROWS = 500_000
const DAY_SECONDS = 86_400
/** Files that are dropped in turn, with different rows. */
const FILES = 40
/** The first batches meet a program that is still starting. */
const WARM_UP = 5
const CLIENTS = 500
const UPDATE_MS = 250
const REQUESTS_PER_SECOND = 200
/** How many panels a page shows. */
const PAGE_PANELS = 8

/** What those who look at live numbers notice: how old the numbers are, and how long an answer takes. */
export async function* served({ folder, isQuick }: SuiteContext): AsyncGenerator<Figure> {
  const root = join(folder, 'served')
  await fillDay(root)
  const files = await writeFiles(join(folder, 'dropped'))
  const program = await ServedProgram.start(['land', 'silver'], root)
  const panels = await createClient({ url: program.url }).panels()
  const page = panels.slice(0, PAGE_PANELS).map(({ name }) => name)
  const landing = new Landing(root, files)
  yield* await newestNumbers(program.url, landing, WARM_UP + (isQuick ? 60 : 600))
  yield* await underLoad(program, landing, panels, isQuick ? 20 : 120)
  yield* await manyClients(program, landing, page, isQuick ? 30 : 300)
  await program.stop()
}

/** A day of messages up to now, in all layers. */
async function fillDay(root: string): Promise<void> {
  const startTimeMs = Date.now() - DAY_SECONDS * 1_000
  await withLake(root, async (lake) => {
    await lake.run({
      streams: ['produce'],
      generate: { rows: DAY_ROWS, seed: SEED, rowsPerSecond: DAY_ROWS / DAY_SECONDS, startTimeMs },
    })
    await lake.run({ streams: ['land', 'silver'], availableNow: true })
    await lake.run({ streams: ['live'], availableNow: true })
  })
}

async function writeFiles(folder: string): Promise<string[]> {
  mkdirSync(folder)
  const raw = await RawDuckdb.open()
  const files: string[] = []
  for (let index = 0; index < FILES; index++) {
    const file = join(folder, `${index}.parquet`)
    // Each with messages of its own seconds: the same ones would be duplicates.
    await raw.timedCopy(await raw.generateMessages(ROWS, (Date.now() - index * 1_000) * 1_000, 1_000), file)
    files.push(file)
  }
  raw.close()
  return files
}

/** Drops files into the landing folder, as other programs do. */
class Landing {
  readonly #root: string
  readonly #files: readonly string[]
  #dropped = 0

  constructor(root: string, files: readonly string[]) {
    this.#root = root
    this.#files = files
    mkdirSync(join(root, 'landing/messages'), { recursive: true })
  }

  /** @returns when the next one was renamed into place, on the clock of `performance.now` */
  drop(): number {
    this.#dropped += 1
    const written = join(this.#root, `${this.#dropped}.parquet`)
    copyFileSync(this.#files[this.#dropped % this.#files.length] ?? '', written)
    const renamedMs = performance.now()
    renameSync(written, join(this.#root, 'landing/messages', `${this.#dropped}.parquet`))
    return renamedMs
  }

  /** Drops files at a steady pace while work is done. */
  async dropping<T>(periodMs: number, work: () => Promise<T>): Promise<T> {
    let isOver = false
    const dropped = (async () => {
      const startMs = performance.now()
      for (let index = 0; !isOver; index++) {
        this.drop()
        await delay(Math.max(0, startMs + (index + 1) * periodMs - performance.now()))
      }
    })()
    const result = await work().finally(() => {
      isOver = true
    })
    await dropped
    return result
  }
}

/** The time from renaming a file into the landing folder until a client has the numbers with its rows. */
async function newestNumbers(url: string, landing: Landing, files: number): Promise<Figure[]> {
  const updates = createClient({ url }).follow({ all: { panel: 'messages' } })
  let batch = await batchAfter(updates, 0)
  const latenciesMs: number[] = []
  for (let index = 0; index < files; index++) {
    const renamedMs = landing.drop()
    batch = await batchAfter(updates, batch)
    latenciesMs.push(performance.now() - renamedMs)
    await delay(Math.max(0, renamedMs + 1_000 - performance.now()))
  }
  await updates.return()
  const samples = { latency: latenciesMs.slice(WARM_UP) }
  const name = 'landing rename → a stream has the new number'
  return [
    durationFigure(`${name}, p50`, samples, 'latency', 0.5, { reach: { atMost: 120 } }),
    durationFigure(`${name}, p95`, samples, 'latency', 0.95, { reach: { atMost: 300 } }),
  ]
}

async function batchAfter(
  updates: AsyncGenerator<{ readonly position: { readonly batch: number } | null }, void>,
  batch: number,
): Promise<number> {
  for (;;) {
    const { done, value } = await updates.next()
    if (done === true) throw new Error('the stream has ended')
    const now = value.position?.batch ?? 0
    if (now > batch) return now
  }
}

/** Panels asked for one by one, by people who look at different things, while a file a second is taken. */
async function underLoad(
  { url }: ServedProgram,
  landing: Landing,
  panels: readonly PanelHead[],
  seconds: number,
): Promise<Figure[]> {
  const channels = ['EMAIL', 'SMS', 'PUSH', 'CHAT']
  const paths = panels.flatMap(({ name, filters }) => {
    const isNarrowed = filters.some((filter) => filter.name === 'channel')
    return [`api/panels/${name}`, ...(isNarrowed ? channels.map((one) => `api/panels/${name}?channel=${one}`) : [])]
  })
  const answer = await landing.dropping(1_000, () => askSteadily(url, paths, REQUESTS_PER_SECOND, seconds))
  const name = `a panel, at ${REQUESTS_PER_SECOND} requests a second while streams run`
  return [
    durationFigure(`${name}, p50`, { answer }, 'answer', 0.5, { reach: { atMost: 15 } }),
    durationFigure(`${name}, p95`, { answer }, 'answer', 0.95, { reach: { atMost: 60 } }),
  ]
}

/** Many clients of one page while it changes four times a second. */
async function manyClients(
  program: ServedProgram,
  landing: Landing,
  page: readonly string[],
  seconds: number,
): Promise<Figure[]> {
  const readers = await StreamReaders.open(program.url, page, CLIENTS)
  const residents: number[] = []
  await landing.dropping(UPDATE_MS, async () => {
    await delay(2_000)
    readers.begin()
    for (let second = 0; second < seconds; second++) {
      await delay(1_000)
      residents.push(program.residentBytes() / 1e6)
    }
  })
  readers.close()
  const third = Math.floor(seconds / 3)
  const memory = { early: residents.slice(third, 2 * third), late: residents.slice(2 * third) }
  const updates = readers.seen / CLIENTS / seconds
  const name = `commit → each of ${CLIENTS} clients, ${updates.toFixed(1)} updates a second`
  return [
    durationFigure(`${name}, p50`, { age: readers.agesMs }, 'age', 0.5, {}),
    durationFigure(`${name}, p99`, { age: readers.agesMs }, 'age', 0.99, { reach: { atMost: 200 } }),
    growthFigure(`resident memory with ${CLIENTS} clients, late ÷ early`, memory, { atMost: 1.1 }),
  ]
}

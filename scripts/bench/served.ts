import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient, type PanelHead } from '../../src/client/index.ts'
import { durationFigure, type Figure, growthFigure } from './figure.ts'
import { fillDay, Landing, writeFiles } from './landing.ts'
import { askSteadily } from './panelLoad.ts'
import { ServedProgram } from './servedProgram.ts'
import { StreamReaders } from './streamReaders.ts'
import type { SuiteContext } from './suiteContext.ts'

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

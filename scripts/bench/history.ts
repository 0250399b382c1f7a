import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Lake } from '../../src/index.ts'
import { BronzeFeed } from './bronzeFeed.ts'
import { durationFigure, type Figure, growthFigure, p50RatioFigure } from './figure.ts'
import { phasesOf, withLake } from './lakes.ts'
import { interleaved, medians, timed } from './measure.ts'
import { FollowingProgram } from './program.ts'
import { RawDuckdb } from './raw.ts'
import { SilverFollower } from './silverFollower.ts'
import { REST_MS, writeSmallFile } from './small.ts'
import type { SuiteContext } from './suiteContext.ts'

const FEW_ROWS = 10
/** The rows of a batch that is measured. */
export const ROWS = 1_000
/** How many batches in a row the memory is the median of, because garbage is collected only now and then. */
const WINDOW = 100

/** What thousands of batches leave behind: in the memory of the stream that ran them, and for later batches. */
export async function* history({ folder, isQuick }: SuiteContext): AsyncGenerator<Figure> {
  const batches = isQuick ? 1_000 : 5_000
  const newRoot = join(folder, 'new')
  const oldRoot = join(folder, 'old')
  for (const root of [newRoot, oldRoot]) await withLake(root, startAndStop)
  const raw = await RawDuckdb.open()
  const fewRows = await writeSmallFile(raw, join(folder, 'few.parquet'), FEW_ROWS)
  const someRows = await writeSmallFile(raw, join(folder, 'some.parquet'), ROWS)
  raw.close()

  const residents = await runBatches(oldRoot, fewRows, batches)
  const tenth = batches / 10
  const samples = { early: residents.slice(tenth - WINDOW, tenth), late: residents.slice(-WINDOW) }
  // Fewer batches only show how a program warms up, not whether its memory then stays the same.
  const reach = isQuick ? undefined : { atMost: 1.1 }
  yield growthFigure(`resident memory, ${text(tenth)} → ${text(batches)} batches`, samples, reach)

  const behind = `${text(batches)} batches behind it`
  const rounds = isQuick ? 60 : 200
  yield await withLake(newRoot, (newLake) =>
    withLake(oldRoot, (oldLake) =>
      alternateBatches(newLake, oldLake, someRows, `batch of a lake with ${behind} ÷ a new lake's, p50`, rounds, 1.1),
    ),
  )
  const lookRounds = isQuick ? 3 : 7
  yield* await withLake(newRoot, (newLake) =>
    withLake(oldRoot, (oldLake) => alternateLooks(newLake, oldLake, behind, lookRounds)),
  )
}

/** Runs batches one by one in the program. @returns its memory after each, in megabytes */
async function runBatches(root: string, file: string, batches: number): Promise<number[]> {
  const feed = new BronzeFeed(root, file, FEW_ROWS)
  const program = new FollowingProgram(['silver'], root)
  const residents: number[] = []
  for (let batch = 1; batch <= batches; batch++) {
    feed.append()
    await program.batchOf('silver')
    residents.push(program.residentBytes() / 1e6)
  }
  await program.stop()
  return residents
}

/** Batches of two lakes in turns: of a new one, and of one with something behind it. */
export async function alternateBatches(
  newLake: Lake,
  oldLake: Lake,
  file: string,
  name: string,
  rounds: number,
  atMost: number,
): Promise<Figure> {
  const phases: Record<string, number>[] = []
  const followed = async (lake: Lake, note: (phases: Record<string, number>) => void) => {
    const feed = new BronzeFeed((await lake.status()).root, file, ROWS)
    const silver = await SilverFollower.start(lake)
    const batch = async (): Promise<number> => {
      const { durationMs } = await silver.batchOf(() => feed.append())
      note(phasesOf((phase) => durationMs[phase]))
      await delay(REST_MS)
      return durationMs.total
    }
    return { batch, stop: () => silver.stop() }
  }
  const young = await followed(newLake, () => undefined)
  const old = await followed(oldLake, (ofBatch) => phases.push(ofBatch))
  const samples = await interleaved(rounds, { 'new lake': young.batch, 'old lake': old.batch })
  await young.stop()
  await old.stop()
  return p50RatioFigure(name, samples, 'old lake', 'new lake', { reach: { atMost }, phases: medians(phases) })
}

/** How long a start and a `status` take. */
async function alternateLooks(newLake: Lake, oldLake: Lake, behind: string, rounds: number): Promise<Figure[]> {
  const starts = await interleaved(rounds, {
    'new lake': () => timed(() => startAndStop(newLake)),
    'old lake': () => timed(() => startAndStop(oldLake)),
  })
  const statuses = await interleaved(rounds, {
    'new lake': () => timed(() => newLake.status()),
    'old lake': () => timed(() => oldLake.status()),
  })
  return [
    durationFigure(`start of silver, ${behind}`, starts, 'old lake', 0.5, {}),
    durationFigure(`status, ${behind}`, statuses, 'old lake', 0.5, {}),
  ]
}

/** Starts the silver stream, which has nothing to do. */
async function startAndStop(lake: Lake): Promise<void> {
  await lake.run({ streams: ['silver'], availableNow: true })
}

function text(count: number): string {
  return count.toLocaleString('en-US')
}

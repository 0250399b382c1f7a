import { rmSync } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { inParallel } from '../../src/files/turns.ts'
import { type BatchDurations, type BatchProgress, Lake, type RunOptions } from '../../src/index.ts'
import { medians, timed } from './measure.ts'

export const REPOSITORY = join(import.meta.dirname, '../..')
export const CONFIG = join(REPOSITORY, 'lakeweir.config.ts')

const DAY_SECONDS = 86_400
/** How many dates the large lakes have. */
export const DAYS = 30
/** How many files their bronze has. */
const FILES = 20
/** The seed of everything that the bench generates. */
export const SEED = 1
/** The time of the first message. */
export const START_MS = Date.UTC(2026, 0, 1)

/** Opens the messages lake in a folder of its own, for as long as the work takes. */
export async function withLake<T>(root: string, work: (lake: Lake) => Promise<T>): Promise<T> {
  const lake = await Lake.open({ config: CONFIG, lake: root })
  try {
    return await work(lake)
  } finally {
    await lake.close()
  }
}

/** The rows per second that spread this many rows over this many days. */
export function spreadOver(rows: number, days: number): number {
  return rows / (days * DAY_SECONDS)
}

/** Fills bronze with rows of 30 dates in 20 files; @returns the files. */
export async function fillBronze(lake: Lake, rows: number): Promise<string[]> {
  await lake.run({
    streams: ['produce'],
    limits: { maxRows: Math.ceil(rows / FILES) },
    generate: { rows, seed: SEED, rowsPerSecond: spreadOver(rows, DAYS), startTimeMs: START_MS },
  })
  return liveFiles(lake, 'bronze_messages')
}

/** The files that a table's log names. */
export async function liveFiles(lake: Lake, table: string): Promise<string[]> {
  const { rows } = await lake.query(`SELECT file FROM live_files WHERE name = '${table}' ORDER BY file`)
  return rows.map(([file]) => String(file))
}

/** Times runs of a lake from start to end, and records where their time went. */
export class RunTimer {
  readonly #lake: Lake
  readonly #rows: number
  readonly #phases: Record<string, number>[] = []

  /** @param rows  how many every run must take: one that takes fewer would look fast */
  constructor(lake: Lake, rows: number) {
    this.#lake = lake
    this.#rows = rows
  }

  async run(options: RunOptions): Promise<number> {
    const batches: BatchProgress[] = []
    const ms = await timed(() => this.#lake.run({ ...options, onBatch: (batch) => batches.push(batch) }))
    const rows = batches.reduce((all, { inputRows }) => all + inputRows, 0)
    if (rows !== this.#rows) throw new Error(`a run took ${rows} rows, not ${this.#rows}`)
    const sum = (phase: keyof BatchDurations): number =>
      batches.reduce((all, { durationMs }) => all + durationMs[phase], 0)
    this.#phases.push({ 'start and end': ms - sum('total'), ...phasesOf(sum) })
    return ms
  }

  /** The median of each phase; `start and end` is the time outside batches. */
  get phases(): Record<string, number> {
    return medians(this.#phases.slice(1)) // the first run is not counted
  }
}

/** The phases of a batch, from a function that returns how long each took. */
export function phasesOf(durationOf: (phase: keyof BatchDurations) => number): Record<string, number> {
  const phases = ['plan', 'stage', 'sync', 'commit', 'publish'] as const
  return Object.fromEntries(phases.map((phase) => [phase, durationOf(phase)]))
}

/** Makes every file and folder in a tree durable, with as many syncs at once as Lakeweir has. */
export async function syncTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = [folder, ...entries.map(({ parentPath, name }) => join(parentPath, name))]
  await inParallel(paths.map((path) => () => syncPath(path)))
}

/**
 * Removes what a measurement has written, and syncs: otherwise the next measured sync would have to free the blocks.
 */
export async function removeWritten(...paths: readonly [string, ...string[]]): Promise<void> {
  for (const path of paths) rmSync(path, { recursive: true, force: true })
  await syncPath(join(paths[0], '..'))
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path)
  await handle.sync()
  await handle.close()
}

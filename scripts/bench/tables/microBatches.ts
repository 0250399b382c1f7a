import { copyFileSync, mkdirSync, renameSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { BatchProgress } from '../../../src/index.ts'
import { START_MS, withLake } from '../lakes.ts'
import { FollowingProgram } from '../program.ts'
import { RawDuckdb } from '../raw.ts'

const DAY_MS = 86_400_000
/** So many dates the batches have, one after the other. */
const DATES = 4
/** Files of each date that land in turn, with different rows. */
const FILES = 10
/** Some of them valid and some corrupted, so that each batch writes both tables of silver. */
const ROWS = 20
/** So many files has a partition that is tended, at the most. */
export const FEW_FILES = 8
/** How long after a burst it may take until it is. */
const SETTLE_MS = 60_000
const LOOK_MS = 1_000

/** What a process did that took one small file after the other. */
export interface MicroBatches {
  /** The duration of each batch of silver, in milliseconds. */
  readonly batchMs: readonly number[]
  /** The resident memory after each, in megabytes. */
  readonly residentMb: readonly number[]
}

/** Runs so many batches in a lake, to their end. */
export async function runMicroBatches(root: string, batches: number): Promise<MicroBatches> {
  const run = await MicroBatchRun.start(root, batches)
  const batchMs: number[] = []
  const residentMb: number[] = []
  try {
    for (let batch = 0; batch < batches; batch++) {
      batchMs.push((await run.next()).durationMs.total)
      residentMb.push(run.program.residentBytes() / 1e6)
    }
    await run.settled()
  } finally {
    await run.program.stop()
  }
  return { batchMs, residentMb }
}

/**
 * Lands small files one by one while `lakeweir run land silver` runs, each as soon as the one before is in both tables
 * of silver: what a stream does in a night, without the pauses.
 */
export class MicroBatchRun {
  readonly program: FollowingProgram
  readonly #root: string
  readonly #files: readonly string[]
  readonly #batches: number
  #batch = 0

  private constructor(root: string, files: readonly string[], batches: number) {
    this.#root = root
    this.#files = files
    this.#batches = batches
    this.program = new FollowingProgram(['land', 'silver'], root)
  }

  /** @param batches  after how many the dates have all come */
  static async start(root: string, batches: number): Promise<MicroBatchRun> {
    const files = await writeFiles(join(dirname(root), `${basename(root)}-small`))
    mkdirSync(landingOf(root), { recursive: true })
    return new MicroBatchRun(root, files, batches)
  }

  /** Lands the next file. @returns the batch of silver that took it */
  async next(): Promise<BatchProgress> {
    const batch = this.#batch++
    const date = Math.floor((batch * DATES) / this.#batches)
    const written = join(this.#root, `${batch}.parquet`)
    copyFileSync(this.#files[date * FILES + (batch % FILES)] ?? '', written)
    renameSync(written, join(landingOf(this.#root), `${batch}.parquet`))
    await this.program.batchOf('land')
    return await this.program.batchOf('silver')
  }

  /** Waits until the run has joined what a burst of batches has left; if it does not, the files tell. */
  async settled(): Promise<void> {
    for (let waitedMs = 0; waitedMs < SETTLE_MS; waitedMs += LOOK_MS) {
      const files = [
        ...(await filesByPartition(this.#root, 'messages')),
        ...(await filesByPartition(this.#root, 'messages_corrupted')),
      ]
      if (Math.max(...files) <= FEW_FILES) return
      await setTimeout(LOOK_MS)
    }
  }
}

function landingOf(root: string): string {
  return join(root, 'landing/messages')
}

/** By date, `FILES` of each. */
async function writeFiles(folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true })
  const raw = await RawDuckdb.open()
  const files: string[] = []
  for (let index = 0; index < DATES * FILES; index++) {
    const startMs = START_MS + Math.floor(index / FILES) * DAY_MS + (index % FILES) * ROWS * 1_000
    const file = join(folder, `${index}.parquet`)
    await raw.timedCopy(await raw.generateMessages(ROWS, startMs * 1_000, 1_000_000), file)
    files.push(file)
  }
  raw.close()
  return files
}

/** How many files the partitions of a table have, the fullest first. */
export async function filesByPartition(root: string, table: string): Promise<number[]> {
  const { rows } = await withLake(root, (lake) =>
    lake.query(
      `SELECT count(*) AS files FROM live_files WHERE name = '${table}'
       GROUP BY regexp_replace(path, '[^/]*$', '') ORDER BY files DESC`,
    ),
  )
  return rows.map(([files]) => Number(files))
}

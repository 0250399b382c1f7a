import { copyFileSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SEED, withLake } from './lakes.ts'
import { RawDuckdb } from './raw.ts'

const ROWS = 1_000
/** The day that is there before: what a dashboard shows. */
const DAY_ROWS = 500_000
const DAY_SECONDS = 86_400
/** Files that are dropped in turn, with different rows. */
const FILES = 40

/** A day of messages up to now, in all layers. */
export async function fillDay(root: string): Promise<void> {
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

/** Files of 1,000 rows each, to be dropped in turn. */
export async function writeFiles(folder: string): Promise<string[]> {
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
export class Landing {
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

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BronzeFeed } from './bronzeFeed.ts'
import { type Figure, p50RatioFigure } from './figure.ts'
import { withLake } from './lakes.ts'
import { SilverLogs } from './latency.ts'
import { interleaved } from './measure.ts'
import { FollowingProgram } from './program.ts'
import { RawDuckdb } from './raw.ts'
import { writeSmallFile } from './small.ts'
import type { SuiteContext } from './suiteContext.ts'

const ROWS = 1_000
/** So that each of the two lakes gets a commit a second. */
const PERIOD_MS = 500
const CLOSELY = 10
/** The first commits meet a program that is still starting. */
const WARM_UP = 3

/** Silver's own latency, alone and while the live aggregates are kept by the same process: round by round, in turns. */
export async function* besideLive({ folder, isQuick }: SuiteContext): AsyncGenerator<Figure> {
  const raw = await RawDuckdb.open()
  mkdirSync(join(folder, 'beside'))
  const file = await writeSmallFile(raw, join(folder, 'beside/some.parquet'), ROWS)
  raw.close()
  const alone = await FollowedLake.start(join(folder, 'beside/alone'), file, ['silver'])
  const followed = await FollowedLake.start(join(folder, 'beside/followed'), file, ['silver', 'live'])
  const atPace = async (lake: FollowedLake): Promise<number> => {
    const startMs = performance.now()
    const ms = await lake.msUntilCommitted()
    await delay(Math.max(0, startMs + PERIOD_MS - performance.now()))
    return ms
  }
  // Live takes each batch while silver takes the next. A pause keeps it out of the other lake's way.
  const closely = async (lake: FollowedLake): Promise<number> => {
    await delay(PERIOD_MS)
    let ms = 0
    for (let commit = 0; commit < CLOSELY; commit++) ms += await lake.msUntilCommitted()
    return ms / CLOSELY
  }
  const names = { alone: 'alone', followed: 'while live follows' } as const
  const measured = async (rounds: number, pace: (lake: FollowedLake) => Promise<number>) =>
    interleaved(rounds, {
      [names.alone]: () => pace(alone),
      [names.followed]: () => pace(followed),
    })
  const name = 'bronze commit → both silver commits seen, p50: while live follows ÷ alone'
  const oneASecond = await measured(isQuick ? 40 : 200, atPace)
  yield p50RatioFigure(`${name}, one a second`, oneASecond, names.followed, names.alone, { reach: { atMost: 1.1 } })
  const backToBack = await measured(isQuick ? 8 : 40, closely)
  yield p50RatioFigure(`${name}, one after another`, backToBack, names.followed, names.alone, {})
  await Promise.all([alone.stop(), followed.stop()])
}

/** A lake whose bronze gets a file whenever the bench says so, and a program that follows it. */
class FollowedLake {
  readonly #feed: BronzeFeed
  readonly #silver: SilverLogs
  readonly #program: FollowingProgram

  private constructor(root: string, file: string, streams: readonly string[]) {
    this.#feed = new BronzeFeed(root, file, ROWS)
    this.#silver = new SilverLogs(root)
    this.#program = new FollowingProgram(streams, root)
  }

  static async start(root: string, file: string, streams: readonly string[]): Promise<FollowedLake> {
    await withLake(root, async (lake) => {
      for (const stream of streams) await lake.run({ streams: [stream], availableNow: true })
    })
    const lake = new FollowedLake(root, file, streams)
    for (let commit = 0; commit < WARM_UP; commit++) {
      await lake.msUntilCommitted()
      // The live aggregates must run before they can be in silver's way.
      for (const stream of streams) await lake.#program.batchOf(stream)
    }
    return lake
  }

  /** Commits a file to bronze. @returns how long it takes until both tables of silver have its rows */
  async msUntilCommitted(): Promise<number> {
    const startMs = performance.now()
    this.#feed.append()
    return (await this.#silver.nextCommits()) - startMs
  }

  stop(): Promise<void> {
    return this.#program.stop()
  }
}

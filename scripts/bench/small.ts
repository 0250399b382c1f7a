import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BronzeFeed } from './bronzeFeed.ts'
import { type Figure, p50RatioFigure } from './figure.ts'
import { phasesOf, removeWritten, START_MS, withLake } from './lakes.ts'
import { interleaved, medians } from './measure.ts'
import { RawDuckdb } from './raw.ts'
import { SilverFollower } from './silverFollower.ts'
import type { SuiteContext } from './suiteContext.ts'

const ROWS = 1_000

/** How long a stream has, after it has reported a batch, to clean up, look again and become idle. */
export const REST_MS = 5

/** A small batch of one date with the whole protocol, against only the partitioned COPY of the same file. */
export async function* small({ folder, isQuick }: SuiteContext): AsyncGenerator<Figure> {
  const root = join(folder, 'lake')
  const target = join(folder, 'raw')
  const raw = await RawDuckdb.open()
  const file = await writeSmallFile(raw, join(folder, 'small.parquet'), ROWS)
  await raw.readBronze([file])
  yield await withLake(root, async (lake) => {
    await lake.run({ streams: ['silver'], availableNow: true })
    const feed = new BronzeFeed(root, file, ROWS)
    const silver = await SilverFollower.start(lake)
    const phases: Record<string, number>[] = []
    const samples = await interleaved(isQuick ? 60 : 300, {
      'raw COPY': async () => {
        const ms = await raw.timedSplit(target)
        await removeWritten(target)
        return ms
      },
      ours: async () => {
        const { durationMs } = await silver.batchOf(() => feed.append())
        phases.push(phasesOf((phase) => durationMs[phase]))
        await delay(REST_MS)
        return durationMs.total
      },
    })
    await silver.stop()
    const notes = { reach: { atMost: 2 }, phases: medians(phases) }
    return p50RatioFigure('batch of 1,000 rows of one date, p50: ours ÷ raw', samples, 'ours', 'raw COPY', notes)
  })
  raw.close()
}

/** Writes a file of bronze, of one date. @returns its path */
export async function writeSmallFile(raw: RawDuckdb, file: string, rows: number): Promise<string> {
  await raw.timedCopy(await raw.generateMessages(rows, START_MS * 1000, 1_000), file)
  return file
}

import { join } from 'node:path'
import { type Figure, type Reach, ratioFigure } from './figure.ts'
import { fillBronze, RunTimer, removeWritten, syncTree, withLake } from './lakes.ts'
import { interleaved, timed } from './measure.ts'
import { RawDuckdb } from './raw.ts'
import type { SuiteContext } from './suiteContext.ts'

interface Size {
  readonly rows: number
  readonly rounds: number
  readonly quickRounds: number
  readonly reach: Reach
  /** Against a raw COPY that is made durable too. */
  readonly syncedReach?: Reach
}

const SIZES: readonly Size[] = [
  { rows: 1_000_000, rounds: 31, quickRounds: 9, reach: { atLeast: 0.8 } },
  { rows: 5_000_000, rounds: 15, quickRounds: 5, reach: { atLeast: 0.88 } },
  { rows: 20_000_000, rounds: 9, quickRounds: 3, reach: { atLeast: 0.92 }, syncedReach: { atLeast: 0.95 } },
]

/** A whole run that splits many rows in one batch, against the same COPY by DuckDB alone. */
export async function* silver(context: SuiteContext): AsyncGenerator<Figure> {
  for (const size of SIZES) yield* await silverOf(size, context)
}

async function silverOf(size: Size, { folder, isQuick }: SuiteContext): Promise<Figure[]> {
  const root = join(folder, 'lake')
  const target = join(folder, 'raw')
  const raw = await RawDuckdb.open()
  const figures = await withLake(root, async (lake) => {
    await raw.readBronze(await fillBronze(lake, size.rows))
    const timer = new RunTimer(lake, size.rows)
    const samples = await interleaved(isQuick ? size.quickRounds : size.rounds, {
      'raw COPY': async () => {
        const ms = await raw.timedSplit(target)
        await removeWritten(target)
        return ms
      },
      ours: async () => {
        const ms = await timer.run({ streams: ['silver'], availableNow: true })
        await lake.empty(['silver'])
        return ms
      },
      'raw COPY + fsync': async () => {
        const ms = (await raw.timedSplit(target)) + (await timed(() => syncTree(target)))
        await removeWritten(target)
        return ms
      },
    })
    const name = `silver, ${size.rows / 1e6}M rows: raw ÷ ours`
    const { phases } = timer
    return [
      ratioFigure(name, samples, 'raw COPY', 'ours', { reach: size.reach, phases }),
      ratioFigure(`${name}, both synced`, samples, 'raw COPY + fsync', 'ours', { reach: size.syncedReach, phases }),
    ]
  })
  raw.close()
  await removeWritten(root)
  return figures
}

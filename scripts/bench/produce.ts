import { join } from 'node:path'
import { type Figure, ratioFigure } from './figure.ts'
import { RunTimer, removeWritten, SEED, withLake } from './lakes.ts'
import { interleaved } from './measure.ts'
import { runProgram } from './program.ts'
import { RawDuckdb } from './raw.ts'
import type { SuiteContext } from './suiteContext.ts'

const ROWS = 20_000_000
const REACH = { atLeast: 0.85 }

/**
 * Many made-up rows, in batches of a file each, against one COPY of the same SELECT into one file, which is how DuckDB
 * alone is fastest: by the library, and by the command as a user types it, with its start.
 */
export async function* produce({ folder, isQuick }: SuiteContext): AsyncGenerator<Figure> {
  const target = join(folder, 'raw.parquet')
  const raw = await RawDuckdb.open()
  const { samples, phases } = await withLake(join(folder, 'lake'), async (lake) => {
    const timer = new RunTimer(lake, ROWS)
    return {
      samples: await interleaved(isQuick ? 3 : 9, {
        'raw COPY': async () => {
          const select = await raw.generateMessages(ROWS, (Date.now() - ROWS / 1000) * 1000, 1)
          const ms = await raw.timedCopy(select, target)
          await removeWritten(target)
          return ms
        },
        'ours, library': async () => {
          const ms = await timer.run({ streams: ['produce'], generate: { rows: ROWS, seed: SEED } })
          await lake.empty(['produce'])
          return ms
        },
        'ours, command': async () => {
          const root = join(folder, 'command')
          const ms = await runProgram(['run', 'produce', '--rows', String(ROWS), '--seed', String(SEED)], root)
          await removeWritten(root)
          return ms
        },
      }),
      phases: timer.phases,
    }
  })
  raw.close()
  const name = `produce, ${ROWS / 1e6}M rows: raw ÷ ours`
  yield ratioFigure(name, samples, 'raw COPY', 'ours, library', { reach: REACH, phases })
  yield ratioFigure(`${name}, the whole command`, samples, 'raw COPY', 'ours, command', { reach: REACH })
}

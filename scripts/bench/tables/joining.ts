import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { Lake } from '../../../src/index.ts'
import { closeLake, openLake } from '../../../src/lake/openLake.ts'
import { type Figure, ratioFigure } from '../figure.ts'
import { CONFIG, liveFiles, removeWritten, SEED, START_MS, withLake } from '../lakes.ts'
import { interleaved, timed } from '../measure.ts'
import { fileList, RawDuckdb } from '../raw.ts'
import type { SuiteContext } from '../suiteContext.ts'

const TABLE = 'bronze_messages'
const FILES = 400

/** Joining the small files of a table, with the whole protocol, against a COPY of the same files into one. */
export async function* joiningFigures({ folder, isQuick }: SuiteContext): AsyncGenerator<Figure> {
  if (isQuick) yield await joiningFigure(folder, 400_000, 3)
  else {
    yield await joiningFigure(folder, 1_000_000, 9)
    yield await joiningFigure(folder, 10_000_000, 5) // in so many rows the steps around the copy get lost
  }
}

async function joiningFigure(folder: string, rows: number, rounds: number): Promise<Figure> {
  const [root, copy, target] = [join(folder, `joining-${rows}`), join(folder, 'copy'), join(folder, 'joined.parquet')]
  await fillUntended(root, rows)
  const files = await withLake(root, (lake) => liveFiles(lake, TABLE))
  const raw = await RawDuckdb.open()
  const samples = await interleaved(rounds, {
    ours: async () => {
      execFileSync('cp', ['-al', root, copy]) // no file of a lake is ever written into
      const [ms, left] = await withLake(copy, async (lake) => {
        const took = await timed(() => lake.optimize({ tables: [TABLE] }))
        return [took, await liveFiles(lake, TABLE)]
      })
      if (left.length !== 1) throw new Error(`${left.length} of ${files.length} files are left`)
      await removeWritten(copy)
      return ms
    },
    raw: async () => {
      const ms = await raw.timedCopy(`FROM read_parquet(${fileList(files)})`, target)
      await removeWritten(target)
      return ms
    },
  })
  raw.close()
  const name = `optimize ${files.length} files of ${rows.toLocaleString('en-US')} rows: raw COPY of them ÷ ours`
  return ratioFigure(name, samples, 'raw', 'ours', { reach: { atLeast: 0.7 } })
}

/** As many batches as files. The logs are tended, the files are not: a run would join them by itself. */
async function fillUntended(root: string, rows: number): Promise<void> {
  const open = await openLake({ config: CONFIG, lake: root })
  const { upkeep } = open.config
  try {
    await Lake.of({ ...open, config: { ...open.config, upkeep: { ...upkeep, smallFiles: undefined } } }).run({
      streams: ['produce'],
      limits: { maxRows: rows / FILES },
      generate: { rows, seed: SEED, startTimeMs: START_MS },
    })
  } finally {
    await closeLake(open)
  }
}

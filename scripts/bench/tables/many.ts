import { join } from 'node:path'
import { durationFigure, type Figure } from '../figure.ts'
import { alternateBatches, ROWS } from '../history.ts'
import { withLake } from '../lakes.ts'
import { interleaved } from '../measure.ts'
import { runProgram } from '../program.ts'
import { RawDuckdb } from '../raw.ts'
import { writeSmallFile } from '../small.ts'
import type { SuiteContext } from '../suiteContext.ts'
import { makeManyFiles } from './manyFiles.ts'

/** What it costs that tables have many files: nothing may list or hold them all. */
export async function* manyFileFigures({ folder, isQuick }: SuiteContext): AsyncGenerator<Figure> {
  const files = isQuick ? 100_000 : 1_000_000
  const behind = `tables of ${files.toLocaleString('en-US')} files`
  const [few, many] = [join(folder, 'few'), join(folder, 'many')]
  await withLake(few, (lake) => lake.run({ streams: ['land', 'silver'], availableNow: true }))
  await makeManyFiles(many, files)
  const raw = await RawDuckdb.open()
  const someRows = await writeSmallFile(raw, join(folder, 'some.parquet'), ROWS)
  raw.close()

  const starting = ['run', 'silver', '--available-now']
  const samples = await interleaved(isQuick ? 3 : 7, {
    status: () => runProgram(['status'], many),
    start: () => runProgram(starting, many),
    'status of few': () => runProgram(['status'], few),
    'start of few': () => runProgram(starting, few),
  })
  const reach = { atMost: 2_000 }
  yield durationFigure(`status, ${behind}`, samples, 'status', 0.5, { reach })
  yield durationFigure(`start of silver with nothing to do, ${behind}`, samples, 'start', 0.5, { reach })
  yield await withLake(few, (newLake) =>
    withLake(many, (oldLake) =>
      alternateBatches(newLake, oldLake, someRows, `batch on ${behind} ÷ a new lake's, p50`, isQuick ? 60 : 200, 1.2),
    ),
  )
}

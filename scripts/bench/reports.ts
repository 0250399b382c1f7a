import { join } from 'node:path'
import { type Figure, ratioFigure } from './figure.ts'
import { fillBronze, withLake } from './lakes.ts'
import { interleaved, median, timed } from './measure.ts'
import { RawDuckdb, sqlFile } from './raw.ts'
import type { SuiteContext } from './suiteContext.ts'

/** Five of seven generated messages are valid, which makes 12 million rows of `messages`. */
const BRONZE_ROWS = 16_800_000
const REPORTS = [
  { name: 'event-types', file: 'reports/event_types.sql' },
  { name: 'user-activity', file: 'reports/user_activity.sql' },
]

/** Each report as a library call, including its views, against the same SQL over a glob of the same files. */
export async function* reports({ folder, isQuick }: SuiteContext): AsyncGenerator<Figure> {
  const root = join(folder, 'lake')
  const raw = await RawDuckdb.open()
  const figures = await withLake(root, async (lake) => {
    await fillBronze(lake, BRONZE_ROWS)
    await lake.run({ streams: ['silver'], availableNow: true })
    const files = `${root}/silver/messages/data/date=*/*.parquet`
    await raw.run(`CREATE VIEW messages AS FROM read_parquet('${files}', hive_partitioning = true)`)
    await raw.run(`CREATE VIEW first_messages AS ${sqlFile('views/first_messages.sql')}`)
    const figures: Figure[] = []
    for (const { name, file } of REPORTS) {
      assertSameRows(name, (await lake.report(name)).rows, await raw.script(sqlFile(file)))
      const samples = await interleaved(isQuick ? 5 : 15, {
        raw: () => timed(() => raw.script(sqlFile(file))),
        ours: () => timed(() => lake.report(name)),
        views: () => timed(() => lake.query('SELECT 1')),
      })
      const views = median(samples.views)
      const notes = { reach: { atMost: 1.15 }, phases: { views, report: median(samples.ours) - views } }
      figures.push(ratioFigure(`report ${name} over 12M rows: ours ÷ raw`, samples, 'ours', 'raw', notes))
    }
    return figures
  })
  raw.close()
  yield* figures
}

/** Only equal answers are worth comparing. Raw DuckDB returns large numbers as text. */
function assertSameRows(
  report: string,
  ours: readonly (readonly unknown[])[],
  raw: readonly (readonly unknown[])[],
): void {
  const textOf = (rows: readonly (readonly unknown[])[]): string => rows.map((row) => row.join('|')).join('\n')
  if (ours.length === 0 || textOf(ours) !== textOf(raw)) throw new Error(`report ${report} differs from raw DuckDB's`)
}

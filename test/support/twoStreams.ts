import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Lake } from '../../src/lake/lake.ts'
import { withSession } from '../../src/lake/sessions.ts'
import { lakeFolder } from './lakeFolder.ts'
import { rawSql } from './sql.ts'

const columns = { id: 'BIGINT', name: 'VARCHAR' } as const
const copy = { from: { kind: 'deltaTable', table: 'landed', skipChangeCommits: false }, engine: 'spark' }

const REPORT = `-- reports/counted.sql: the rows of both tables; one row per table.
--
-- in   ones   rows that landed
--      twos   the same
-- out  name, rows
SELECT 'ones' AS name, count(*) AS "rows" FROM ones
UNION ALL
SELECT 'twos' AS name, count(*) AS "rows" FROM twos
ORDER BY name NULLS LAST
`

export interface TwoStreams {
  readonly lake: Lake
  readonly folder: string
  /** Lands so many rows, as a batch. */
  land(from: number, count: number): Promise<void>
}

/**
 * A lake whose streams `one` and `two` copy what has landed, each on Spark.
 * @param spark  its settings for the lake
 * @param ofTwo  keys of the stream `two` beside
 * @param files  more of its files
 */
export async function openTwoStreams(
  spark: object,
  ofTwo: object = {},
  files: Readonly<Record<string, string>> = {},
): Promise<TwoStreams> {
  const config = {
    root: 'lake',
    tables: { landed: { path: 'landed', columns }, ones: { path: 'ones', columns }, twos: { path: 'twos', columns } },
    streams: {
      land: { from: { kind: 'parquetFolder', path: 'landing', afterCommit: 'delete' }, into: ['landed'] },
      one: { ...copy, into: ['ones'] },
      two: { ...copy, into: ['twos'], ...ofTwo },
    },
    reports: 'reports',
    engines: { spark },
  }
  const folder = lakeFolder({
    'lakeweir.config.mjs': `export default ${JSON.stringify(config)}`,
    'reports/counted.sql': REPORT,
    ...files,
  })
  const lake = await Lake.open({ config: join(folder, 'lakeweir.config.mjs'), database: { threads: 1 } })
  onTestFinished(() => lake.close())
  const land = async (from: number, count: number): Promise<void> => {
    mkdirSync(join(folder, 'lake/landing'), { recursive: true })
    const rows = `SELECT range AS id, 'row ' || range AS name FROM range(${from}, ${from + count})`
    await withSession(Lake.opened(lake), (session) =>
      session.run(rawSql`COPY (${rows}) TO '${folder}/lake/landing/${from}.parquet' (FORMAT parquet)`),
    )
    await lake.run({ streams: ['land'], availableNow: true })
  }
  return { lake, folder, land }
}

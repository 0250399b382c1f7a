import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Lake } from '../../src/index.ts'
import { inDuckdb } from '../support/duckdb.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const ORDER = { id: 'BIGINT', note: 'VARCHAR', body: 'BLOB' }

/** Names that no table may have, and files do. */
const FOREIGN = { 'Order ID': 'BIGINT', 'a.b': 'VARCHAR', 'say "hi", (EUR)': 'BLOB', 'größe\n=;{}': 'DOUBLE' }

const RENAME = `-- rename.sql: orders as their shop sends them; one row per row of a file.
--
-- in   landing   the rows of the files
-- out  id, note, body
SELECT "Order ID" AS id, "a.b" AS note, "say ""hi"", (EUR)" AS body FROM landing
`

const REPORT = `-- bodies.sql: the bodies of orders; one row per order.
--
-- in   orders   the orders
-- out  id, hex
SELECT id, hex(body) AS hex FROM orders ORDER BY id
`

async function openLake(): Promise<{ lake: Lake; folder: string }> {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'sql/reports'), { recursive: true })
  writeFileSync(join(folder, 'sql/rename.sql'), RENAME)
  writeFileSync(join(folder, 'sql/reports/bodies.sql'), REPORT)
  const config = {
    root: 'lake',
    tables: { orders: { path: 'orders', columns: ORDER }, copies: { path: 'copies', columns: ORDER } },
    streams: {
      land: {
        from: { kind: 'parquetFolder', path: 'landing', afterCommit: 'archive', columns: FOREIGN },
        select: 'sql/rename.sql',
        into: ['orders'],
      },
      copy: { from: { kind: 'deltaTable', table: 'orders', skipChangeCommits: false }, into: ['copies'] },
    },
    reports: 'sql/reports',
  }
  writeFileSync(join(folder, 'lakeweir.config.mjs'), `export default ${JSON.stringify(config)}`)
  const lake = await Lake.open({ config: join(folder, 'lakeweir.config.mjs'), database: { threads: 1 } })
  onTestFinished(() => lake.close())
  mkdirSync(join(folder, 'lake/landing'), { recursive: true })
  return { lake, folder }
}

test('a source has columns of any name, which its SELECT renames, and bytes go through reports and validate', async () => {
  const { lake, folder } = await openLake()
  const columns = Object.keys(FOREIGN).map((name) => `"${name.replaceAll('"', '""')}"`)
  await inDuckdb((session) =>
    session.run(
      rawSql`COPY (SELECT * FROM (VALUES (1, 'one', '\\x00\\xFF'::BLOB, 1.5), (2, NULL, ''::BLOB, NULL), (3, 'x', NULL, 0))
        AS v(${columns.join(', ')})) TO '${folder}/lake/landing/a.parquet' (FORMAT parquet)`,
    ),
  )
  await lake.run({ streams: ['land', 'copy'], availableNow: true })
  expect((await lake.report('bodies')).rows).toEqual([
    [1, '00FF'],
    [2, ''],
    [3, null],
  ])
  const { rows } = await lake.query('SELECT id, note, hex(body) AS body FROM copies ORDER BY id')
  expect(rows).toEqual([
    [1, 'one', '00FF'],
    [2, null, ''],
    [3, 'x', null],
  ])
  expect(await lake.validate({ deep: true })).toMatchObject({ problems: [] })
})

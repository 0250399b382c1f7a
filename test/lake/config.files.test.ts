import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Database } from '../../src/duckdb/session.ts'
import { Lake } from '../../src/index.ts'
import { sqlFor } from '../../src/lake/config/sqlFile.ts'
import { closeLake, type OpenLake, openLake } from '../../src/lake/openLake.ts'
import {
  CONFIG,
  CONTRACT,
  expectFilesRefused,
  type FilesCase,
  refusalOf,
  SPLIT,
  soundFiles,
  VIEW,
} from '../support/lakeFiles.ts'
import { lakeFolder } from '../support/lakeFolder.ts'
import { rawSql } from '../support/sql.ts'

test('the lake that the others are made from is sound', async () => {
  expect(await refusalOf({})).toBe('taken')
})

const configs: readonly FilesCase[] = [
  {
    name: 'it is missing',
    files: { 'lakeweir.config.ts': undefined },
    when: 'open',
    says: `LAKE_CONFIG_INVALID: there is no file FOLDER/lakeweir.config.ts.
Run this in the folder of a lakeweir.config.ts, or name a config: --config FILE`,
  },
  {
    name: 'a bracket is missing in it',
    files: { 'lakeweir.config.ts': "export default {\n  root: 'lake',\n  tables: {\n}\n" },
    when: 'open',
    says: 'LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts does not load: ParseError: Unexpected token, expected "," FOLDER/lakeweir.config.ts:5:0',
  },
  {
    name: 'it imports a file that there is not',
    files: { 'lakeweir.config.ts': `import { event } from './columns.ts'\nexport default event\n` },
    when: 'open',
    says: "LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts does not load: Cannot find module './columns.ts'",
  },
  {
    name: 'it imports a package that is not installed',
    files: { 'lakeweir.config.ts': `import columns from 'columns-of-ours'\nexport default columns\n` },
    when: 'open',
    says: "LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts does not load: Cannot find module 'columns-of-ours'",
  },
  {
    name: 'it calls what lakeweir does not export',
    files: { 'lakeweir.config.ts': `import { kafka } from 'lakeweir'\nexport default kafka('events')\n` },
    when: 'open',
    says: 'LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts does not load: kafka is not a function',
  },
  {
    name: 'it throws',
    files: { 'lakeweir.config.ts': `throw new Error('DATA_DIR is not set')\n` },
    when: 'open',
    says: 'LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts does not load: DATA_DIR is not set',
  },
  {
    name: 'it exports the lake under a name',
    files: { 'lakeweir.config.ts': CONFIG.replace('export default', 'export const lake =') },
    when: 'open',
    says: `LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts has no default export.
Write the lake like this: export default defineLake({ … })`,
  },
  {
    name: 'it is empty',
    files: { 'lakeweir.config.ts': '' },
    when: 'open',
    says: `LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts has no default export.
Write the lake like this: export default defineLake({ … })`,
  },
]

const readers: readonly FilesCase[] = [
  {
    name: 'the folder of views is missing',
    files: { 'lakeweir.config.ts': CONFIG.replace('sql/views', 'sql/view') },
    when: 'open',
    says: `LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts: views names "sql/view", but there is no such folder.
Looked for FOLDER/sql/view: paths are relative to the config.`,
  },
  {
    name: 'the folder of reports is a file',
    files: { 'lakeweir.config.ts': CONFIG.replace('sql/reports', 'kinds.csv') },
    when: 'open',
    says: `LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts: reports names "kinds.csv", which is not a folder.
Looked for FOLDER/kinds.csv: paths are relative to the config.`,
  },
  {
    name: 'a view reads what there is not',
    files: { 'sql/views/recent.sql': VIEW.replace('in   good', 'in   goods') },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/views/recent.sql: its header names an input "goods" that does not exist.
Did you mean "good"?`,
  },
  {
    name: 'views read each other in a circle',
    files: {
      'sql/views/recent.sql': VIEW.replace('in   good', 'in   other'),
      'sql/views/other.sql': VIEW.replace('in   good', 'in   recent'),
    },
    when: 'open',
    says: 'LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts: views read each other in a circle: other, recent.',
  },
  {
    name: 'a view has the name of a table',
    files: { 'sql/views/Good.sql': VIEW },
    when: 'open',
    says: 'LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts: views: Good.sql differs from good only in case, which SQL ignores.',
  },
  {
    name: 'a view has a name that SQL would have to quote',
    files: { 'sql/views/most-recent.sql': VIEW },
    when: 'open',
    says: `LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts: views has a file most-recent.sql; a name has letters, digits and _, and no digit first.
Rename it to the name that SQL will use.`,
  },
  {
    name: 'a view does not parse',
    files: { 'sql/views/recent.sql': VIEW.replace('FROM', 'FORM') },
    when: 'query',
    says: `LAKE_SQL_INVALID: sql/views/recent.sql: Parser Error: syntax error at or near "good"\n\nLINE 6: FORM good\n             ^`,
  },
  {
    name: 'a view names a column that there is not',
    files: { 'sql/views/recent.sql': VIEW.replace('amount >', 'amont >') },
    when: 'query',
    says: `LAKE_SQL_INVALID: sql/views/recent.sql: Binder Error: Referenced column "amont" not found in FROM clause!
Candidate bindings: "amount", "seen_at"

LINE 7: WHERE amont > 3
              ^`,
  },
  {
    name: 'a report reads what there is not',
    files: { 'sql/reports/recent_days.sql': VIEW.replace('in   good', 'in   messages') },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/reports/recent_days.sql: its header names an input "messages" that does not exist.
Available: events, good, bad, kinds, recent, batches.`,
  },
  {
    name: 'a view for Spark reads what there is not',
    files: {
      'sql/views/recent.spark.sql': VIEW.replace('recent.sql', 'recent.spark.sql').replace('in   good', 'in   goods'),
    },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/views/recent.spark.sql: its header names an input "goods" that does not exist.
Did you mean "good"?`,
  },
  {
    name: 'a report for Spark does not begin with its contract',
    files: { 'sql/reports/recent_days.spark.sql': 'SELECT 1\n' },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/reports/recent_days.spark.sql does not begin with its contract.
${CONTRACT}`,
  },
  {
    name: 'a report is for Spark alone',
    files: { 'sql/reports/days.spark.sql': VIEW.replace('recent.sql', 'days.spark.sql') },
    when: 'open',
    says: `LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts: reports has sql/reports/days.spark.sql, but no days.sql, in whose place it would stand.
Write that one too.`,
  },
  {
    name: 'the SELECT of a stream reads what there is not on Spark',
    files: {
      'sql/split.spark.sql': SPLIT.replace('split.sql', 'split.spark.sql').replace('in   events', 'in   event'),
    },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/split.spark.sql: its header names an input "event" that does not exist.
Did you mean "events"?`,
  },
  {
    name: 'two reports would have one name',
    files: { 'sql/reports/recent-days.sql': VIEW },
    when: 'open',
    says: 'LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts: reports has sql/reports/recent-days.sql and sql/reports/recent_days.sql, which would both be named "recent-days".',
  },
  {
    name: 'a report does not parse',
    files: { 'sql/reports/recent_days.sql': VIEW.replace('FROM', 'FORM') },
    when: 'report',
    says: `LAKE_QUERY_FAILED: sql/reports/recent_days.sql: Failed to extract statements: Parser Error: syntax error at or near "good"\n\nLINE 6: FORM good\n             ^`,
  },
  {
    name: 'a reference file is missing',
    files: { 'kinds.csv': undefined },
    when: 'query',
    says: `LAKE_REFERENCE_INVALID: reference kinds: there is no file FOLDER/kinds.csv.
Put it there, or change reference.kinds.file in the config.`,
  },
]

test.each(configs)('of a config, the loader says what is wrong: $name', expectFilesRefused)
test.each(readers)('of views, reports and references, the message names the file: $name', expectFilesRefused)

test('a view may end in a comment, here and in lake.sql', async () => {
  const folder = lakeFolder({
    ...soundFiles,
    'sql/views/recent.sql': `${VIEW.trimEnd()} -- and no more`,
    'sql/views/same.sql': VIEW.replace('in   good', 'in   recent').replace('FROM good', 'FROM recent'),
  })
  const lake = await Lake.open({ config: join(folder, 'lakeweir.config.ts') })
  onTestFinished(() => lake.close())
  await lake.run({ streams: ['split'], availableNow: true })
  expect((await lake.query('FROM same')).columns).toEqual(['seen_at', 'amount', 'date'])

  const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder: join(folder, 'tmp') })
  onTestFinished(() => database.close())
  const session = await database.connect()
  await session.script(rawSql`${readFileSync(join(folder, 'lake/lake.sql'), 'utf8')}`)
  expect(await session.rows(rawSql`SELECT count(*) AS rows FROM same`)).toEqual([{ rows: 0 }])
})

test('a file for Spark stands beside the one for DuckDB, and is neither a view nor a report of its own', async () => {
  const spark = VIEW.replace('recent.sql', 'recent.spark.sql')
  const folder = lakeFolder({
    ...soundFiles,
    'sql/views/recent.spark.sql': spark,
    'sql/reports/recent_days.spark.sql': spark.replace('views/recent', 'reports/recent_days'),
    'sql/split.spark.sql': SPLIT.replace('split.sql', 'split.spark.sql'),
  })
  const { config } = await openLakeIn(folder)
  const [view] = config.views
  expect(config.views).toHaveLength(1)
  expect([...config.reports.keys()]).toEqual(['recent-days'])
  expect(view && sqlFor(view, 'spark').text).toBe(spark)
  expect(view && sqlFor(view, undefined)).toBe(view)
  const [stream] = config.streams
  expect(stream?.select && sqlFor(stream.select, 'spark').name).toBe('sql/split.spark.sql')
})

async function openLakeIn(folder: string): Promise<OpenLake> {
  const open = await openLake({ config: join(folder, 'lakeweir.config.ts') })
  onTestFinished(() => closeLake(open))
  return open
}

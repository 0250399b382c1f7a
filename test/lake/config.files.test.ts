import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Database } from '../../src/duckdb/session.ts'
import { Lake, LakeError } from '../../src/index.ts'
import { lakeFolder } from '../support/lakeFolder.ts'

const CONFIG = `import { defineLake, deltaTable } from 'lakeweir'

const event = { seen_at: 'TIMESTAMPTZ', kind: 'VARCHAR', amount: 'INTEGER' } as const
const dated = { seen_at: 'TIMESTAMPTZ', amount: 'INTEGER', date: 'DATE' } as const

export default defineLake({
  root: 'lake',
  tables: {
    events: { path: 'raw/events', columns: event },
    good: { path: 'checked/good', columns: dated, partitionBy: ['date'] },
    bad: { path: 'checked/bad', columns: dated, partitionBy: ['date'] },
  },
  reference: { kinds: { file: 'kinds.csv', columns: { kind: 'VARCHAR' }, key: 'kind' } },
  streams: { split: { from: deltaTable('events'), select: 'sql/split.sql', into: ['good', 'bad'] } },
  views: 'sql/views',
  reports: 'sql/reports',
})
`

const SPLIT = `-- split.sql: every event with its date; one row per event.
--
-- in   events   the batch
-- out  destination, with the columns of the tables
SELECT seen_at, amount, CAST(seen_at AS DATE) AS date,
  'good' AS destination
FROM events
`

const VIEW = `-- views/recent.sql: what was good; one row per event.
--
-- in   good   what was good
-- out  the columns of good
SELECT *
FROM good
WHERE amount > 3
`

const CONTRACT = `A header looks like this:
-- folder/file.sql: one sentence that says what a row is.
--
-- in   table_or_view   what it is
-- out  column, …`

const soundFiles: Readonly<Record<string, string>> = {
  'lakeweir.config.ts': CONFIG,
  'kinds.csv': 'kind\nsmall\n',
  'sql/split.sql': SPLIT,
  'sql/views/recent.sql': VIEW,
  'sql/reports/recent_days.sql': VIEW.replace('views/recent.sql', 'reports/recent_days.sql'),
}

/** The error that a lake is refused with: when it is opened, when its stream starts, or when it is asked something. */
async function refusalOf(
  files: Readonly<Record<string, string | undefined>>,
): Promise<{ when: string; error: LakeError; folder: string } | 'taken'> {
  const given: Record<string, string> = {}
  for (const [path, text] of Object.entries({ ...soundFiles, ...files })) if (text !== undefined) given[path] = text
  const folder = lakeFolder(given)
  let when = 'open'
  try {
    const lake = await Lake.open({ config: join(folder, 'lakeweir.config.ts') })
    onTestFinished(() => lake.close())
    when = 'run'
    await lake.run({ streams: ['split'], availableNow: true })
    when = 'query'
    await lake.query('FROM recent')
    when = 'report'
    await lake.report('recent-days')
    return 'taken'
  } catch (error) {
    if (error instanceof LakeError) return { when, error, folder }
    throw error
  }
}

interface Case {
  readonly name: string
  /** Path → text, in place of the sound one; undefined takes the file away. */
  readonly files: Readonly<Record<string, string | undefined>>
  readonly when: 'open' | 'run' | 'query' | 'report'
  /** The whole description, FOLDER for where the config stands. */
  readonly says: string
}

async function expectRefused({ files, when, says }: Case): Promise<void> {
  const refusal = await refusalOf(files)
  if (refusal === 'taken') throw new Error('the lake was taken')
  expect(refusal.error.describe().replaceAll(refusal.folder, 'FOLDER')).toBe(says)
  expect(refusal.when).toBe(when)
}

test('the lake that the others are made from is sound', async () => {
  expect(await refusalOf({})).toBe('taken')
})

const configs: readonly Case[] = [
  {
    name: 'it is missing',
    files: { 'lakeweir.config.ts': undefined },
    when: 'open',
    says: `LAKE_CONFIG_INVALID: there is no FOLDER/lakeweir.config.ts.
Run in the folder of a lakeweir.config.ts, or name one: --config FILE`,
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

const selects: readonly Case[] = [
  {
    name: 'it is missing',
    files: { 'sql/split.sql': undefined },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/split.sql: there is no such file.
Looked for FOLDER/sql/split.sql: paths are relative to the config.`,
  },
  {
    name: 'it has no header',
    files: { 'sql/split.sql': 'SELECT 1' },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/split.sql does not open with its contract.\n${CONTRACT}`,
  },
  {
    name: 'its header has no inputs',
    files: { 'sql/split.sql': '-- split.sql: every event.\n--\n-- out  everything\nSELECT 1' },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/split.sql: its header names nothing under "in".\n${CONTRACT}`,
  },
  {
    name: 'its header names an input that there is not',
    files: { 'sql/split.sql': SPLIT.replace('in   events', 'in   event') },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/split.sql: its header names an input "event" that there is not.
Did you mean "events"?`,
  },
  {
    name: 'it does not parse',
    files: { 'sql/split.sql': SPLIT.replace('FROM', 'FORM') },
    when: 'run',
    says: `LAKE_SQL_INVALID: sql/split.sql: Parser Error: syntax error at or near "FORM"\n\nLINE 7: FORM events\n        ^`,
  },
  {
    name: 'it names a column that there is not',
    files: { 'sql/split.sql': SPLIT.replace('SELECT seen_at', 'SELECT seenat') },
    when: 'run',
    says: `LAKE_SQL_INVALID: sql/split.sql: Binder Error: Referenced column "seenat" not found in FROM clause!
Candidate bindings: "seen_at", "amount"

LINE 5: SELECT seenat, amount, CAST(seen_at AS DATE) AS date,
               ^`,
  },
  {
    name: 'it gives too little',
    files: { 'sql/split.sql': SPLIT.replace('amount, ', '') },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: gives no column amount; it gives seen_at, date, destination',
  },
  {
    name: 'it gives too much',
    files: { 'sql/split.sql': SPLIT.replace('amount, ', 'amount, kind, ') },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: gives a column kind that no table has',
  },
  {
    name: 'it does not say where rows go',
    files: { 'sql/split.sql': SPLIT.replace(",\n  'good' AS destination", '') },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: gives no column destination; it gives seen_at, amount, date',
  },
  {
    name: 'it gives another type',
    files: { 'sql/split.sql': SPLIT.replace('amount, ', 'amount + 1.5 AS amount, ') },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: gives amount as DECIMAL(12,1), its table wants INTEGER: use CAST',
  },
  {
    name: 'it is a folder',
    files: { 'sql/split.sql': undefined, 'sql/split.sql/x': '' },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/split.sql: it is a folder.
Looked for FOLDER/sql/split.sql: paths are relative to the config.`,
  },
  {
    name: 'it is empty',
    files: { 'sql/split.sql': '' },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/split.sql does not open with its contract.\n${CONTRACT}`,
  },
  {
    name: 'it has a header and nothing below',
    files: { 'sql/split.sql': SPLIT.slice(0, SPLIT.indexOf('SELECT')) },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: holds no statement; one SELECT stands below its header.',
  },
  {
    name: 'it joins a reference that its header does not name',
    files: { 'sql/split.sql': SPLIT.replace('FROM events', 'FROM events JOIN kinds USING (kind)') },
    when: 'run',
    says: `LAKE_SQL_INVALID: sql/split.sql: Catalog Error: Table with name kinds does not exist!

LINE 7: FROM events JOIN kinds USING (kind)
                         ^
It can read events: a reference has to stand under "in" in its header.`,
  },
  {
    name: 'it gives one column twice',
    files: { 'sql/split.sql': SPLIT.replace('amount, ', 'amount, amount + 1 AS amount, ') },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: gives two columns amount: name one otherwise, or leave it out',
  },
  {
    name: 'it gives NULL for a column and no type',
    files: { 'sql/split.sql': SPLIT.replace('CAST(seen_at AS DATE) AS date', 'NULL AS date') },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: gives date as INTEGER, its table wants DATE: use CAST',
  },
  {
    name: 'it gives a destination of another type',
    files: { 'sql/split.sql': SPLIT.replace("'good' AS destination", 'true AS destination') },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: gives destination as BOOLEAN, its table wants VARCHAR: use CAST',
  },
  {
    name: 'it waits for a parameter',
    files: { 'sql/split.sql': `${SPLIT.trimEnd()} WHERE amount > $least` },
    when: 'run',
    says: "LAKE_SQL_INVALID: sql/split.sql: has a parameter; a value comes by getvariable('name')",
  },
  {
    name: 'it changes something',
    files: { 'sql/split.sql': `${SPLIT.slice(0, SPLIT.indexOf('SELECT'))}DROP VIEW events` },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: holds another statement than a SELECT',
  },
  {
    name: 'it holds two statements',
    files: { 'sql/split.sql': `${SPLIT.trimEnd()};\nSELECT 2` },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: holds several statements, not one SELECT; a PIVOT is one where it names its columns: IN (…).',
  },
]

const readers: readonly Case[] = [
  {
    name: 'the folder of views is missing',
    files: { 'lakeweir.config.ts': CONFIG.replace('sql/views', 'sql/view') },
    when: 'open',
    says: `LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts: views names "sql/view", and there is no such folder.
Looked for FOLDER/sql/view: paths are relative to the config.`,
  },
  {
    name: 'the folder of reports is a file',
    files: { 'lakeweir.config.ts': CONFIG.replace('sql/reports', 'kinds.csv') },
    when: 'open',
    says: `LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts: reports names "kinds.csv", which is no folder.
Looked for FOLDER/kinds.csv: paths are relative to the config.`,
  },
  {
    name: 'a view reads what there is not',
    files: { 'sql/views/recent.sql': VIEW.replace('in   good', 'in   goods') },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/views/recent.sql: its header names an input "goods" that there is not.
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
    says: 'LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts: views: Good.sql differs from good only in case, which SQL does not tell apart.',
  },
  {
    name: 'a view has a name that SQL would have to quote',
    files: { 'sql/views/most-recent.sql': VIEW },
    when: 'open',
    says: `LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts: views has a file most-recent.sql; a name has letters, digits and _, and no digit first.
Rename it to what SQL is to call it.`,
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
    says: `LAKE_SQL_INVALID: sql/reports/recent_days.sql: its header names an input "messages" that there is not.
There are: events, good, bad, kinds, recent, batches.`,
  },
  {
    name: 'two reports would have one name',
    files: { 'sql/reports/recent-days.sql': VIEW },
    when: 'open',
    says: 'LAKE_CONFIG_INVALID: FOLDER/lakeweir.config.ts: reports has sql/reports/recent-days.sql and sql/reports/recent_days.sql, which would both be "recent-days".',
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

test.each(configs)('of a config, the loader says what is wrong: $name', expectRefused)
test.each(selects)('of the SELECT of a stream, the message names file and line: $name', expectRefused)
test.each(readers)('of views, reports and references, the message names the file: $name', expectRefused)

test.each([
  { name: 'lines that end as on Windows', text: SPLIT.replaceAll('\n', '\r\n') },
  { name: 'a byte order mark', text: `\ufeff${SPLIT}` },
  { name: 'a semicolon and a comment at its end', text: `${SPLIT.trimEnd()}; -- and no more` },
])('a SELECT may have $name', async ({ text }) => {
  expect(await refusalOf({ 'sql/split.sql': text })).toBe('taken')
})

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
  await session.script(readFileSync(join(folder, 'lake/lake.sql'), 'utf8'))
  expect(await session.rows('SELECT count(*) AS rows FROM same')).toEqual([{ rows: 0 }])
})

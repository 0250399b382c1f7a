import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { recordsOf } from '../../src/duckdb/session.ts'
import { Lake } from '../../src/index.ts'
import { readRecord } from '../../src/tables/record.ts'
import { CaseLake, type CaseStream } from '../support/caseLake.ts'
import { runInProcess } from '../support/program.ts'

const COLUMNS = { id: 'INTEGER', k: 'VARCHAR' }
const ONE = { '': { columns: COLUMNS } }

interface AnyRowsCase extends CaseStream {
  /** What the two batches below make. */
  readonly makes: readonly object[]
}

const row = (id: number, k: string): object => ({ id, k })

/** SELECTs that are refused where they have to keep rows. */
const cases: readonly AnyRowsCase[] = [
  {
    stream: 'filtered',
    rows: 'any',
    select: "SELECT * FROM given WHERE k = 'a'",
    tables: ONE,
    makes: [row(1, 'a'), row(2, 'a'), row(5, 'a')],
  },
  {
    stream: 'unnested',
    rows: 'any',
    select: "SELECT id, unnest(string_split(k, ',')) AS k FROM given WHERE id > 2",
    tables: ONE,
    makes: [row(3, 'b'), row(3, 'c'), row(4, 'd'), row(5, 'a')],
  },
  {
    stream: 'distinct_rows',
    rows: 'any',
    select: 'SELECT DISTINCT ON (k) * FROM given ORDER BY id',
    tables: ONE,
    makes: [row(1, 'a'), row(3, 'b,c'), row(4, 'd'), row(5, 'a')],
  },
  {
    stream: 'counted',
    rows: 'any',
    select: 'SELECT count(*)::INTEGER AS id, k FROM given GROUP BY k',
    tables: ONE,
    makes: [row(1, 'a'), row(1, 'b,c'), row(1, 'd'), row(2, 'a')],
  },
  {
    stream: 'none',
    rows: 'any',
    select: "SELECT *, 'none_left' AS destination FROM given WHERE false",
    tables: { _left: { columns: COLUMNS }, _right: { columns: { id: 'INTEGER' } } },
    makes: [],
  },
]

let lake: CaseLake

beforeAll(async () => {
  const rows = "FROM (VALUES (1, 'a'), (2, 'a'), (3, 'b,c'), (4, 'd')) AS v(id, k)"
  lake = await CaseLake.open(COLUMNS, rows, cases)
  for (const { stream } of cases) await lake.run(stream)
  await lake.land('more', "SELECT 5::INTEGER AS id, 'a' AS k")
  for (const { stream } of cases) await lake.run(stream)
}, 60_000)

afterAll(() => lake.close())

test.each(cases)('a stream of any rows may run $select', async ({ stream, tables, makes }) => {
  const names = Object.keys(tables).map((end) => `${stream}${end}`)
  const found: unknown[] = []
  for (const name of names) found.push(...recordsOf(await lake.lake.query(`FROM ${name} ORDER BY ALL`)))
  expect(found).toHaveLength(makes.length)
  expect(found).toEqual(expect.arrayContaining([...makes]))
})

test.each([false, true])(
  'validate with deep %s shows rows in and out of such streams, and compares none',
  async (deep) => {
    const validation = await lake.lake.validate({ deep })
    expect(validation).toMatchObject({ ok: true, problems: [], pending: 0 })
    expect(validation.streams.map(({ name, rowRule, rowsIn, rowsOut }) => [name, rowRule, rowsIn, rowsOut])).toEqual(
      cases.map(({ stream, makes }) => [stream, 'any', 5, makes.length]),
    )
    expect(validation.notCompared).toEqual(
      cases.map(({ stream, makes }) => {
        return `${stream}: sql/${stream}.sql may drop or add rows: 5 rows in, ${makes.length} out, not compared.`
      }),
    )
  },
)

test('the command says of each such stream that nothing is compared, and not that every row is accounted for', async () => {
  const where = { config: join(lake.folder, 'lakeweir.config.mjs'), lake: lake.open.config.root }
  const end = await runInProcess(['validate', '--deep'], where)
  expect(end.exitCode).toBe(0)
  const sentences = cases.map(({ stream, makes }) => {
    return `validate: ${stream}: sql/${stream}.sql may drop or add rows: 5 rows in, ${makes.length} out, not compared.`
  })
  expect(end.stderr).toBe(`${[...sentences, 'validate: no problem'].join('\n')}\n`)
})

test('such a stream that keeps rows from now on is counted again, and validate still knows of the rows before', async () => {
  const config = join(lake.folder, 'kept.config.mjs')
  const { stream } = cases[0] as AnyRowsCase
  writeFileSync(
    config,
    `import config from './lakeweir.config.mjs'
const { rows, ...filtered } = config.streams.${stream}
export default { ...config, streams: { ...config.streams, ${stream}: filtered } }`,
  )
  const sql = join(lake.folder, 'sql', `${stream}.sql`)
  writeFileSync(sql, `-- ${stream}.sql: all rows.\n--\n-- in   given   the batch\n-- out  all columns\nFROM given\n`)
  await lake.land('last', "SELECT range::INTEGER AS id, 'z' AS k FROM range(3)")
  const kept = await Lake.open({ config, lake: lake.open.config.root })
  onTestFinished(() => kept.close())
  await kept.run({ streams: [stream], availableNow: true })
  const { commits } = lake.checkpoint(stream)
  const records = [await readRecord(commits, 1), await readRecord(commits, 2), await readRecord(commits, 3)]
  expect(records.map((record) => [record?.format, record?.anyRowsUntil])).toEqual([
    [2, 1],
    [2, 2],
    [2, 2],
  ])
  const { ok, streams } = await kept.validate({ deep: true })
  expect(ok).toBe(true)
  expect(streams[0]).toMatchObject({
    name: stream,
    rowRule: 'any',
    rowsIn: 8,
    rowsOut: 6,
    notCompared: [
      `${stream}: up to batch 2 its SELECT was allowed to drop or add rows: 8 rows in, 6 out, not compared.`,
    ],
  })
})

import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { recordsOf } from '../../src/duckdb/session.ts'
import { literal } from '../../src/duckdb/sql/literals.ts'
import { unionAll } from '../../src/duckdb/sql/statements.ts'
import { Lake } from '../../src/index.ts'
import { CaseLake, type CaseStream } from '../support/caseLake.ts'
import { inDuckdb } from '../support/duckdb.ts'
import { lakeFolder } from '../support/lakeFolder.ts'
import { rawSql } from '../support/sql.ts'

const COLUMNS = { id: 'INTEGER', k: 'VARCHAR' }

/** Texts that a folder's name can be, escaped where it must be; in two of them DuckDB would see NULL. */
const KEPT: readonly (string | null)[] = [
  null,
  '',
  ' ',
  'a ',
  'a b',
  'a+b',
  'a=b',
  'a/b',
  '/',
  '..',
  '.',
  '~',
  '%',
  '%2F',
  '%41',
  '100%',
  'A',
  'a',
  "it's",
  '"',
  '*[1]?',
  '#',
  ':',
  '\\',
  'new\nline',
  '\r\n',
  '\t',
  'ü 日本 👩‍👩‍👧',
  'é',
  'e\u0301',
  '\u0001',
  'NULL',
  'null',
  'nUlL',
  '__HIVE_DEFAULT_PARTITION__',
  '_hidden',
  '.hidden',
  'x'.repeat(253),
]

interface RefusedCase extends CaseStream {
  readonly name: string
  readonly what: string
  readonly remedy: string
}

const NAME_LIMIT = "a disk allows 255: shorten it in the stream's SQL, or do not partition by it."
const YEARS = "Delta has dates of the years 1 to 9999: return one of those, or NULL, instead in the stream's SQL."

function byText(stream: string, expression: string): Pick<RefusedCase, 'stream' | 'select' | 'tables'> {
  return {
    stream,
    select: `SELECT id, CASE id WHEN 2 THEN ${expression} ELSE k END AS k FROM given`,
    tables: { '': { columns: COLUMNS, partitionBy: ['k'] } },
  }
}

function byDay(stream: string, date: string): Pick<RefusedCase, 'stream' | 'select' | 'tables'> {
  return {
    stream,
    select: `SELECT id, CASE id WHEN 2 THEN ${date} ELSE DATE '2026-11-22' END AS day FROM given`,
    tables: { '': { columns: { id: 'INTEGER', day: 'DATE' }, partitionBy: ['day'] } },
  }
}

const refused: readonly RefusedCase[] = [
  {
    name: 'a text of one byte too many',
    ...byText('one_over', "repeat('x', 254)"),
    what: `a row of one_over has '${'x'.repeat(40)}…' (254 bytes) as its k.`,
    remedy: `Its folder's name would have 256 bytes; ${NAME_LIMIT}`,
  },
  {
    name: 'a text of few characters that take many bytes as a name',
    ...byText('emojis', "repeat('🎉', 30)"),
    what: `a row of emojis has '${'🎉'.repeat(20)}…' (120 bytes) as its k.`,
    remedy: `Its folder's name would have 362 bytes; ${NAME_LIMIT}`,
  },
  {
    name: 'a text of slashes',
    ...byText('slashes', "repeat('/', 85)"),
    what: `a row of slashes has '${'/'.repeat(40)}…' (85 bytes) as its k.`,
    remedy: `Its folder's name would have 257 bytes; ${NAME_LIMIT}`,
  },
  {
    name: 'a text of a megabyte',
    ...byText('megabyte', "repeat('x', 1000000)"),
    what: `a row of megabyte has '${'x'.repeat(40)}…' (1000000 bytes) as its k.`,
    remedy: `Its folder's name would have 1000002 bytes; ${NAME_LIMIT}`,
  },
  {
    name: 'a long text in one of two tables, in the inner of two folders',
    stream: 'inner',
    select:
      "SELECT id, k, repeat(k, 300) AS l, 'inner_' || CASE id WHEN 2 THEN 'b' ELSE 'a' END AS destination FROM given WHERE id = 2",
    rows: 'any',
    tables: {
      _a: { columns: { ...COLUMNS, l: 'VARCHAR' }, partitionBy: ['k', 'l'] },
      _b: { columns: { ...COLUMNS, l: 'VARCHAR' }, partitionBy: ['k', 'l'] },
    },
    what: `a row of inner_b has '${'b'.repeat(40)}…' (300 bytes) as its l.`,
    remedy: `Its folder's name would have 302 bytes; ${NAME_LIMIT}`,
  },
  {
    name: 'a day after the year 9999',
    ...byDay('late', "DATE '10000-01-01'"),
    what: 'a row of late has 10000-01-01 as its day.',
    remedy: YEARS,
  },
  {
    name: 'the last day that DuckDB has',
    ...byDay('last', "DATE '5881580-07-10'"),
    what: 'a row of last has 5881580-07-10 as its day.',
    remedy: YEARS,
  },
  {
    name: 'a day before the year 1',
    ...byDay('early', "DATE '0044-03-15 (BC)'"),
    what: 'a row of early has 0044-03-15 (BC) as its day.',
    remedy: YEARS,
  },
  {
    name: 'no end of days',
    ...byDay('endless', "DATE 'infinity'"),
    what: 'a row of endless has infinity as its day.',
    remedy: YEARS,
  },
]

const kept: readonly CaseStream[] = [
  { stream: 'texts', select: 'SELECT * FROM given', tables: { '': { columns: COLUMNS, partitionBy: ['k'] } } },
  {
    // Tables of two shapes, written by a COPY each; both with the text as the outer folder.
    stream: 'pairs',
    select:
      "SELECT id, k, id % 3 AS n, 'pairs_' || CASE id % 2 WHEN 0 THEN 'even' ELSE 'odd' END AS destination FROM given",
    tables: {
      _even: { columns: { ...COLUMNS, n: 'INTEGER' }, partitionBy: ['k', 'n'] },
      _odd: { columns: COLUMNS, partitionBy: ['k'] },
    },
  },
  {
    stream: 'days',
    select: `SELECT id, CASE id WHEN 0 THEN NULL WHEN 1 THEN DATE '0001-01-01' ELSE DATE '9999-12-31' END AS day FROM given`,
    tables: { '': { columns: { id: 'INTEGER', day: 'DATE' }, partitionBy: ['day'] } },
  },
  {
    // No SQL text can hold that character.
    stream: 'zeros',
    select: "SELECT id, CASE WHEN k IS NOT NULL AND id < 3 THEN chr(0) || k || chr(0) ELSE 'x' END AS k FROM given",
    tables: { '': { columns: COLUMNS, partitionBy: ['k'] } },
  },
  {
    stream: 'bounds',
    select: `SELECT k, CASE id % 3 WHEN 0 THEN NULL WHEN 1 THEN (-9223372036854775808)::BIGINT ELSE 9223372036854775807 END AS n FROM given`,
    tables: { '': { columns: { k: 'VARCHAR', n: 'BIGINT' }, partitionBy: ['n'] } },
  },
]

function valuesOf(keys: readonly (string | null)[]): string {
  const rows = keys.map((key, id) => `(${id}::INTEGER, ${literal(key)})`)
  return `FROM (VALUES ${rows.join(', ')}) AS v(id, k)`
}

describe('a partition value that a folder can hold comes back as it was:', () => {
  let lake: CaseLake

  beforeAll(async () => {
    lake = await CaseLake.open(COLUMNS, valuesOf(KEPT), kept)
    for (const { stream } of kept) await lake.run(stream)
  }, 60_000)

  afterAll(() => lake.close())

  async function rowsOf(sql: string): Promise<unknown[]> {
    return recordsOf(await lake.lake.query(sql))
  }

  const given = KEPT.map((k, id) => ({ id, k }))

  test('any text, by the view', async () => {
    expect(await rowsOf('FROM texts ORDER BY id')).toEqual(given)
  })

  test('any text beside another key, where two COPYs write', async () => {
    expect(await rowsOf('SELECT id, k FROM pairs_even UNION ALL SELECT id, k FROM pairs_odd ORDER BY id')).toEqual(
      given,
    )
    expect(await rowsOf('FROM pairs_even WHERE n <> id % 3')).toEqual([])
  })

  test('a text by which rows are asked for', async () => {
    const asked = KEPT.map((key) => rawSql`SELECT id FROM texts WHERE k IS NOT DISTINCT FROM ${literal(key)}`)
    expect(await rowsOf(`${unionAll(asked)} ORDER BY id`)).toEqual(KEPT.map((_, id) => ({ id })))
  })

  test('texts with the character that ends a name on disk', async () => {
    expect(await rowsOf("SELECT k, count(*) AS rows FROM zeros WHERE k <> 'x' GROUP BY ALL ORDER BY ALL")).toEqual([
      { k: '\0\0', rows: 1 },
      { k: '\0 \0', rows: 1 },
    ])
  })

  test('the first and the last day of Delta, and none', async () => {
    expect(await rowsOf('SELECT day, count(*) AS rows FROM days GROUP BY ALL ORDER BY ALL')).toEqual([
      { day: '0001-01-01', rows: 1 },
      { day: '9999-12-31', rows: KEPT.length - 2 },
      { day: null, rows: 1 },
    ])
  })

  test('the smallest and the largest number, and none', async () => {
    expect(await rowsOf('SELECT n::VARCHAR AS n, count(*) > 5 AS many FROM bounds GROUP BY ALL ORDER BY ALL')).toEqual([
      { n: '-9223372036854775808', many: true },
      { n: '9223372036854775807', many: true },
      { n: null, many: true },
    ])
  })

  test('and validate --deep finds every row the same', async () => {
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [], pending: 0 })
  })

  test('its folder is one step below its table, whatever the text', () => {
    const folders = readdirSync(join(lake.folder, 'lake/cases/texts/data'))
    expect(folders.filter((name) => name !== '_delta_log' && !name.startsWith('k='))).toEqual([])
    expect(folders).toEqual(
      expect.arrayContaining([
        'k=%4EULL',
        'k=%6Eull',
        'k=%5F_HIVE_DEFAULT_PARTITION__',
        'k=__HIVE_DEFAULT_PARTITION__',
        'k=..',
      ]),
    )
  })
})

describe('a partition value that no folder can hold', () => {
  let lake: CaseLake

  beforeAll(async () => {
    lake = await CaseLake.open(COLUMNS, valuesOf(['a', 'a', 'b']), refused)
  }, 60_000)

  afterAll(() => lake.close())

  test.each(refused)('fails the batch by table, column and value: $name', async ({ stream, what, remedy }) => {
    expect(await lake.refusal(stream)).toBe(`LAKE_SPLIT_FAILED: ${stream} batch 1 failed: ${what}
Nothing was published; batch 1 runs again on the next start.
${remedy} Then: lakeweir run ${stream}`)
  })

  test('leaves nothing behind', async () => {
    const { tables } = await lake.lake.status()
    const found = tables.filter(
      ({ name, rows, unreferencedFiles }) => name !== 'given' && (rows > 0 || unreferencedFiles?.length !== 0),
    )
    expect(found).toEqual([])
  })
})

test('a landed file with a key that no folder can hold is rejected alone, by the value', async () => {
  const folder = lakeFolder({
    'lakeweir.config.mjs': `export default ${JSON.stringify({
      root: 'lake',
      tables: { landed: { path: 'landed', columns: COLUMNS, partitionBy: ['k'] } },
      streams: { land: { from: { kind: 'parquetFolder', path: 'landing', afterCommit: 'archive' }, into: ['landed'] } },
    })}`,
  })
  const lake = await Lake.open({ config: join(folder, 'lakeweir.config.mjs'), database: { threads: 1 } })
  onTestFinished(() => lake.close())
  const landing = join(folder, 'lake/landing')
  mkdirSync(landing, { recursive: true })
  const files = { a: "'a'", b: "repeat('x', 300)", c: "'NULL'" }
  await inDuckdb(async (session) => {
    for (const [name, key] of Object.entries(files)) {
      await session.run(
        rawSql`COPY (SELECT 1::INTEGER AS id, ${key} AS k) TO '${landing}/${name}.parquet' (FORMAT parquet)`,
      )
    }
  })
  await lake.run({ streams: ['land'], availableNow: true })
  expect(await lake.rejectedFiles()).toEqual([
    { stream: 'land', name: 'b.parquet', reason: `a row of landed has '${'x'.repeat(40)}…' (300 bytes) as its k.` },
  ])
  expect(recordsOf(await lake.query('SELECT k FROM landed ORDER BY k'))).toEqual([{ k: 'NULL' }, { k: 'a' }])
})

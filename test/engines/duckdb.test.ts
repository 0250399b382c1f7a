import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { LakeError } from '../../src/errors.ts'
import type { RecordedFile } from '../../src/tables/record.ts'
import { rawSql } from '../support/sql.ts'
import { type EngineOptions, openEngine, writeReference } from '../support/stagedRows.ts'

const COLUMNS = { id: 'INTEGER', k: 'VARCHAR' }

/** Two tables of the same shape: one COPY writes both. */
const ALIKE: EngineOptions = {
  columns: { ...COLUMNS, destination: 'VARCHAR' },
  select: 'FROM input_rows',
  tables: [
    { name: 'odd', columns: COLUMNS, partitionBy: ['k'] },
    { name: 'even', columns: COLUMNS, partitionBy: ['k'] },
  ],
}

/** Tables of three shapes: a COPY for each. */
const UNLIKE: EngineOptions = {
  columns: { id: 'INTEGER', k: 'VARCHAR', destination: 'VARCHAR' },
  select: 'SELECT *, k || id AS label FROM input_rows',
  tables: [
    { name: 'by_key', columns: COLUMNS, partitionBy: ['k'] },
    { name: 'plain', columns: { id: 'INTEGER' } },
    { name: 'labels', columns: { label: 'VARCHAR', id: 'INTEGER', k: 'VARCHAR' }, partitionBy: ['k', 'id'] },
    { name: 'by_key_too', columns: COLUMNS, partitionBy: ['k'] },
  ],
}

function rowsByTable(files: readonly RecordedFile[]): Record<string, number> {
  const rows: Record<string, number> = {}
  for (const { table, rows: count } of files) rows[table] = (rows[table] ?? 0) + count
  return rows
}

describe('the table of a row', () => {
  for (const [shape, options] of Object.entries({ 'one COPY': ALIKE, 'several COPYs': UNLIKE })) {
    for (const [what, destination, named] of [
      ['NULL', 'NULL', 'NULL'],
      ['an unknown name', "'nowhere'", "'nowhere'"],
      ['no text', "''", "''"],
      ['a name in other case', "'ODD'", "'ODD'"],
      ['the folder name of NULL', "'__HIVE_DEFAULT_PARTITION__'", "'__HIVE_DEFAULT_PARTITION__'"],
    ] as const) {
      test(`with ${shape}, ${what} fails the batch and is named`, async () => {
        const engine = await openEngine(options)
        const good = options.tables[0]?.name
        const staged = engine.stage(
          `SELECT 1::INTEGER AS id, 'a' AS k, '${good}' AS destination UNION ALL SELECT 2, 'a', ${destination}`,
        )
        await expect(staged).rejects.toThrow(`route.sql returns a row with the destination ${named}`)
        const { remedy } = (await staged.catch((error: unknown) => error)) as LakeError
        expect(remedy).toContain(options.tables.map(({ name }) => name).join(', '))
      })
    }
  }

  test('decides where it is written, with one COPY', async () => {
    const engine = await openEngine(ALIKE)
    const files = await engine.stage(
      "SELECT range::INTEGER AS id, 'k' || range % 3 AS k, ['even', 'odd'][1 + range % 2] AS destination FROM range(60)",
    )
    expect(rowsByTable(files)).toEqual({ even: 30, odd: 30 })
    for (const table of ['even', 'odd']) {
      const ids = await engine.rowsIn(
        files.filter((file) => file.table === table),
        'id',
      )
      expect(new Set(ids.map(({ id }) => Number(id) % 2))).toEqual(new Set([table === 'even' ? 0 : 1]))
    }
    expect(files).toHaveLength(6)
    expect(new Set(files.map(({ path }) => path)).size).toBe(6)
    for (const { path, stagedPath, table } of files) expect(stagedPath).toBe(`destination=${table}/${path}`)
  })

  test('decides its columns and folders too, where tables differ', async () => {
    const engine = await openEngine(UNLIKE)
    const files = await engine.stage(
      `SELECT range::INTEGER AS id, 'k' || range % 2 AS k,
         ['by_key', 'plain', 'labels', 'by_key_too'][1 + range % 4] AS destination FROM range(16)`,
    )
    expect(rowsByTable(files)).toEqual({ by_key: 4, plain: 4, labels: 4, by_key_too: 4 })
    const of = (table: string) => files.filter((file) => file.table === table)
    expect(of('plain').map(({ path, partitionValues }) => [path.includes('/'), partitionValues])).toEqual([[false, {}]])
    expect(await engine.rowsIn(of('plain'), 'id')).toHaveLength(4)
    expect(of('labels').map(({ partitionValues }) => partitionValues)).toEqual(
      expect.arrayContaining([2, 6, 10, 14].map((id) => ({ k: 'k0', id: String(id) }))),
    )
    expect(of('labels')[0]?.path).toMatch(/^k=k0\/id=\d+\/[^/]+\.parquet$/)
    expect(await engine.rowsIn(of('labels'), 'label')).toHaveLength(4)
    // Nothing is staged that no table gets.
    const written = readdirSync(engine.stagingFolder(), { recursive: true, encoding: 'utf8' })
    expect(written.filter((name) => name.endsWith('.parquet')).sort()).toEqual(
      files.map((file) => file.stagedPath).sort(),
    )
  })

  test('of no rows at all is no file', async () => {
    for (const options of [ALIKE, UNLIKE]) {
      const engine = await openEngine(options)
      expect(await engine.stage("SELECT 1::INTEGER AS id, 'a' AS k, 'odd' AS destination WHERE false")).toEqual([])
    }
  })
})

describe('the folder of a row', () => {
  test('holds any text, and the log keeps the text itself', async () => {
    const engine = await openEngine({ columns: COLUMNS, tables: [{ name: 't', columns: COLUMNS, partitionBy: ['k'] }] })
    const keys = ['a b', 'x/y', '%41', '..', 'new\nline', 'NULL']
    const list = keys.map((key) => `'${key}'`).join(', ')
    const files = await engine.stage(
      `SELECT generate_subscripts(k, 1)::INTEGER AS id, unnest(k) AS k FROM (SELECT [${list}] AS k)`,
    )
    expect(files.map(({ partitionValues }) => partitionValues.k).sort()).toEqual([...keys].sort())
  })

  for (const [text, folder] of [
    ['NULL', 'k=%4EULL'],
    ['null', 'k=%6Eull'],
    ['__HIVE_DEFAULT_PARTITION__', 'k=%5F_HIVE_DEFAULT_PARTITION__'],
  ] as const) {
    test(`is another one for the text ${text} than for NULL, which DuckDB reads in that name`, async () => {
      const tables = [{ name: 't', columns: COLUMNS, partitionBy: ['k'] }]
      const engine = await openEngine({ columns: COLUMNS, tables })
      const files = await engine.stage(`SELECT 1::INTEGER AS id, '${text}' AS k UNION ALL SELECT 2, NULL`)
      const folders = files.map(({ path, partitionValues, rows }) => [path.split('/')[0], partitionValues.k, rows])
      expect(folders.sort()).toEqual([
        [folder, text, 1],
        ['k=__HIVE_DEFAULT_PARTITION__', null, 1],
      ])
      expect(new Set(files.map(({ stagedPath }) => stagedPath)).size).toBe(2)
    })
  }

  test('is NULL in the log for NULL and for the empty text, and both rows are kept', async () => {
    const engine = await openEngine({ columns: COLUMNS, tables: [{ name: 't', columns: COLUMNS, partitionBy: ['k'] }] })
    const files = await engine.stage("SELECT 1::INTEGER AS id, NULL::VARCHAR AS k UNION ALL SELECT 2, ''")
    expect(files.map(({ partitionValues }) => partitionValues)).toEqual([{ k: null }, { k: null }])
    expect((await engine.rowsIn(files, 'id')).map(({ id }) => id).sort()).toEqual([1, 2])
  })

  test('stays one file where a batch has more folders than DuckDB keeps open by default', async () => {
    const engine = await openEngine({ columns: COLUMNS, tables: [{ name: 't', columns: COLUMNS, partitionBy: ['k'] }] })
    // So many that DuckDB writes before it has all of them: with fewer every file is written at the end, at once.
    const rows = 700_000
    const files = await engine.stage(`SELECT range::INTEGER AS id, 'k' || range % 150 AS k FROM range(${rows})`)
    expect(files).toHaveLength(150)
    expect(files.reduce((sum, file) => sum + file.rows, 0)).toBe(rows)
  })

  test('names dates and integers as Delta does', async () => {
    const columns = { id: 'INTEGER', day: 'DATE', n: 'BIGINT' }
    const engine = await openEngine({ columns, tables: [{ name: 't', columns, partitionBy: ['day', 'n'] }] })
    const files = await engine.stage(
      "SELECT 1::INTEGER AS id, DATE '2026-11-22' AS day, (-9223372036854775808)::BIGINT AS n",
    )
    expect(files).toMatchObject([{ partitionValues: { day: '2026-11-22', n: '-9223372036854775808' } }])
    expect(files[0]?.path).toMatch(/^day=2026-11-22\/n=-9223372036854775808\/route-1-[0-9a-f-]+\.parquet$/)
  })
})

describe('a staged file', () => {
  test('carries the batch in its footer and in its name, and its true size', async () => {
    const engine = await openEngine({ columns: COLUMNS, tables: [{ name: 't', columns: COLUMNS }] })
    const [file] = await engine.stage("SELECT range::INTEGER AS id, 'a' AS k FROM range(10)")
    expect(file).toMatchObject({ table: 't', rows: 10, path: 'route-1-0.parquet', partitionValues: {} })
    const path = join(engine.stagingFolder(), file?.stagedPath ?? '')
    const [footer] = await engine.session.rows(
      rawSql`SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata('${path}') WHERE decode(key) = 'lakeweir.batch'`,
    )
    expect(footer).toEqual({ key: 'lakeweir.batch', value: '1' })
    const [size] = await engine.session.rows(rawSql`SELECT size::INTEGER AS size FROM read_blob('${path}')`)
    expect(size?.size).toBe(file?.bytes)
  })

  test('keeps integers to the last digit', async () => {
    const columns = { x: 'BIGINT' }
    const engine = await openEngine({ columns, tables: [{ name: 't', columns }] })
    const exact = ['-9223372036854775808', '9007199254740993', '9223372036854775807']
    const files = await engine.stage(`SELECT unnest([${exact.join(', ')}]::BIGINT[]) AS x`)
    expect((await engine.rowsIn(files, 'x::VARCHAR AS x')).map(({ x }) => x)).toEqual(exact)
  })
})

describe('a reference', () => {
  const countries = { name: 'countries', columns: { country_id: 'INTEGER', country: 'VARCHAR' }, key: 'country_id' }
  const options = (csv: string): EngineOptions => ({
    columns: { country_id: 'INTEGER' },
    select: 'SELECT r.country_id, c.country FROM input_rows AS r LEFT JOIN countries AS c USING (country_id)',
    tables: [{ name: 't', columns: countries.columns }],
    references: [countries],
    referenceTexts: { countries: csv },
  })
  const rows = 'SELECT unnest([1, 2, NULL]::INTEGER[]) AS country_id'

  for (const [what, csv] of [
    ['quotes and commas', 'country_id,country\n1,"Brazil, ""BR"""\n2,Spain\n'],
    ['lines that end as on Windows', 'country_id,country\r\n1,"Brazil, ""BR"""\r\n2,Spain\r\n'],
    ['no end to its last line', 'country_id,country\n1,"Brazil, ""BR"""\n2,Spain'],
    ['its columns in another order', 'country,country_id\n"Brazil, ""BR""",1\nSpain,2\n'],
    ['a column more than is declared', 'country_id,capital,country\n1,x,"Brazil, ""BR"""\n2,y,Spain\n'],
    ['a byte order mark', '\ufeffcountry_id,country\n1,"Brazil, ""BR"""\n2,Spain\n'],
  ] as const) {
    test(`is read with ${what}`, async () => {
      const engine = await openEngine(options(csv))
      const files = await engine.stage(rows)
      const read = await engine.rowsIn(files, '*')
      expect(read).toEqual(
        expect.arrayContaining([
          { country_id: 1, country: 'Brazil, "BR"' },
          { country_id: 2, country: 'Spain' },
          { country_id: null, country: null },
        ]),
      )
    })
  }

  test('that went bad is read again once it is what it was before', async () => {
    const sound = 'country_id,country\n1,Brazil\n'
    const engine = await openEngine(options(sound))
    writeReference(engine.folder, 'countries', 'country_id,country\n1,Brasil\n1,Brazil\n')
    await expect(engine.stage(rows)).rejects.toMatchObject({ code: 'LAKE_REFERENCE_INVALID' })
    writeReference(engine.folder, 'countries', sound)
    const read = await engine.rowsIn(await engine.stage(rows), 'country')
    expect(read.map(({ country }) => country).sort()).toEqual(['Brazil', null, null])
  })
})

test.each([
  {
    what: 'one table',
    tables: [{ name: 'plain', columns: { id: 'INTEGER' } }],
    select: 'FROM input_rows WHERE id > 1',
  },
  {
    what: 'tables of several shapes',
    tables: UNLIKE.tables,
    select: "SELECT id, 'k' AS k, 'plain' AS destination, 'l' AS label FROM input_rows WHERE id > 1",
  },
])('rows that a SELECT filters out leave no file without rows: $what', async ({ tables, select }) => {
  const engine = await openEngine({ columns: { id: 'INTEGER' }, select, rows: 'any', tables })
  expect(await engine.stage('SELECT 1::INTEGER AS id')).toEqual([])
  expect(rowsByTable(await engine.stage('SELECT 2::INTEGER AS id'))).toEqual({ plain: 1 })
})

import { linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Columns } from '../../src/columns.ts'
import { exactPath, text } from '../../src/duckdb/sql/literals.ts'
import { readTableFiles } from '../../src/duckdb/sql/tableFiles.ts'
import type { Row } from '../../src/duckdb/values.ts'
import { loadLake } from '../../src/lake/config/load.ts'
import type { Input } from '../../src/stream/input.ts'
import type { RecordedFile } from '../../src/tables/record.ts'
import { roaringBitmap } from '../support/deletionVectors.ts'
import { describeWith } from '../support/optionalTool.ts'
import { type SharedSpark, shareSpark } from '../support/sharedSpark.ts'
import { hasSpark, SPARK_NEED } from '../support/spark.ts'
import { rawSql } from '../support/sql.ts'
import { type EngineOptions, TestEngine, writeReference } from '../support/stagedRows.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

// What Spark stages is what DuckDB stages: the same rows in the same tables and folders, stored alike.

const CONFIG = fileURLToPath(new URL('../../lakeweir.config.ts', import.meta.url))

/** A folder's name with all that paths of a lake may have. */
const AWKWARD = `a b*[?]{x,y} %41,:é'"#&+=~^\n$(z)`

/** A session starts in seconds, on a machine that has nothing else to do. */
const LONG_MS = 300_000

/** Where a file is once it is published. */
function placeOf(engine: TestEngine, { table, path }: RecordedFile): string {
  return join(engine.folder, 'tables', encodeURIComponent(table), path)
}

/** Publishes files as their records say. @returns their rows by table, all values as DuckDB writes them, sorted */
async function rowsByTable(
  engine: TestEngine,
  { tables }: EngineOptions,
  files: readonly RecordedFile[],
): Promise<Record<string, readonly Row[]>> {
  const rows: Record<string, readonly Row[]> = {}
  for (const { name, columns, partitionBy = [] } of tables) {
    const ofTable = files.filter(({ table }) => table === name)
    if (ofTable.length === 0) {
      rows[name] = []
      continue
    }
    const places = ofTable.map((file) => placeOf(engine, file))
    for (const [index, place] of places.entries()) {
      mkdirSync(dirname(place), { recursive: true })
      linkSync(join(engine.stagingFolder(), ofTable[index]?.stagedPath ?? ''), place)
    }
    await engine.session.setVariable('published', places.map(exactPath))
    const read = readTableFiles('published', { columns, partitionBy }, 1)
    rows[name] = await engine.session.rows(rawSql`SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (${read}) ORDER BY ALL`)
  }
  return rows
}

/** What the records say of files, without what differs from one engine to another: names, sizes, escapes of folders. */
function recorded(files: readonly RecordedFile[]): readonly object[] {
  return files
    .map(({ table, partitionValues, rows, stats }) => ({ table, partitionValues, rows, stats: JSON.parse(stats) }))
    .sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
}

describeWith(hasSpark, SPARK_NEED, 'Spark', () => {
  vi.setConfig({ testTimeout: LONG_MS, hookTimeout: LONG_MS })
  let shared: SharedSpark
  beforeAll(async () => {
    shared = await shareSpark()
  })
  afterAll(() => shared?.end())

  async function both(options: EngineOptions, folder = temporaryFolder): Promise<[TestEngine, TestEngine]> {
    const engines: TestEngine[] = []
    for (const engine of [undefined, shared.engine]) {
      const place = folder()
      for (const [name, csv] of Object.entries(options.referenceTexts ?? {})) writeReference(place, name, csv)
      engines.push(await TestEngine.open(place, engine === undefined ? options : { ...options, engine }))
    }
    return engines as [TestEngine, TestEngine]
  }

  /** Stages the rows of a SELECT on both, and expects the same of both. */
  async function expectSame(options: EngineOptions, rows: string, folder = temporaryFolder): Promise<void> {
    const [duckdb, spark] = await both(options, folder)
    const [expected, found] = [await duckdb.stage(rows), await spark.stage(rows)]
    expect(await rowsByTable(spark, options, found)).toEqual(await rowsByTable(duckdb, options, expected))
    expect(recorded(found)).toEqual(recorded(expected))
  }

  test('splits hostile messages as the silver stream of the messages lake says', async () => {
    const { streams, references } = await loadLake({ config: CONFIG })
    const { select, into, source } = streams.find(({ name }) => name === 'silver') ?? {}
    const columns = typeof source?.columns === 'object' ? source.columns : {}
    const options: EngineOptions = {
      columns,
      select: (select?.text ?? '').replace('FROM bronze_messages', 'FROM input_rows'),
      tables: into ?? [],
      references: references.map(({ file: _, ...reference }) => reference),
      referenceTexts: Object.fromEntries(references.map(({ name, file }) => [name, readFileSync(file, 'utf8')])),
    }
    expect(options.tables).toHaveLength(2)
    await expectSame(
      options,
      `SELECT CASE WHEN i % 17 = 0 THEN NULL ELSE TIMESTAMPTZ '2026-03-29 00:59:59.999999Z' + to_hours(i) END AS timestamp,
        i AS value, [NULL, '', ' ', 'NONE', 'none', 'SENT', 'é', chr(0), 'a''b'][1 + i % 9] AS event_type,
        CASE WHEN i % 5 > 0 THEN 'id ' || i % 50 END AS message_id, ['CHAT', NULL, 'SMS'][1 + i % 3] AS channel,
        (1998 + i % 20)::INTEGER AS country_id, CASE WHEN i % 7 > 0 THEN (1000 + i % 51)::INTEGER END AS user_id
        FROM range(200) AS r(i)`,
    )
  })

  const EVERY_TYPE: Columns = {
    id: 'BIGINT',
    yes: 'BOOLEAN',
    tiny: 'TINYINT',
    small: 'SMALLINT',
    normal: 'INTEGER',
    single: 'FLOAT',
    double: 'DOUBLE',
    short: 'DECIMAL(9,2)',
    long: 'DECIMAL(38,10)',
    whole: 'DECIMAL(38,0)',
    text: 'VARCHAR',
    bytes: 'BLOB',
    day: 'DATE',
    at: 'TIMESTAMPTZ',
  }

  test('reads and writes every type, with its lowest and its highest values, NaN, -0.0 and NULL', async () => {
    const rows = [
      `0, true, -128, -32768, -2147483648, -3.4028235e38, -1.7976931348623157e308, -9999999.99,
        -9999999999999999999999999999.9999999999, -99999999999999999999999999999999999999, '', ''::BLOB,
        DATE '0001-01-01', TIMESTAMPTZ '0001-01-01 00:00:00Z'`,
      `9223372036854775807, false, 127, 32767, 2147483647, 1.401298464324817e-45, 4.9e-324, 9999999.99,
        9999999999999999999999999999.9999999999, 99999999999999999999999999999999999999, '😀 é' || chr(0) || 'x',
        '\\x00\\xFF\\x80'::BLOB, DATE '9999-12-31', TIMESTAMPTZ '9999-12-31 23:59:59.999999Z'`,
      `-9223372036854775808, NULL, 0, 0, 0, 'NaN', 'NaN', 0, 0, 0, repeat('é', 100), '\\xFF'::BLOB,
        DATE '1582-10-10', TIMESTAMPTZ '1582-10-10 12:34:56.123456Z'`,
      `1, NULL, 1, 1, 1, '-0.0', '-0.0', -0.01, -0.0000000001, -1, NULL, NULL,
        DATE '1969-12-31', TIMESTAMPTZ '1969-12-31 23:59:59.999999Z'`,
      `2, NULL, 1, 1, 1, 'Infinity', '-Infinity', NULL, NULL, NULL, 'Z', 'a'::BLOB,
        DATE '1900-02-28', TIMESTAMPTZ '1900-01-01 00:00:00.000001Z'`,
      '3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL',
    ]
    const columns = Object.entries(EVERY_TYPE)
    const values = rows.map((row) => `(${row})`).join(', ')
    const casts = columns.map(([name, type]) => `CAST("${name}" AS ${type}) AS "${name}"`).join(', ')
    await expectSame(
      { columns: EVERY_TYPE, tables: [{ name: 't', columns: EVERY_TYPE }] },
      `SELECT ${casts} FROM (VALUES ${values}) AS v(${columns.map(([name]) => `"${name}"`).join(', ')})`,
    )
  })

  test('finds columns and relations of any name, and files in folders of any name', async () => {
    const names = [
      'a b',
      'a.b',
      'a`b',
      'a"b',
      "a'b",
      'ünï',
      'select',
      'timestamp',
      'date',
      '_metadata',
      'c0',
      'p0',
      'x=y',
      'a\nb',
      '$' + '{x}',
      '`',
    ]
    const columns = Object.fromEntries(names.map((name) => [name, 'BIGINT']))
    const partition = 'p "q".`r`=%:é'
    const table = { ...columns, [partition]: 'VARCHAR' }
    await expectSame(
      { columns: table, tables: [{ name: 'a "b".`c`', columns: table, partitionBy: [partition] }] },
      `SELECT ${names.map((name, index) => `i + ${index} AS "${name.replaceAll('"', '""')}"`).join(', ')},
        'v' || i AS "${partition.replaceAll('"', '""')}" FROM range(3) AS r(i)`,
      () => {
        const folder = join(temporaryFolder(), AWKWARD, '_hidden')
        mkdirSync(folder, { recursive: true })
        return folder
      },
    )
  })

  /** Texts that name folders, with what is special about each. */
  const FOLDER_TEXTS = [
    ...[
      '',
      'a/b',
      'a=b',
      '50%',
      '%41',
      'x\ny',
      'null',
      'NULL',
      'a b',
      'é😀',
      '*?[]{}',
      `q'"`,
      ':',
      '\\',
      '^',
      '..',
      '.',
      '~',
      '+',
    ],
    ...[
      '__HIVE_DEFAULT_PARTITION__',
      '\u0001__HIVE_DEFAULT_PARTITION__',
      '\u0001\u0001__HIVE_DEFAULT_PARTITION__',
      '\u007f',
    ],
    ...['_x', '.x', ' x ', '2026-01-01', '007', 'z'.repeat(200)],
  ]

  test('keeps texts, dates and integers that name folders, and NULL apart from the texts that stand for it', async () => {
    const columns = { id: 'BIGINT', name: 'VARCHAR', day: 'DATE', number: 'INTEGER' }
    const literals = [...FOLDER_TEXTS, null].map((name) => (name === null ? 'NULL' : text(name)))
    const options: EngineOptions = {
      columns,
      tables: [{ name: 't', columns, partitionBy: ['name', 'day', 'number'] }],
    }
    const [duckdb, spark] = await both(options)
    const rows = `SELECT i AS id, [${literals.join(', ')}][1 + i]::VARCHAR AS name,
      [DATE '0001-01-01', NULL, DATE '9999-12-31'][1 + i % 3] AS day, [-7, 0, NULL, 12][1 + i % 4]::INTEGER AS number
      FROM range(${literals.length}) AS r(i)`
    const [expected, found] = [await duckdb.stage(rows), await spark.stage(rows)]
    expect(recorded(found)).toEqual(recorded(expected))
    const read = await rowsByTable(spark, options, found)
    const wanted = await spark.session.rows(rawSql`SELECT CAST(COLUMNS(*) AS VARCHAR) FROM
      (SELECT * REPLACE (nullif(name, '') AS name) FROM (${rows})) ORDER BY ALL`)
    expect(read.t).toEqual(wanted)
    // Its own files, read back as the input of another batch, with the values of their folders.
    const again = await spark.stageInput({
      kind: 'table',
      files: found.map((file) => placeOf(spark, file)),
      columns,
      partitionBy: ['name', 'day', 'number'],
    })
    expect((await rowsByTable(spark, options, again)).t).toEqual(wanted)
  })

  test('writes tables of several shapes, each row once, though the SELECT runs once', async () => {
    const columns = { id: 'BIGINT', kind: 'VARCHAR' }
    const small = { id: 'BIGINT', kind: 'VARCHAR' }
    const other = { id: 'BIGINT', kind: 'VARCHAR', day: 'DATE' }
    await expectSame(
      {
        columns,
        select: `SELECT id, kind, CAST('2026-11-22' AS DATE) AS day,
          CASE WHEN kind = 'a' THEN 'small' WHEN kind = 'b' THEN 'other' ELSE 'rest' END AS destination FROM input_rows`,
        tables: [
          { name: 'small', columns: small },
          { name: 'other', columns: other, partitionBy: ['day'] },
          { name: 'rest', columns: other, partitionBy: ['day'] },
        ],
      },
      "SELECT i AS id, ['a', 'b', 'c', NULL][1 + i % 4] AS kind FROM range(100) AS r(i)",
    )
  })

  describe('with an input', () => {
    const columns = { id: 'BIGINT', name: 'VARCHAR' }

    async function written(engine: TestEngine, path: string, rows: string): Promise<string> {
      const file = join(engine.folder, path)
      mkdirSync(dirname(file), { recursive: true })
      await engine.session.run(rawSql`COPY (${rows}) TO ${text(file)} (FORMAT parquet)`)
      return file
    }

    /** Stages an input that is made for each engine on both, and expects the same rows. */
    async function expectSameOf(
      options: EngineOptions,
      inputOf: (engine: TestEngine) => Promise<Input>,
    ): Promise<void> {
      const staged: Record<string, readonly Row[]>[] = []
      for (const engine of await both(options)) {
        staged.push(await rowsByTable(engine, options, await engine.stageInput(await inputOf(engine))))
      }
      expect(staged[1]).toEqual(staged[0])
      expect(Object.values(staged[0] ?? {}).flat().length).toBeGreaterThan(0)
    }

    const options: EngineOptions = { columns, tables: [{ name: 't', columns }] }

    test('of a table, whose files may be hidden, lack columns, and have others in another order', async () => {
      await expectSameOf(options, async (engine) => ({
        kind: 'table',
        files: [
          await written(engine, 'd/_hidden.parquet', "SELECT 'a' AS name, 1::BIGINT AS id"),
          await written(engine, 'd/.hidden [1]:{}.parquet', "SELECT 'b' AS NAME, 2::BIGINT AS ID, 3 AS other"),
          await written(engine, 'd/_metadata', 'SELECT 4::BIGINT AS id'),
          await written(engine, 'x=[1]:{y}*/z.parquet', 'SELECT 5::BIGINT AS id'),
          await written(engine, 'x=[2]/z.parquet', 'SELECT 6::BIGINT AS id'),
          await written(engine, 'plain.parquet', 'SELECT i AS id FROM range(5) AS r(i)'),
        ],
        columns,
        partitionBy: [],
      }))
    })

    test('of a Delta table with deletion vectors, other names of columns and values that its log says', async () => {
      const all = { id: 'BIGINT', 'a b': 'VARCHAR', file_row_number: 'BIGINT', c0: 'DOUBLE', day: 'DATE', p: 'VARCHAR' }
      const deleted = (positions: readonly number[], kind?: 'list' | 'bitmap' | 'runs'): string =>
        roaringBitmap(positions, kind).toString('base64')
      await expectSameOf({ columns: all, tables: [{ name: 't', columns: all }] }, async (engine) => ({
        kind: 'delta',
        files: [
          {
            file: await written(
              engine,
              '_x/part [1]:{é} %41.parquet',
              'SELECT i AS "col-1" FROM range(150000) AS r(i)',
            ),
            partitionValues: { day: '2026-11-22', p: "a=b/c %20 'ü'" },
            deleted: deleted(
              [0, 1, 65_535, 65_536, 131_072, 149_999, ...Array.from({ length: 5000 }, (_, i) => 9 * i)],
              'runs',
            ),
          },
          {
            file: await written(
              engine,
              'b.parquet',
              `SELECT 'x' AS "col-2", 200000 AS "col-1", 7::BIGINT AS file_row_number, 0.5::FLOAT AS id`,
            ),
            partitionValues: { day: null, p: '' },
            deleted: null,
          },
          {
            file: await written(engine, '_c.parquet', 'SELECT 300000 + i AS "col-1" FROM range(3) AS r(i)'),
            partitionValues: { day: '0001-01-01', p: null },
            deleted: deleted([1]),
          },
        ],
        columns: all,
        partitionBy: ['day', 'p'],
        storedAs: { id: 'col-1', 'a b': 'col-2', c0: 'id' },
      }))
    })

    test.each([
      [
        'parquet',
        async (engine: TestEngine) => [await written(engine, 's.parquet', "SELECT 'é' AS name, 1::BIGINT AS id")],
      ],
      [
        'ndjson',
        async (engine: TestEngine) => {
          const file = join(engine.folder, 's.ndjson')
          writeFileSync(file, '{"id": 9007199254740993, "name": "a\\nb"}\n{"id": "2", "other": 1}\n')
          return [file]
        },
      ],
    ] as const)('that was spooled as %s', async (format, files) => {
      await expectSameOf(options, async (engine) => ({ kind: 'spooled', format, files: await files(engine), columns }))
    })

    test('without files stages no file', async () => {
      const [, spark] = await both(options)
      expect(await spark.stageInput({ kind: 'spooled', format: 'ndjson', files: [], columns })).toEqual([])
    })
  })
})

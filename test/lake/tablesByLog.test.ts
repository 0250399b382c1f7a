import { readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { recordsOf } from '../../src/duckdb/session.ts'
import type { Lake } from '../../src/index.ts'
import { inDuckdb } from '../support/duckdb.ts'
import { DAYS, DECLARED, type Field, type LoggedConfig, LoggedLake, refusal } from '../support/loggedLake.ts'
import { describeWith } from '../support/optionalTool.ts'
import { runInProcess, type Said } from '../support/program.ts'
import { hasPython, PYTHON_NEED, python } from '../support/python.ts'
import { rawSql } from '../support/sql.ts'

const ID: Field = { name: 'id', type: 'long' }
const KIND: Field = { name: 'kind', type: 'string' }
const EVERY_TABLE = { streams: ['land', 'days'], availableNow: true }

async function rowsOf(lake: Lake, query: string): Promise<unknown[]> {
  return recordsOf(await lake.query(query))
}

interface LogCase {
  readonly what: string
  /** The columns that another writer gives the table; as they are where left out. */
  readonly fields?: readonly Field[]
  /** The rows of a file that it appends. */
  readonly rows: string
  /** All rows of the table afterwards, by id. */
  readonly found: readonly object[]
  readonly types?: readonly string[]
  /** How status says that the table is not the one of the config. */
  readonly differences?: readonly string[]
}

const ONE = { id: 1, kind: 'a' }
const TWO = { id: 2, kind: 'b' }

function fieldsOf(fields: readonly Field[]): unknown {
  return { type: 'struct', fields: fields.map((field) => ({ ...field, nullable: true, metadata: {} })) }
}

const TEXTS = { type: 'array', elementType: 'string', containsNull: true }
const POINT = fieldsOf([
  { name: 'x y', type: 'double' },
  { name: 'tags', type: TEXTS },
])

// biome-ignore format: a table
const logCases: readonly LogCase[] = [
  {
    what: 'a column more',
    fields: [ID, KIND, { name: 'extra', type: 'string' }],
    rows: `SELECT 3 AS id, 'c' AS kind, 'new' AS extra`,
    found: [{ ...ONE, extra: null }, { ...TWO, extra: null }, { id: 3, kind: 'c', extra: 'new' }],
    types: ['BIGINT', 'VARCHAR', 'VARCHAR'],
    differences: ['the table has a column extra (string) that is not declared.'],
  },
  {
    what: 'a column more in the middle, which its file lacks',
    fields: [ID, { name: 'extra', type: 'integer' }, KIND],
    rows: `SELECT 3 AS id, 'c' AS kind`,
    found: [ONE, TWO, { id: 3, kind: 'c' }].map((row) => ({ ...row, extra: null })),
    types: ['BIGINT', 'INTEGER', 'VARCHAR'],
    differences: ['the table has a column extra (integer) that is not declared.'],
  },
  { what: 'a file with the columns in another order', rows: `SELECT 'c' AS kind, 3 AS id`, found: [ONE, TWO, { id: 3, kind: 'c' }] },
  { what: 'a file without a column', rows: `SELECT 3 AS id`, found: [ONE, TWO, { id: 3, kind: null }] },
  { what: 'a file with a column that the log does not have', rows: `SELECT 3 AS id, 'c' AS kind, 1 AS more`, found: [ONE, TWO, { id: 3, kind: 'c' }] },
  { what: 'a file with narrower and other types', rows: `SELECT 3::TINYINT AS id, 4 AS kind`, found: [ONE, TWO, { id: 3, kind: '4' }] },
  { what: 'a file whose names differ in case', rows: `SELECT 3 AS ID, 'c' AS "Kind"`, found: [ONE, TWO, { id: 3, kind: 'c' }] },
  {
    what: 'a column less',
    fields: [ID],
    rows: 'SELECT 3 AS id',
    found: [{ id: 1 }, { id: 2 }, { id: 3 }],
    types: ['BIGINT'],
    differences: ['column kind is declared, but the table does not have it.'],
  },
  {
    what: 'a column of another name',
    fields: [ID, { name: 'sort', type: 'string' }],
    rows: `SELECT 3 AS id, 'c' AS sort`,
    found: [{ id: 1, sort: null }, { id: 2, sort: null }, { id: 3, sort: 'c' }],
    types: ['BIGINT', 'VARCHAR'],
    differences: ['column kind is declared, but the table does not have it.', 'the table has a column sort (string) that is not declared.'],
  },
  {
    what: 'a column of another type',
    fields: [{ name: 'id', type: 'decimal(20,2)' }, KIND],
    rows: `SELECT 3.25::DECIMAL(20, 2) AS id, 'c' AS kind`,
    found: [{ id: '1.00', kind: 'a' }, { id: '2.00', kind: 'b' }, { id: '3.25', kind: 'c' }],
    types: ['DECIMAL(20,2)', 'VARCHAR'],
    differences: ['column id is declared long, but the table has decimal(20,2).'],
  },
  {
    what: 'columns of types that no config has',
    fields: [ID, { name: 'b', type: 'byte' }, { name: 's', type: 'short' }, { name: 'f', type: 'float' }, { name: 'raw', type: 'binary' }, { name: 'at', type: 'timestamp_ntz' }, { name: 'none', type: 'void' }],
    rows: `SELECT 3 AS id, 1::TINYINT AS b, 2::SMALLINT AS s, 0.5::FLOAT AS f, 'x'::BLOB AS raw, TIMESTAMP '2026-01-02 03:04:05' AS at`,
    found: [
      ...[1, 2].map((id) => ({ id, b: null, s: null, f: null, raw: null, at: null, none: null })),
      { id: 3, b: 1, s: 2, f: 0.5, raw: 'x', at: '2026-01-02 03:04:05', none: null },
    ],
    types: ['BIGINT', 'TINYINT', 'SMALLINT', 'FLOAT', 'BLOB', 'TIMESTAMP', 'INTEGER'],
    differences: expect.arrayContaining(['the table has a column at (timestamp_ntz) that is not declared.']),
  },
  {
    what: 'columns of nested types, which the files have in part',
    fields: [ID, { name: 'point', type: POINT }, { name: 'all', type: { type: 'map', keyType: 'string', valueType: { type: 'array', elementType: POINT, containsNull: true }, valueContainsNull: true } }],
    rows: `SELECT 3 AS id, {'x y': 1::FLOAT} AS point, MAP {'k': [{'x y': 2::DOUBLE, 'tags': ['t']}]} AS all`,
    found: [
      ...[1, 2].map((id) => ({ id, point: null, all: null })),
      { id: 3, point: { 'x y': 1, tags: null }, all: [{ key: 'k', value: [{ 'x y': 2, tags: ['t'] }] }] },
    ],
    types: ['BIGINT', 'STRUCT("x y" DOUBLE, "tags" VARCHAR[])', 'MAP(VARCHAR, STRUCT("x y" DOUBLE, "tags" VARCHAR[])[])'],
    differences: expect.arrayContaining(['the table has a column point (struct) that is not declared.']),
  },
  {
    what: 'columns whose names SQL, JSON and patterns would trip over',
    fields: [ID, ...[`it's`, `a"b`, 'a.b', 'x[1]', '100%', 'größe', 'select', '$.id'].map((name) => ({ name, type: 'integer' }))],
    rows: `SELECT 3 AS id, 1 AS "it's", 2 AS "a""b", 3 AS "a.b", 4 AS "x[1]", 5 AS "100%", 6 AS "größe", 7 AS "select", 8 AS "$.id"`,
    found: [
      ...[1, 2].map((id) => ({ id, "it's": null, 'a"b': null, 'a.b': null, 'x[1]': null, '100%': null, größe: null, select: null, '$.id': null })),
      { id: 3, "it's": 1, 'a"b': 2, 'a.b': 3, 'x[1]': 4, '100%': 5, größe: 6, select: 7, '$.id': 8 },
    ],
    types: ['BIGINT', ...Array.from({ length: 8 }, () => 'INTEGER')],
    differences: expect.arrayContaining([`the table has a column it's (integer) that is not declared.`]),
  },
]

describe('a table to which another writer has given', () => {
  test.each(logCases)('$what is read as its log says, by query, view and lake.sql', async (given) => {
    const { fields, rows, found, types = ['BIGINT', 'VARCHAR'], differences = [] } = given
    const made = await LoggedLake.make()
    await made.commit('raw/events', { ...(fields === undefined ? {} : { fields }), rows })
    const lake = await made.open()

    const result = await lake.query('FROM events ORDER BY id')
    expect(recordsOf(result)).toEqual(found)
    expect(result.types).toEqual(types)
    expect(await rowsOf(lake, 'FROM seen ORDER BY id')).toEqual(found)
    // The text was written before that writer came.
    expect(recordsOf(await made.byLakeSql('FROM seen ORDER BY id'))).toEqual(found)

    const status = await lake.status()
    expect(status.tables.find(({ name }) => name === 'events')?.differences).toEqual(differences)
    const refused = await refusal(() => lake.run(EVERY_TABLE))
    const isOther = fields !== undefined
    expect(refused).toMatch(isOther ? /^LAKE_TABLE_MISMATCH: (source )?table events: .+\.$/ : /^taken$/)
    if (isOther) return
    expect(await rowsOf(lake, 'SELECT * EXCLUDE (day) FROM days ORDER BY id')).toEqual(found)
    expect(await lake.validate({ deep: true })).toMatchObject({ ok: true, notCompared: [], differences: [] })
  })

  test('a column more beside its partitions is read with them, also where a folder has an odd name', async () => {
    const made = await LoggedLake.make()
    const fields = [
      { name: 'id', type: 'long' },
      KIND,
      { name: 'day', type: 'date' },
      { name: 'extra', type: 'string' },
    ]
    const rows = `SELECT 7 AS id, 'g' AS kind, 'new' AS extra`
    await made.commit('by/day', { fields, rows, folder: 'day=2026-01-09' })
    await made.commit('by/day', { rows: 'SELECT 8 AS id', folder: 'day=__HIVE_DEFAULT_PARTITION__' })
    const lake = await made.open()
    const found = [
      { ...ONE, day: '2026-01-02', extra: null },
      { ...TWO, day: '2026-01-03', extra: null },
      { id: 7, kind: 'g', day: '2026-01-09', extra: 'new' },
      { id: 8, kind: null, day: null, extra: null },
    ]
    expect(await rowsOf(lake, 'FROM days ORDER BY id')).toEqual(found)
    expect(recordsOf(await made.byLakeSql('FROM days ORDER BY id'))).toEqual(found)
    expect(await refusal(() => lake.run(EVERY_TABLE))).toMatch(
      /^LAKE_TABLE_MISMATCH: table days: the table has a column/,
    )
    const deep = await lake.validate({ deep: true })
    expect(deep.notCompared).toEqual(['days: days differs from the config: its rows are counted, not compared.'])
    expect(deep.differences).toEqual(['days: the table has a column extra (string) that is not declared.'])
  })
})

describe('a column that another writer has added', () => {
  async function withExtra(): Promise<LoggedLake> {
    const made = await LoggedLake.make()
    const fields = [ID, KIND, { name: 'extra', type: 'string' }]
    await made.commit('raw/events', { fields, rows: `SELECT 3 AS id, 'c' AS kind, 'new' AS extra` })
    return made
  }

  test('stands in status, validate and the overview, which names a command that can be done', async () => {
    const made = await withExtra()
    const said = async (...args: string[]): Promise<Said> => {
      return runInProcess(args, { lake: made.root, config: made.config })
    }
    const sentence = 'the table has a column extra (string) that is not declared.'
    expect((await said('status')).stdout).toContain(`\nevents and the config: ${sentence}\n`)
    expect((await said()).stdout).toMatch(/\nconfig +events: the table has a column extra .*\nnext +lakeweir status /)
    const validate = await said('validate')
    expect(validate.stderr).toContain(`validate: events: ${sentence}\n`)
    expect(validate.stderr).toContain(
      `validate: days: LAKE_TABLE_MISMATCH: source table events: version 2 makes it another one`,
    )
    expect(validate.exitCode).toBe(1)
  })

  test('is followed once the config declares it', async () => {
    const made = await withExtra()
    const columns = { id: 'BIGINT', kind: 'VARCHAR', extra: 'VARCHAR' }
    const tables = { ...DECLARED.tables, events: { path: 'raw/events', columns } }
    const lake = await made.open({ ...DECLARED, tables, days: `SELECT * EXCLUDE (extra) FROM (${DAYS})` })
    await lake.run(EVERY_TABLE)
    expect(await lake.validate({ deep: true })).toMatchObject({ ok: true, differences: [], tables: { days: 3 } })
  })
})

describeWith(hasPython, PYTHON_NEED, 'deltalake', () => {
  test('adds columns and appends, and lake.sql, queries and views read them', async () => {
    const made = await LoggedLake.make()
    await python(
      `
        import deltalake, pyarrow as pa
        table = deltalake.DeltaTable(given)
        table.alter.add_columns([deltalake.Field('extra', deltalake.schema.PrimitiveType('short'))])
        rows = pa.table({'extra': pa.array([7], pa.int16()), 'id': pa.array([3], pa.int64())})
        deltalake.write_deltalake(given, rows, mode='append', schema_mode='merge')
        nested = pa.table({'id': pa.array([4], pa.int64()), 'tags': pa.array([['x', None]])})
        deltalake.write_deltalake(given, nested, mode='append', schema_mode='merge')
      `,
      join(made.root, 'raw/events/data'),
    )
    const lake = await made.open()
    const found = [
      { ...ONE, extra: null, tags: null },
      { ...TWO, extra: null, tags: null },
      { id: 3, kind: null, extra: 7, tags: null },
      { id: 4, kind: null, extra: null, tags: ['x', null] },
    ]
    expect(await rowsOf(lake, 'FROM seen ORDER BY id')).toEqual(found)
    expect(recordsOf(await made.byLakeSql('FROM seen ORDER BY id'))).toEqual(found)
    expect(await refusal(() => lake.run(EVERY_TABLE))).toMatch(/^LAKE_TABLE_MISMATCH: .*table events: .*the table has/)
  })
})

interface ConfigCase {
  readonly what: string
  readonly config: Partial<LoggedConfig['tables']>
  /** What validate says of the difference, and the stream that it stops. */
  readonly differences: readonly string[]
  readonly refused: RegExp
}

const { events, days } = DECLARED.tables

// biome-ignore format: a table
const configCases: readonly ConfigCase[] = [
  { what: 'has a column more', config: { events: { path: 'raw/events', columns: { id: 'BIGINT', kind: 'VARCHAR', extra: 'DATE' } } }, differences: ['events: column extra is declared, but the table does not have it.'], refused: /^LAKE_TABLE_MISMATCH: (source )?table events: column extra/ },
  { what: 'has a column less', config: { days: { path: 'by/day', columns: { id: 'BIGINT', day: 'DATE' }, partitionBy: ['day'] } }, differences: ['days: the table has a column kind (string) that is not declared.'], refused: /^LAKE_(TABLE_MISMATCH: table days|SQL_INVALID)/ },
  { what: 'has a column of another name', config: { events: { path: 'raw/events', columns: { id: 'BIGINT', sort: 'VARCHAR' } } }, differences: ['events: column sort is declared, but the table does not have it.', 'events: the table has a column kind (string) that is not declared.'], refused: /^LAKE_TABLE_MISMATCH: (source )?table events: column sort/ },
  { what: 'has a column of another type', config: { events: { path: 'raw/events', columns: { id: 'INTEGER', kind: 'VARCHAR' } } }, differences: ['events: column id is declared integer, but the table has long.'], refused: /^LAKE_TABLE_MISMATCH: (source )?table events: column id/ },
  { what: 'has the columns in another order', config: { events: { path: 'raw/events', columns: { kind: 'VARCHAR', id: 'BIGINT' } } }, differences: [], refused: /^taken$/ },
  { what: 'has other partitions', config: { days: { path: 'by/day', columns: { id: 'BIGINT', kind: 'VARCHAR', day: 'DATE' } } }, differences: ['days: it is declared partitioned by nothing, but the table is partitioned by day.'], refused: /^LAKE_TABLE_MISMATCH: table days: it is declared/ },
  { what: 'has a table more', config: { more: { path: 'more', columns: { id: 'BIGINT' } } }, differences: ['more: it is declared, but has no Delta log.'], refused: /^taken$/ },
]

describe('where the config', () => {
  test.each(configCases)('$what, queries follow the log, and a refused run leaves lake.sql', async (given) => {
    const { config, differences, refused } = given
    const made = await LoggedLake.make()
    const written = readFileSync(made.lakeSql, 'utf8')
    const writtenMs = statSync(made.lakeSql).mtimeMs
    const lake = await made.open({ ...DECLARED, tables: { ...DECLARED.tables, ...config } as LoggedConfig['tables'] })
    expect((await lake.validate()).differences).toEqual(differences)
    expect(await rowsOf(lake, 'FROM events ORDER BY id')).toEqual([ONE, TWO])
    expect(await rowsOf(lake, 'SELECT id, kind, day FROM days ORDER BY id')).toEqual([
      { ...ONE, day: '2026-01-02' },
      { ...TWO, day: '2026-01-03' },
    ])
    const found = await refusal(() => lake.run(EVERY_TABLE))
    expect(found).toMatch(refused)
    if (found !== 'taken') {
      expect([readFileSync(made.lakeSql, 'utf8'), statSync(made.lakeSql).mtimeMs]).toEqual([written, writtenMs])
    }
    expect(recordsOf(await made.byLakeSql('FROM seen ORDER BY id'))).toEqual([ONE, TWO])
  })

  test.each([
    ['a column more', { id: 'BIGINT', kind: 'VARCHAR', extra: 'DATE' }, 'column extra is declared'],
    ['a column less', { id: 'BIGINT' }, 'the table has a column kind'],
    ['a column of another type', { id: 'INTEGER', kind: 'VARCHAR' }, 'column id is declared integer'],
  ])(
    'has %s, the stream that follows the table refuses it before and after its first batch',
    async (_, columns, says) => {
      const made = await LoggedLake.make()
      const select = `SELECT CAST(id AS BIGINT) AS id, 'x' AS kind, DATE '2026-01-05' AS day FROM events`
      const tables = { ...DECLARED.tables, events: { path: 'raw/events', columns } }
      const lake = await made.open({ ...DECLARED, tables, days: select })
      const alone = (): Promise<string> => refusal(() => lake.run({ streams: ['days'], availableNow: true }))
      expect(await alone()).toMatch(new RegExp(`^LAKE_TABLE_MISMATCH: source table events: ${says}`))
      rmSync(join(made.root, 'by'), { recursive: true })
      expect(await alone()).toMatch(new RegExp(`^LAKE_TABLE_MISMATCH: source table events: ${says}`))
      expect(await rowsOf(lake, 'FROM days')).toEqual([])
    },
  )

  test('no longer has a table that is there, status and validate name its folder', async () => {
    const made = await LoggedLake.make()
    const lake = await made.open({ ...DECLARED, tables: { events: events ?? fail() } })
    expect(await lake.status()).toMatchObject({ undeclaredTables: ['by/day/data'] })
    const sentences = ['by/day/data is a Delta table that the config does not name.']
    expect(await lake.validate()).toMatchObject({ ok: true, differences: sentences })
  })

  test('has a view of a column that no table has yet, a run goes on and leaves lake.sql', async () => {
    const made = await LoggedLake.make()
    const written = readFileSync(made.lakeSql, 'utf8')
    const more = { days: { ...(days ?? fail()), columns: { ...days?.columns, extra: 'DATE' } } }
    const config = { tables: { ...DECLARED.tables, ...more }, view: 'SELECT id, kind FROM events' }
    const lake = await made.open({ ...config, view: 'SELECT extra FROM days' })
    await lake.run({ streams: ['land'], availableNow: true })
    expect(readFileSync(made.lakeSql, 'utf8')).toBe(written)
    expect(await refusal(() => lake.query('FROM seen'))).toMatch(/^LAKE_SQL_INVALID: .*views\/seen\.sql: .*"extra"/)
  })
})

describe('lake.sql', () => {
  test('of a lake that was moved stops with the way to read it, and reads it so', async () => {
    const made = await LoggedLake.make()
    const text = readFileSync(made.lakeSql, 'utf8')
    const moved = join(made.folder, `moved 'here'`)
    renameSync(made.root, moved)
    const inSession = (sql: string): Promise<unknown[]> =>
      inDuckdb(async (session) => recordsOf(await session.script(rawSql`${sql}`)))
    const count = 'SELECT CAST(count(*) AS INTEGER) AS rows FROM events'
    await expect(inSession(`${text}\n${count}`)).rejects.toThrow(
      `there is no lake at ${made.root}: none of its tables has a Delta log there. Read a lake that was moved or copied ` +
        `by its path: duckdb -cmd "SET VARIABLE lake = '/where/it/is'" -cmd ".read lake.sql"`,
    )
    const setLake = `SET VARIABLE lake = '${moved.replaceAll("'", "''")}';`
    expect(await inSession(`${setLake}\n${text}\n${count}`)).toEqual([{ rows: 2 }])
  })

  test('of a lake whose tables have no rows has no rows', async () => {
    const made = new LoggedLake()
    const lake = await made.open()
    await lake.run(EVERY_TABLE)
    expect(recordsOf(await made.byLakeSql('FROM seen UNION ALL SELECT id, kind FROM days'))).toEqual([])
  })
})

function fail(): never {
  throw new Error('the config has no such table')
}

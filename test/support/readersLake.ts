import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordsOf, type Session } from '../../src/duckdb/session.ts'
import { Lake } from '../../src/index.ts'
import { inDuckdb } from './duckdb.ts'
import { runInProcess } from './program.ts'
import { rawSql } from './sql.ts'
import { makeTemporaryFolder, removeFolder } from './temporaryFolder.ts'

/** Every type that a table may have, under names that other programs have to quote. */
const EVENT = {
  id: 'BIGINT',
  'is-odd': 'BOOLEAN',
  tiny: 'TINYINT',
  small: 'SMALLINT',
  select: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  price: 'DECIMAL(9,2)',
  huge: 'DECIMAL(38,10)',
  größe: 'VARCHAR',
  "it's": 'BLOB',
  day: 'DATE',
  at: 'TIMESTAMPTZ',
  kind: 'VARCHAR',
} as const

export type EventColumn = keyof typeof EVENT

/** Values of each column, taken in turn; NULL is among them for all but the first. */
const VALUES: Readonly<Record<Exclude<EventColumn, 'id'>, readonly string[]>> = {
  'is-odd': ['true', 'false', 'NULL'],
  tiny: ['-128', '127', '0', 'NULL'],
  small: ['-32768', '32767', 'NULL', '5', '-1'],
  select: ['-2147483648', '2147483647', '7', 'NULL'],
  long: ['-9223372036854775808', '9223372036854775807', '9007199254740993', 'NULL', '0'],
  float: ['1.5', '-3.4e38', 'NULL', '1e-30', '0.1'],
  double: ['0.1', '-1.7e308', '1e-300', 'NULL', '2.5'],
  price: ['0.01', '-9999999.99', '9999999.99', 'NULL'],
  huge: ['9999999999999999999999999999.9999999999', '-0.0000000001', 'NULL', '12.5'],
  größe: ["'klein'", "''", 'NULL', "'größer 🌊'", "repeat('lang ', 30)", "'a' || chr(10) || '''\"\\'"],
  "it's": ["'\\x00\\xFF'::BLOB", "''::BLOB", 'NULL', "'plain'::BLOB"],
  day: ["'0001-01-01'", "'9999-12-31'", 'NULL', "'1582-10-10'", "'1969-12-31'", "'2026-11-26'", "'1900-02-28'"],
  at: [
    "'0001-01-01 00:00:00+00'",
    'NULL',
    "'9999-12-31 23:59:59.999999+00'",
    "'1582-10-10 12:00:00.000001+00'",
    "'1969-12-31 23:59:59.999999+00'",
    "'2026-11-26 10:00:00.5+00'",
    "'1899-12-31 23:59:59+00'",
  ],
  kind: ["'plain'", "'two words'", 'NULL', "'a%20b'", "'x=y'", "'ü/ö'", "'it''s'", "'100%'", "'NULL'", "'a:b#c?d'"],
}

export interface ReadersTable {
  readonly name: string
  /** The folder of its data and log. */
  readonly folder: string
  readonly columns: Readonly<Record<string, string>>
  readonly partitionBy: readonly string[]
}

const PARTITIONS = { events: [], by_day: ['day'], by_kind: ['kind'] } as const

const SPLIT = `-- split.sql: every event with the table it belongs to; one row per event.
--
-- in   events       the batch's rows
-- out  destination  'by_day' | 'by_kind', with all columns of an event
SELECT *, CASE WHEN id % 3 = 0 THEN 'by_kind' ELSE 'by_day' END AS destination FROM events
`

const ROWS = 40

/** A lake that our own commands made, for other programs to read: three tables of many batches. */
export class ReadersLake {
  readonly folder = makeTemporaryFolder()
  readonly root = join(this.folder, 'lake')
  readonly config = join(this.folder, 'lakeweir.config.mjs')
  readonly tables: readonly ReadersTable[] = Object.entries(PARTITIONS).map(([name, partitionBy]) => ({
    name,
    folder: join(this.root, name, 'data'),
    columns: EVENT,
    partitionBy,
  }))
  #landed = 0

  constructor() {
    const tables = Object.entries(PARTITIONS).map(([name, partitionBy]) => [
      name,
      { path: name, columns: EVENT, partitionBy },
    ])
    const streams = {
      land: { from: { kind: 'parquetFolder', path: 'landing', afterCommit: 'delete' }, into: ['events'] },
      split: {
        from: { kind: 'deltaTable', table: 'events', skipChangeCommits: false },
        select: 'split.sql',
        into: ['by_day', 'by_kind'],
      },
    }
    const upkeep = { checkpointEvery: 5, smallFiles: false }
    const config = { root: 'lake', tables: Object.fromEntries(tables), streams, upkeep }
    writeFileSync(join(this.folder, 'split.sql'), SPLIT)
    writeFileSync(this.config, `export default ${JSON.stringify(config)}\n`)
    mkdirSync(join(this.root, 'landing'), { recursive: true })
  }

  /** The lake that all readers are asked about. */
  static async make(): Promise<ReadersLake> {
    const lake = new ReadersLake()
    await lake.runBatches(8)
    await lake.command('optimize')
    await lake.runBatches(4)
    await lake.command('vacuum', '--retain', '0s')
    return lake
  }

  /** Lands files one by one, each in a batch of both streams. */
  async runBatches(batches: number): Promise<void> {
    await inDuckdb(async (session) => {
      for (let batch = 0; batch < batches; batch++) {
        const file = `${this.root}/landing/${this.#landed}.parquet`
        await session.run(rawSql`COPY (${rowsFrom(this.#landed * ROWS)}) TO '${file}' (FORMAT parquet)`)
        this.#landed += 1
      }
    })
    const lake = await Lake.open({ config: this.config, database: { threads: 1 } })
    try {
      await lake.run({ streams: ['land', 'split'], availableNow: true, limits: { maxFiles: 1 } })
    } finally {
      await lake.close()
    }
  }

  /** Runs a command on it. @throws Error  if it ends with anything but 0 */
  async command(...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await runInProcess(args, { config: this.config })
    if (exitCode !== 0) throw new Error(`lakeweir ${args.join(' ')} ended with ${exitCode}: ${stdout}${stderr}`)
    return stdout
  }

  /** What our own views have, read by a session that other files can be read with, too. */
  async withViews<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return inDuckdb(async (session) => {
      await session.script(rawSql`${readFileSync(join(this.root, 'lake.sql'), 'utf8')}`)
      return work(session)
    })
  }

  remove(): void {
    removeFolder(this.folder)
  }
}

function rowsFrom(firstId: number): string {
  const columns = Object.entries(VALUES).map(([name, values], index) => {
    const type = EVENT[name as EventColumn]
    // Each in a rhythm of its own, so that all values meet.
    const turn = `(id * ${2 * index + 1} + id // ${7 + index}) % ${values.length}`
    return `CASE ${turn} ${values.map((value, at) => `WHEN ${at} THEN CAST(${value} AS ${type})`).join(' ')} END AS ${quoted(name)}`
  })
  return `SELECT id, ${columns.join(', ')} FROM (SELECT ${firstId} + i AS id FROM range(${ROWS}) AS r(i))`
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A comparison of a column with a value of its own, or with NULL. */
export interface Question {
  readonly table: string
  readonly column: string
  readonly type: string
  readonly sign: '=' | '<' | '>=' | 'IS NULL' | 'IS NOT NULL'
  /** The value as text, bytes as hex digits; null where the sign asks for none. */
  readonly text: string | null
  /** Days or microseconds since 1970 of a date or time. */
  readonly number: number | string | null
  /** The ids that our own view finds. */
  readonly ids: readonly number[]
}

/** Questions of every column of every table, with the answers of our own views. */
export async function questionsOf(lake: ReadersLake): Promise<Question[]> {
  return lake.withViews(async (session) => {
    const questions: Question[] = []
    for (const { name: table, columns } of lake.tables) {
      for (const [column, type] of Object.entries(columns)) {
        const c = quoted(column)
        const idsWhere = async (condition: string): Promise<number[]> =>
          (await session.rows(rawSql`SELECT id FROM ${table} WHERE ${condition} ORDER BY id`)).map(({ id }) =>
            Number(id),
          )
        for (const sign of ['IS NULL', 'IS NOT NULL'] as const) {
          const ids = await idsWhere(`${c} ${sign}`)
          questions.push({ table, column, type, sign, text: null, number: null, ids })
        }
        const text = type === 'BLOB' ? `hex(${c})` : `CAST(${c} AS VARCHAR)`
        const number =
          type === 'DATE' ? `(${c} - DATE '1970-01-01')` : type === 'TIMESTAMPTZ' ? `epoch_us(${c})` : 'NULL'
        const values = await session.rows(
          rawSql`SELECT DISTINCT ON (${c}) ${text} AS text, CAST(${number} AS VARCHAR) AS number
            FROM ${table} WHERE ${c} IS NOT NULL ORDER BY hash(${c}), ${c} LIMIT 3`,
        )
        for (const value of values) {
          const literal =
            type === 'BLOB'
              ? `unhex('${value.text}')`
              : `CAST('${String(value.text).replaceAll("'", "''")}' AS ${type})`
          for (const sign of ['=', '<', '>='] as const) {
            const ids = await idsWhere(`${c} ${sign} ${literal}`)
            const asked = { text: String(value.text), number: value.number === null ? null : String(value.number) }
            questions.push({ table, column, type, sign, ...asked, ids })
          }
        }
      }
    }
    return questions
  })
}

/** Rows that only one of a file and our own view of a table has, as JSON; none if both have the same. */
export async function differences(lake: ReadersLake, table: ReadersTable, file: string): Promise<unknown[]> {
  return lake.withViews(async (session) => {
    const columns = Object.keys(table.columns).map(quoted).join(', ')
    const types = `SELECT column_name, column_type FROM (DESCRIBE SELECT ${columns} FROM`
    const theirs = `read_parquet('${file}')`
    const sql = `
      SELECT 'type' AS what, to_json(t)::VARCHAR AS row FROM (${types} ${table.name}) EXCEPT ${types} ${theirs})) AS t
      UNION ALL SELECT 'missing', to_json(r)::VARCHAR
        FROM (SELECT ${columns} FROM ${table.name} EXCEPT ALL SELECT ${columns} FROM ${theirs}) AS r
      UNION ALL SELECT 'more', to_json(r)::VARCHAR
        FROM (SELECT ${columns} FROM ${theirs} EXCEPT ALL SELECT ${columns} FROM ${table.name}) AS r
      LIMIT 20`
    return recordsOf(await session.script(rawSql`${sql}`))
  })
}

/** What a program found that reads the lake by other readers, and compares their answers to questions with ours. */
export interface ReadersFound {
  /** The file that has the rows of a table as a reader read them. */
  readonly rows: readonly { readonly reader: string; readonly table: string; readonly file: string }[]
  readonly asked: number
  readonly differences: readonly unknown[]
}

/** Table → how the rows that a reader found in it differ from ours; one that it did not read is not listed. */
export async function differencesBy(
  reader: string,
  lake: ReadersLake,
  found: ReadersFound,
): Promise<Record<string, Awaited<ReturnType<typeof differences>>>> {
  const byTable: Record<string, Awaited<ReturnType<typeof differences>>> = {}
  for (const { table, file } of found.rows.filter((each) => each.reader === reader)) {
    const made = lake.tables.find(({ name }) => name === table)
    if (made === undefined || table in byTable) throw new Error(`${table} is no table of the lake, or was read twice`)
    byTable[table] = await differences(lake, made, file)
  }
  return byTable
}

/** What `differencesBy` finds where there are none. */
export const NO_DIFFERENCES = Object.fromEntries(Object.keys(PARTITIONS).map((table) => [table, []]))

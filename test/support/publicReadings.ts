import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PublicTable } from '../../scripts/publicPackages.ts'
import { READ_FEATURES } from '../../src/delta/features.ts'
import { columnTypeOf, fieldsOf } from '../../src/delta/schema.ts'
import { Snapshot } from '../../src/delta/snapshot.ts'
import { Database, type Session } from '../../src/duckdb/session.ts'
import { identifier, text } from '../../src/duckdb/sql/literals.ts'
import type { Row } from '../../src/duckdb/values.ts'
import { Lake, LakeError } from '../../src/index.ts'
import { deltaExtension, python } from './python.ts'
import { rawSql } from './sql.ts'
import { makeTemporaryFolder, removeFolder } from './temporaryFolder.ts'
import { listTree } from './tree.ts'

/** Whose rows are the right ones of a table. */
export type Reader = 'deltalake' | 'DuckDB'

/** A table to read, and how the test goes about it. */
export interface ReadTable extends PublicTable {
  readonly by: Reader
  /** Whether its log can be replayed. */
  readonly hasLog: boolean
  /** Whether its rows can be read. */
  readonly hasRows: boolean
}

/** A column of a type that a lake has. */
interface FlatColumn {
  readonly name: string
  readonly type: string
}

/** What a log says a table is. */
export interface LogState {
  readonly version: number
  /** Whole paths of the live files, in order. */
  readonly files: readonly string[]
}

/** What our replay of a log found. */
interface Log {
  readonly flat: readonly FlatColumn[]
  /** Whether the table has no other columns. */
  readonly isAll: boolean
  /** Undefined: it cannot be replayed. */
  readonly state: LogState | undefined
}

const NO_LOG: Log = { flat: [], isAll: false, state: undefined }

/** Each table is read by itself: where a program fails, the others are read all the same. */
const READERS = `
import deltalake, duckdb, pyarrow, pyarrow.parquet
session = duckdb.connect(config={'threads': 1})
session.execute(f"SET TimeZone = 'UTC'; LOAD '{given['extension']}'")
found = []
for table in given['tables']:
    answer = {}
    try:
        opened = deltalake.DeltaTable(table['folder'])
        answer['state'] = {'version': opened.version(), 'files': sorted(opened.file_uris())}
        if table['by'] == 'deltalake':
            query = deltalake.QueryBuilder().register('t', opened).execute('SELECT * FROM t')
            pyarrow.parquet.write_table(pyarrow.table(query.read_all()).select(table['columns']), table['file'])
    except Exception as error:
        answer['failure'] = str(error)
    if table['by'] == 'DuckDB':
        session.execute(f"COPY ({table['select']}) TO '{table['file']}' (FORMAT parquet)")
    found.append(answer)
`

interface Answer {
  /** As deltalake found it. */
  readonly state?: LogState
  readonly failure?: string
}

interface Prepared {
  readonly tables: readonly ReadTable[]
  readonly root: string
  readonly database: Database
  readonly session: Session
  readonly logs: readonly Log[]
  /** Index of a table → what other programs read in it. */
  readonly answers: ReadonlyMap<number, Answer>
  readonly lake: Lake
}

/** A lake with a stream for each table, which copies its rows, and what other programs read in the same tables. */
export class PublicReadings {
  readonly #prepared: Prepared

  private constructor(prepared: Prepared) {
    this.#prepared = prepared
  }

  static async open(tables: readonly ReadTable[]): Promise<PublicReadings> {
    const root = makeTemporaryFolder()
    const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder: join(root, 'spilled') })
    const session = await database.connect()
    const logs = await logsOf(tables, session)
    const answers = await answersOf(tables, logs, root)
    const lake = await copyingLake(tables, logs, root)
    return new PublicReadings({ tables, root, database, session, logs, answers, lake })
  }

  async close(): Promise<void> {
    const { root, database, session, lake } = this.#prepared
    await lake.close()
    session.close()
    database.close()
    removeFolder(root)
  }

  /** What our replay of a table's log found, and what deltalake did. */
  states(index: number): { readonly ours: LogState | undefined; readonly theirs: Answer | undefined } {
    return { ours: this.#prepared.logs[index]?.state, theirs: this.#prepared.answers.get(index) }
  }

  /** Whether a lake has columns of all types that the table has. */
  isFlat(index: number): boolean {
    return this.#prepared.logs[index]?.isAll === true
  }

  /** Copies the columns that a lake can have. */
  async copy(index: number): Promise<void> {
    await this.#prepared.lake.run({ streams: [`read_${index}`], availableNow: true, retry: false })
  }

  /** What a stream stops with that names columns where that is needed, or that takes them from the log. */
  async refusal(index: number, stream: 'read' | 'whole'): Promise<LakeError> {
    const thrown = await this.#prepared.lake
      .run({ streams: [`${stream}_${index}`], availableNow: true, retry: false })
      .then(
        () => undefined,
        (error: unknown) => error,
      )
    if (thrown instanceof LakeError) return thrown
    throw new Error(`${this.#prepared.tables[index]?.folder} is not refused: ${thrown}`)
  }

  /** The files of rows and the records of batches that the lake has of a table. */
  written(index: number): string[] {
    return listTree(join(this.#prepared.root, 'lake', `t${index}`))
      .map(({ path }) => path)
      .filter((path) => path.endsWith('.parquet') || path.includes('/commits/'))
  }

  /** How many rows were copied, and a few of those that are too many or missing. */
  async compared(index: number): Promise<{ readonly rows: number; readonly different: readonly Row[] }> {
    const flat = this.#prepared.logs[index]?.flat ?? []
    const data = join(this.#prepared.root, 'lake', `t${index}`, 'data')
    const isEmpty = !readdirSync(data).some((name) => name.endsWith('.parquet'))
    const none = flat.map(({ type }, column) => `NULL::${type} AS c${column}`).join(', ')
    const ours = isEmpty ? `SELECT ${none} WHERE false` : `FROM read_parquet(${text(join(data, '*.parquet'))})`
    const cast = flat.map(({ name, type }, column) => `CAST(${identifier(name)} AS ${type}) AS c${column}`).join(', ')
    const theirs = `SELECT ${cast} FROM read_parquet(${text(answerFile(this.#prepared.root, index))})`
    const [us, them] = [await this.#digest(ours), await this.#digest(theirs)]
    if (us.rows === them.rows && us.hashes === them.hashes) return { rows: Number(us.rows), different: [] }
    const different = await this.#prepared.session.rows(rawSql`
      (SELECT 'too many' AS row_is, * FROM (FROM (${ours}) EXCEPT ALL FROM (${theirs})) LIMIT 5)
      UNION ALL
      (SELECT 'missing' AS row_is, * FROM (FROM (${theirs}) EXCEPT ALL FROM (${ours})) LIMIT 5)`)
    return { rows: Number(us.rows), different }
  }

  /** The same for the same rows in whatever order. */
  async #digest(query: string): Promise<Row> {
    const sql = rawSql`SELECT count(*) AS rows, CAST(sum(hash(r)) AS VARCHAR) AS hashes FROM (${query}) AS r`
    const [row] = await this.#prepared.session.rows(sql)
    if (row === undefined) throw new Error(`no digest of ${query}`)
    return row
  }
}

async function logsOf(tables: readonly ReadTable[], session: Session): Promise<Log[]> {
  const refs = tables.flatMap(({ folder, hasLog }, index) =>
    hasLog ? [{ name: `t${index}`, folder, stream: null }] : [],
  )
  const snapshot = await Snapshot.load(session, '/', refs, READ_FEATURES)
  const logs: Log[] = []
  for (const [index, { hasLog }] of tables.entries()) {
    if (!hasLog) {
      logs.push(NO_LOG)
      continue
    }
    const { version, schemaString } = snapshot.head(`t${index}`)
    const fields = fieldsOf(schemaString)
    const flat = fields.flatMap(({ name, type }) => {
      const known = typeof type === 'string' ? columnTypeOf(type) : undefined
      return known === undefined ? [] : [{ name, type: known }]
    })
    const files = (await snapshot.liveFiles(`t${index}`)).map(({ file }) => file).sort()
    logs.push({ flat, isAll: flat.length === fields.length, state: { version, files } })
  }
  return logs
}

/** One process for all of them: it takes a second to start. */
async function answersOf(
  tables: readonly ReadTable[],
  logs: readonly Log[],
  root: string,
): Promise<Map<number, Answer>> {
  const asked = tables.flatMap(({ folder, by, hasLog, hasRows }, index) => {
    const names = logs[index]?.flat.map(({ name }) => name) ?? []
    const select = `SELECT ${names.map(identifier).join(', ')} FROM delta_scan(${text(folder)})`
    const reading = { folder, by: hasRows ? by : null, columns: names, select, file: answerFile(root, index) }
    return hasLog ? [{ index, reading }] : []
  })
  const given = { extension: await deltaExtension(), tables: asked.map(({ reading }) => reading) }
  const answers = await python<Answer[]>(READERS, given)
  return new Map(answers.map((answer, place) => [asked[place]?.index ?? -1, answer]))
}

function answerFile(root: string, index: number): string {
  return join(root, `theirs-${index}.parquet`)
}

/** Names of columns in a lake are plainer than those of other programs: they are numbered. */
async function copyingLake(tables: readonly ReadTable[], logs: readonly Log[], root: string): Promise<Lake> {
  mkdirSync(join(root, 'lake'))
  const config: { root: string; tables: Record<string, unknown>; streams: Record<string, unknown> } = {
    root: 'lake',
    tables: {},
    streams: {},
  }
  for (const [index, { folder }] of tables.entries()) {
    const { flat, isAll } = logs[index] ?? NO_LOG
    const hasColumns = flat.length > 0
    const columns = Object.fromEntries(flat.map(({ type }, column) => [`c${column}`, type]))
    const list = hasColumns ? flat.map(({ name }, column) => `${identifier(name)} AS c${column}`) : ['count(*) AS c0']
    const select = `read_${index}.sql`
    const header = `-- ${select}: a public table; one row per row.\n--\n-- in   source   its rows\n-- out  all of them\n`
    writeFileSync(join(root, select), `${header}SELECT ${list.join(', ')} FROM source\n`)
    config.tables[`t${index}`] = { path: `t${index}`, columns: hasColumns ? columns : { c0: 'BIGINT' } }
    const whole = { kind: 'deltaFolder', path: folder, name: 'source' }
    const named = { ...whole, columns: Object.fromEntries(flat.map(({ name, type }) => [name, type])) }
    const into = [`t${index}`]
    config.streams[`read_${index}`] = { from: hasColumns && !isAll ? named : whole, select, into }
    if (!isAll) config.streams[`whole_${index}`] = { from: whole, select, into }
  }
  const file = join(root, 'lake.config.mjs')
  writeFileSync(file, `export default ${JSON.stringify(config)}\n`)
  return Lake.open({ config: file, database: { threads: 1 } })
}

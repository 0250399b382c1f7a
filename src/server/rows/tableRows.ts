import { join } from 'node:path'
import { isColumnType } from '../../columns.ts'
import { READ_FEATURES } from '../../delta/features.ts'
import { listLog } from '../../delta/log.ts'
import { readsSql, Snapshot } from '../../delta/snapshot.ts'
import { Database, type DatabaseOptions, type Session } from '../../duckdb/session.ts'
import { exactPath } from '../../duckdb/sql/literals.ts'
import {
  type ColumnFilter,
  columnsOf,
  filesWithTimes,
  isValueOf,
  newestRows,
  readOf,
  replacedPaths,
  type TimeFilter,
} from '../../duckdb/sql/newestRows.ts'
import { statementsOf } from '../../duckdb/sql/statementTexts.ts'
import { type JsonValue, requiredText, safeInteger } from '../../duckdb/values.ts'
import { statOf } from '../../files/read.ts'
import { batchOf } from '../../tables/dataFileName.ts'

/** A table whose rows may be looked at. */
export interface ShownTable {
  readonly name: string
  /** The folder of its files, relative to the lake's. */
  readonly folder: string
  /** By which the newest rows are found; undefined: the files that came last have them. */
  readonly time: string | undefined
}

export interface Column {
  readonly name: string
  /** DuckDB's name of its type. */
  readonly type: string
}

/** What somebody looks for. */
export interface RowsAsked {
  /** Column → the values that it may have, as texts, and whether it may be NULL. */
  readonly filters: ReadonlyMap<string, { readonly values: readonly string[]; readonly orNull: boolean }>
  /** ISO 8601. */
  readonly from: string | undefined
  /** Excluded. */
  readonly to: string | undefined
  /** Only the rows that this batch of a stream wrote. */
  readonly batch: number | undefined
  readonly limit: number
}

export interface FoundRows {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly JsonValue[])[]
  /** Whether there are more than the limit. */
  readonly isCut: boolean
  /** The version of the table's log. */
  readonly version: number
}

/** What somebody looks for cannot be in the table. */
export class UnfitFilter extends Error {
  readonly column: string
  readonly reason: 'unknown' | 'type' | 'value'
  readonly columns: readonly Column[]

  constructor(column: string, reason: UnfitFilter['reason'], columns: readonly Column[]) {
    super(`column ${column} does not fit: ${reason}`)
    this.column = column
    this.reason = reason
    this.columns = columns
  }
}

/** The table as its log was when it was read last. */
interface ReadTable {
  readonly version: number
  readonly columns: readonly Column[]
  readonly files: readonly TimedFile[]
}

interface TimedFile {
  readonly file: string
  readonly earliestMs: number
  readonly latestMs: number
}

/** Delta's statistics cut microseconds off. */
const STATISTICS_MS = 1

/** How many files are read first; if they have too few rows, four times as many. */
const FIRST_FILES = 16
const MORE_FILES = 4

/**
 * The newest rows of one table, read by a DuckDB of its own that reaches the table's folder and nothing else: whatever
 * a stranger wrote into the table or its log, there is nothing more to be read by it. Calls run one after another.
 */
export class TableRows {
  readonly #lakeFolder: string
  readonly #table: ShownTable
  readonly #database: Database
  readonly #session: Session
  #read: ReadTable | undefined
  #running: Promise<unknown> = Promise.resolve()

  private constructor(lakeFolder: string, table: ShownTable, database: Database, session: Session) {
    this.#lakeFolder = lakeFolder
    this.#table = table
    this.#database = database
    this.#session = session
  }

  static async open(lakeFolder: string, table: ShownTable, options: DatabaseOptions): Promise<TableRows> {
    const database = await Database.open(options)
    try {
      await database.confine({ folders: [join(lakeFolder, table.folder)], files: [] })
      return new TableRows(lakeFolder, table, database, await database.connect())
    } catch (error) {
      database.close()
      throw error
    }
  }

  /**
   * @throws UnfitFilter, LakeError LAKE_LOG_INVALID or LAKE_PROTOCOL_UNSUPPORTED, Error of DuckDB, also when the signal
   * has ended it
   */
  async newest(asked: RowsAsked, signal: AbortSignal): Promise<FoundRows> {
    const turn = this.#running.then(async () => {
      signal.throwIfAborted()
      const stop = this.#session.interruptOn(signal)
      try {
        return await this.#newest(asked)
      } finally {
        stop()
      }
    })
    this.#running = turn.catch(() => undefined) // its caller gets the error
    return turn
  }

  async close(): Promise<void> {
    await this.#session.end()
    await this.#running
    this.#database.close()
  }

  async #newest(asked: RowsAsked): Promise<FoundRows> {
    const { version, columns, files } = await this.#current()
    const { name, time } = this.#table
    const bound = new Bound()
    const filters = await Promise.all([...asked.filters].map((filter) => this.#filter(filter, columns, bound)))
    const range: TimeFilter = { from: bound.addOptional(asked.from), to: bound.addOptional(asked.to) }
    const query = newestRows(`lake_read_${name}`, columns, time, { filters, range }, asked.limit + 1)
    const timeAt = columns.findIndex((column) => column.name === time)
    const ofBatch = asked.batch === undefined ? [] : await this.#replacedFilesOf(asked.batch)
    const possible = [...files, ...ofBatch].filter((file) => mayHave(file, asked))
    for (let taken = FIRST_FILES; ; taken *= MORE_FILES) {
      await this.#session.setVariable(
        `lake_files_${name}`,
        possible.slice(0, taken).map(({ file }) => file),
      )
      const rows = possible.length === 0 ? [] : (await this.#session.script(query, bound.parameters)).rows
      const next = possible[taken]
      const last = rows[asked.limit]
      // No other file can have a newer row than the oldest of these.
      const isDone = next === undefined || (last !== undefined && (timeAt < 0 || timeMs(last[timeAt]) >= next.latestMs))
      if (isDone) return { columns, rows: rows.slice(0, asked.limit), isCut: rows.length > asked.limit, version }
    }
  }

  /**
   * The files of a batch whose rows are in joined files by now, as long as they are on the disk: a joined file does not
   * say which row came by which batch.
   */
  async #replacedFilesOf(batch: number): Promise<TimedFile[]> {
    const { name, folder } = this.#table
    const found: TimedFile[] = []
    for (const row of await this.#session.rows(replacedPaths(name))) {
      const path = requiredText(row.path, 'a path')
      if (batchOf(path) !== batch) continue
      const file = Snapshot.fileOf(this.#lakeFolder, { name, folder, stream: null }, path)
      if ((await statOf(file)) === undefined) continue
      found.push({ file: exactPath(file), earliestMs: Number.NEGATIVE_INFINITY, latestMs: Number.POSITIVE_INFINITY })
    }
    return found
  }

  async #filter(
    [column, { values, orNull }]: readonly [string, { readonly values: readonly string[]; readonly orNull: boolean }],
    columns: readonly Column[],
    bound: Bound,
  ): Promise<ColumnFilter> {
    const found = columns.find(({ name }) => name === column)
    if (found === undefined) throw new UnfitFilter(column, 'unknown', columns)
    if (!isColumnType(found.type)) throw new UnfitFilter(column, 'type', columns)
    const parameters = values.map((value) => bound.add(value))
    for (const value of values) {
      const { rows } = await this.#session.script(isValueOf(found.type), { value })
      if (rows[0]?.[0] !== true) throw new UnfitFilter(column, 'value', columns)
    }
    return { column, type: found.type, parameters, orNull }
  }

  /** The table as its log is now; it is replayed only if there are new commits. */
  async #current(): Promise<ReadTable> {
    const { name, folder, time } = this.#table
    const entries = await listLog(join(this.#lakeFolder, folder, '_delta_log'))
    const newest = entries.reduce((latest, entry) => Math.max(latest, entry.version), -1)
    if (this.#read?.version === newest) return this.#read
    this.#read = undefined
    const session = this.#session
    const snapshot = await Snapshot.load(session, this.#lakeFolder, [{ name, folder, stream: null }], READ_FEATURES)
    if (!snapshot.heads.has(name)) return { version: newest, columns: [], files: [] }
    await session.run(statementsOf(readsSql))
    const columns = (await session.rows(columnsOf(name))).map((row) => ({
      name: requiredText(row.name, 'a column'),
      type: requiredText(row.type, 'the type of a column'),
    }))
    const [read] = await session.rows(readOf(name))
    await session.setVariable(`lake_read_${name}`, requiredText(read?.text, 'the SELECT of a table'))
    const files = (await session.rows(filesWithTimes(name, time))).map((row) => ({
      file: requiredText(row.file, 'a file'),
      version: safeInteger(row.version, 'version'),
      earliestMs: row.earliest === null ? Number.NEGATIVE_INFINITY : Number(row.earliest),
      latestMs: row.latest === null ? Number.POSITIVE_INFINITY : Number(row.latest) + STATISTICS_MS,
    }))
    // Files that do not say come first: they may have the newest rows.
    files.sort((a, b) => (a.latestMs === b.latestMs ? b.version - a.version : b.latestMs > a.latestMs ? 1 : -1))
    this.#read = { version: snapshot.head(name).version, columns, files }
    return this.#read
  }
}

/** Values in the order of their parameters' numbers. */
class Bound {
  readonly #values: string[] = []

  add(value: string): number {
    return this.#values.push(value) - 1
  }

  addOptional(value: string | undefined): number | undefined {
    return value === undefined ? undefined : this.add(value)
  }

  get parameters(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#values.map((value, number) => [`p${number}`, value]))
  }
}

function mayHave({ file, earliestMs, latestMs }: TimedFile, { from, to, batch }: RowsAsked): boolean {
  if (batch !== undefined && batchOf(file) !== batch) return false
  const isLateEnough = from === undefined || latestMs >= Date.parse(from)
  return isLateEnough && (to === undefined || earliestMs <= Date.parse(to))
}

/** Milliseconds since 1970 of a time as DuckDB writes it; before all others if it is NULL. */
function timeMs(value: JsonValue | undefined): number {
  const text = typeof value === 'string' ? value : ''
  const ms = Date.parse(
    text
      .replace(' ', 'T')
      .replace(/(\.\d{3})\d*/, '$1')
      .replace(/\+00$/, 'Z'),
  )
  return Number.isNaN(ms) ? Number.NEGATIVE_INFINITY : ms
}

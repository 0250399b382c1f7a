import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBMaterializedResult,
  type DuckDBPreparedStatement,
  ResultReturnType,
  StatementType,
} from '@duckdb/node-api'
import type { VariableValue } from '../columns.ts'
import { LakeError } from '../errors.ts'
import { type BindableParameters, bindParameters } from './parameters.ts'
import { INTERRUPT_AGAIN_MS, Result, ResultStream, recordsOf } from './result.ts'
import type { Sql } from './sql/sql.ts'
import { explainAnalyze, script, setOption, setOptionForAll, setVariable } from './sql/statements.ts'
import { hasStatement, statementTexts } from './sql/statementTexts.ts'
import { exactNumbers, type JsonValue, jsonValue, type Row } from './values.ts'
import { type NumberVectors, numberVectors } from './vectors.ts'

export { Result, recordsOf } from './result.ts'

export interface DatabaseOptions {
  readonly threads: number
  /** As DuckDB writes it: `4GB`. */
  readonly memoryLimit: string
  /** Where DuckDB spills what does not fit. */
  readonly tempFolder: string
}

export type DatabaseLimits = Omit<DatabaseOptions, 'tempFolder'>

/** What the sessions of a database may read and write, absolute. */
export interface Reachable {
  /** With all that is below. */
  readonly folders: readonly string[]
  readonly files: readonly string[]
}

const SESSION_OPTIONS = [
  ['TimeZone', 'UTC'],
  // Off: insertion order means nothing in a table, and to keep it a COPY would hold rows back in memory.
  ['preserve_insertion_order', false],
  ['partitioned_write_max_open_files', 1000],
  // Off: it refuses a whole file if its GeoParquet keys lack something. Off, such a column is read as bytes.
  ['enable_geoparquet_conversion', false],
] as const

/** One DuckDB in memory; sessions share its threads and its memory. */
export class Database {
  readonly #instance: DuckDBInstance
  #limits: DatabaseLimits
  #isConfined = false
  #isClosed = false

  private constructor(limits: DatabaseLimits, instance: DuckDBInstance) {
    this.#limits = limits
    this.#instance = instance
  }

  static async open(options: DatabaseOptions): Promise<Database> {
    return new Database(
      options,
      await DuckDBInstance.create(':memory:', {
        threads: String(options.threads),
        memory_limit: options.memoryLimit,
        temp_directory: options.tempFolder,
        // This cache outlives a file that is rewritten in place: a landed file would be judged by its old contents.
        enable_external_file_cache: 'false',
      }),
    )
  }

  /** What all sessions together may use. */
  get limits(): DatabaseLimits {
    return this.#limits
  }

  /** Changes these limits from now on. */
  async limit(limits: DatabaseLimits): Promise<void> {
    const { threads, memoryLimit } = limits
    const session = await this.connect()
    try {
      await session.run(script([setOption('threads', threads), setOption('memory_limit', memoryLimit)]))
      this.#limits = limits
    } finally {
      session.close()
    }
  }

  /** A session with variables, temporary views and a time zone (UTC) of its own. Calls on it run one after another. */
  async connect(): Promise<Session> {
    if (this.#isClosed) throw closedError()
    const session = new Session(await this.#instance.connect())
    if (!this.#isConfined) await session.run(script(SESSION_OPTIONS.map(([name, value]) => setOption(name, value))))
    return session
  }

  /**
   * From now on, no session reaches files outside of these, and none changes an option. A session that is open already
   * keeps its own options.
   */
  async confine(reachable: Reachable): Promise<void> {
    const session = await this.connect()
    try {
      await session.run(
        script([
          ...SESSION_OPTIONS.map(([name, value]) => setOptionForAll(name, value)),
          setOptionForAll('allowed_directories', reachable.folders),
          setOptionForAll('allowed_paths', reachable.files),
          setOptionForAll('enable_external_access', false),
          setOptionForAll('lock_configuration', true),
        ]),
      )
      this.#isConfined = true
    } finally {
      session.close()
    }
  }

  close(): void {
    this.#isClosed = true
    this.#instance.closeSync()
  }
}

export class Session {
  readonly #connection: DuckDBConnection
  #state: 'open' | 'ending' | 'closed' = 'open'
  #running: Promise<unknown> = Promise.resolve()
  /** Whether the statement that runs has been interrupted. */
  #isInterrupted = false

  constructor(connection: DuckDBConnection) {
    this.#connection = connection
  }

  /** Runs statements for their effect. */
  async run(sql: Sql): Promise<void> {
    await this.#call(() => this.#connection.run(sql))
  }

  /** Sets a variable; queries prepared afterwards see it through `getvariable`. */
  async setVariable(name: string, value: VariableValue): Promise<void> {
    await this.run(setVariable(name, value))
  }

  /** Runs statements one after another and returns the rows of the last as records. */
  async rows(sql: Sql): Promise<Row[]> {
    return recordsOf(resultOf(await this.#call(() => this.#connection.run(sql))))
  }

  /** Runs statements one after another and returns the numbers of the last, none of which may be NULL. */
  async vectors(sql: Sql): Promise<NumberVectors[]> {
    const result = await this.#call(() => this.#connection.run(sql))
    return Array.from({ length: result.chunkCount }, (_, index) => numberVectors(result.getChunk(index)))
  }

  /**
   * The same for a single query of any length, read while DuckDB computes it: the next piece while the caller works on
   * one. The next call ends it.
   */
  async *vectorStream(sql: Sql): AsyncGenerator<NumberVectors> {
    const result = await this.#call(() => this.#connection.stream(sql))
    const fetched = (): Promise<DuckDBDataChunk | null> => {
      const chunk = this.#call(() => result.fetchChunk())
      chunk.catch(() => undefined) // thrown to the caller once it asks for it
      return chunk
    }
    let next = fetched()
    try {
      for (;;) {
        const chunk = await next
        if (chunk !== null && chunk.rowCount > 0) {
          const vectors = numberVectors(chunk)
          next = fetched()
          yield vectors
        } else if (result.returnType === ResultReturnType.INVALID) throw await this.#reasonOf(sql, 0, [])
        else return
      }
    } finally {
      await next.catch(() => undefined) // a caller that stops early does not ask for what comes next
    }
  }

  /**
   * Runs the statements of a script one after another and returns the result of the last.
   * @throws LakeError LAKE_ARGUMENT_INVALID if the values do not fit the query
   */
  async script(sql: Sql, parameters: BindableParameters = []): Promise<Result> {
    let result = new Result([], [], [])
    for await (const { statement } of this.#statements(sql, parameters)) {
      result = resultOf(await this.#call(() => statement.run()))
    }
    return result
  }

  /**
   * Runs the statements of a script one after another, each when its result is requested; a result ends when the next
   * begins. Results are read while DuckDB computes them.
   * @throws LakeError LAKE_ARGUMENT_INVALID if the values do not fit the query
   */
  async *results(sql: Sql, parameters: BindableParameters = []): AsyncGenerator<ResultStream> {
    for await (const { statement, index } of this.#statements(sql, parameters)) {
      yield new ResultStream(await this.#call(() => statement.stream()), {
        call: (work) => this.#call(work),
        interrupt: () => this.interrupt(),
        reason: () => this.#reasonOf(sql, index, parameters),
      })
    }
  }

  /** Stops the statement that is running, which then fails. */
  interrupt(): void {
    this.#isInterrupted = true
    this.#connection.interrupt()
  }

  /** Interrupts whatever runs once a signal has come. @returns a function that ends this */
  interruptOn(signal: AbortSignal): () => void {
    let timer: NodeJS.Timeout | undefined
    const interrupt = (): void => {
      this.interrupt()
      timer = setTimeout(interrupt, INTERRUPT_AGAIN_MS)
    }
    if (signal.aborted) interrupt()
    signal.addEventListener('abort', interrupt, { once: true })
    return () => {
      signal.removeEventListener('abort', interrupt)
      clearTimeout(timer)
    }
  }

  /** Stops the statement that is running, and closes the session once it has stopped. */
  async end(): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'ending'
    const stop = this.interruptOn(AbortSignal.abort())
    await this.#running.catch(() => undefined) // its caller gets the error
    stop()
    this.close()
  }

  /** Closing it again does nothing. */
  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#connection.closeSync()
  }

  /** @throws LakeError LAKE_CLOSED once the session has ended */
  async #call<T>(work: () => Promise<T>): Promise<T> {
    if (this.#state !== 'open') throw closedError()
    const running = work()
    this.#running = running
    try {
      return await running
    } catch (cause) {
      // A statement that fails while its session ends fails for that reason.
      throw this.#isOpen() ? cause : closedError(cause)
    }
  }

  /**
   * Why a statement failed. Its result says only that it did, so it is run once more without keeping any rows. It was a
   * query: any other statement is done before there is a result.
   */
  async #reasonOf(sql: Sql, index: number, parameters: BindableParameters): Promise<Error> {
    if (this.#isInterrupted) return new Error('interrupted')
    const text = statementTexts(sql)[index]
    const unknown = new Error('DuckDB stopped the query without giving a reason')
    if (text === undefined) return unknown
    try {
      await this.script(explainAnalyze(text), parameters)
    } catch (reason) {
      return reason instanceof Error ? reason : unknown
    }
    return unknown
  }

  #isOpen(): boolean {
    return this.#state === 'open'
  }

  /** The statements of a script, prepared one after another: one may need what the one before it has made. */
  async *#statements(
    sql: Sql,
    parameters: BindableParameters,
  ): AsyncGenerator<{ readonly statement: DuckDBPreparedStatement; readonly index: number }> {
    if (!hasStatement(sql)) return // DuckDB fails for such a script
    const statements = await this.#call(() => this.#connection.extractStatements(sql))
    if (statements.count > 1 && Object.keys(parameters).length > 0) {
      throw new LakeError('LAKE_ARGUMENT_INVALID', 'values are given for a query of several statements.', {
        remedy: 'Run the statements one by one; a PIVOT without IN counts as several.',
      })
    }
    for (let index = 0; index < statements.count; index++) {
      const statement = await this.#call(() => statements.prepare(index))
      try {
        bindParameters(statement, parameters)
        this.#isInterrupted = false
        yield { statement, index }
      } finally {
        statement.destroySync()
      }
    }
  }

  /**
   * The columns that a SELECT would return, by name, without running it. Fails as the SELECT would, and names the line.
   * @throws Error also if it is another statement, has parameters or returns two columns of the same name
   */
  async describe(sql: Sql): Promise<Record<string, string>> {
    const statement = await this.#call(() => this.#connection.prepare(sql))
    try {
      if (statement.statementType !== StatementType.SELECT) throw new Error('contains a statement other than SELECT')
      if (statement.parameterCount > 0) throw new Error("has a parameter; read a value by getvariable('name') instead")
      const columns: Record<string, string> = {}
      for (let index = 0; index < statement.columnCount; index++) {
        const name = statement.columnName(index)
        if (Object.hasOwn(columns, name))
          throw new Error(`returns two columns named ${name}: rename one, or leave it out`)
        columns[name] = statement.columnType(index).toString()
      }
      return columns
    } finally {
      statement.destroySync()
    }
  }
}

/** Once a statement has run, all chunks are in memory and are taken at once; a reader would wait for each. */
function resultOf(result: DuckDBMaterializedResult): Result {
  const types = result.columnTypes()
  const convert = types.map(exactNumbers)
  const rows: JsonValue[][] = []
  for (let index = 0; index < result.chunkCount; index++) {
    for (const row of result.getChunk(index).convertRows(jsonValue)) {
      rows.push(row.map((value, column) => convert[column]?.(value ?? null) ?? null))
    }
  }
  return new Result(
    result.deduplicatedColumnNames(),
    types.map((type) => type.toString()),
    rows,
  )
}

export function closedError(cause?: unknown): LakeError {
  return new LakeError('LAKE_CLOSED', 'the lake is closed.', {
    ...(cause === undefined ? {} : { cause }),
    remedy: 'Open it again: await Lake.open()',
  })
}

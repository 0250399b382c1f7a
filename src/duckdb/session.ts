import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBMaterializedResult,
  JsonDuckDBValueConverter,
  StatementType,
} from '@duckdb/node-api'
import type { VariableValue } from './sql/literals.ts'
import { script, setOption, setVariable } from './sql/statements.ts'
import { exactNumbers, type JsonValue, type Row } from './values.ts'

export interface DatabaseOptions {
  readonly threads: number
  /** As DuckDB takes it: `4GB`. */
  readonly memoryLimit: string
  /** Where DuckDB spills what does not fit. */
  readonly tempFolder: string
}

/** A result whole: the columns in order, and the rows as arrays and as records. */
export interface Result {
  readonly columns: readonly string[]
  readonly types: readonly string[]
  readonly rows: readonly (readonly JsonValue[])[]
}

/** One DuckDB in memory; sessions share its threads and its memory. */
export class Database {
  readonly #instance: DuckDBInstance

  private constructor(instance: DuckDBInstance) {
    this.#instance = instance
  }

  static async open(options: DatabaseOptions): Promise<Database> {
    return new Database(
      await DuckDBInstance.create(':memory:', {
        threads: String(options.threads),
        memory_limit: options.memoryLimit,
        temp_directory: options.tempFolder,
        // Its bytes outlive a file that is rewritten in place: a landed file would be judged by what it was before.
        enable_external_file_cache: 'false',
      }),
    )
  }

  /** A session with variables, temporary views and a time zone (UTC) of its own. Calls on it run one after another. */
  async connect(): Promise<Session> {
    const session = new Session(await this.#instance.connect())
    await session.run(
      script([
        setOption('TimeZone', 'UTC'),
        // Off: insertion order means nothing in a table, and keeping it makes a COPY hold rows back in memory.
        setOption('preserve_insertion_order', false),
        setOption('partitioned_write_max_open_files', 1000),
        // Off: it refuses a whole file for what its GeoParquet keys lack. Without it such a column holds bytes.
        setOption('enable_geoparquet_conversion', false),
      ]),
    )
    return session
  }

  close(): void {
    this.#instance.closeSync()
  }
}

export class Session {
  readonly #connection: DuckDBConnection

  constructor(connection: DuckDBConnection) {
    this.#connection = connection
  }

  /** Runs statements for their effect. */
  async run(sql: string): Promise<void> {
    await this.#connection.run(sql)
  }

  /** Sets a variable; queries prepared afterwards see it through `getvariable`. */
  async setVariable(name: string, value: VariableValue): Promise<void> {
    await this.run(setVariable(name, value))
  }

  /** Runs statements in turn and gives the rows of the last as records. */
  async rows(sql: string): Promise<Row[]> {
    return recordsOf(resultOf(await this.#connection.run(sql)))
  }

  /** Runs every statement of a script in turn and gives the result of the last. */
  async script(sql: string): Promise<Result> {
    const statements = await this.#connection.extractStatements(sql)
    let result: Result = { columns: [], types: [], rows: [] }
    for (let index = 0; index < statements.count; index++) {
      const statement = await statements.prepare(index)
      try {
        result = resultOf(await statement.run())
      } finally {
        statement.destroySync()
      }
    }
    return result
  }

  /**
   * The columns that a SELECT would give, by name, without running it. Fails as the SELECT would, with its line.
   * @throws Error also for another statement, for one with parameters, and for two columns of one name
   */
  async describe(sql: string): Promise<Record<string, string>> {
    const statement = await this.#connection.prepare(sql)
    try {
      if (statement.statementType !== StatementType.SELECT) throw new Error('holds another statement than a SELECT')
      if (statement.parameterCount > 0) throw new Error("has a parameter; a value comes by getvariable('name')")
      const columns: Record<string, string> = {}
      for (let index = 0; index < statement.columnCount; index++) {
        const name = statement.columnName(index)
        if (Object.hasOwn(columns, name))
          throw new Error(`gives two columns ${name}: name one otherwise, or leave it out`)
        columns[name] = statement.columnType(index).toString()
      }
      return columns
    } finally {
      statement.destroySync()
    }
  }

  /** Stops the statement that is running, which then fails. */
  interrupt(): void {
    this.#connection.interrupt()
  }

  close(): void {
    this.#connection.closeSync()
  }
}

/** All is in memory once a statement has run: chunks are taken as they are, where a reader would wait for each. */
function resultOf(result: DuckDBMaterializedResult): Result {
  const types = result.columnTypes()
  const convert = types.map(exactNumbers)
  const rows: JsonValue[][] = []
  for (let index = 0; index < result.chunkCount; index++) {
    for (const row of result.getChunk(index).convertRows(JsonDuckDBValueConverter)) {
      rows.push(row.map((value, column) => convert[column]?.(value as JsonValue) ?? null))
    }
  }
  return { columns: result.deduplicatedColumnNames(), types: types.map((type) => type.toString()), rows }
}

/** The rows of a result as records. */
export function recordsOf(result: Result): Row[] {
  return result.rows.map((row) => Object.fromEntries(result.columns.map((name, column) => [name, row[column] ?? null])))
}

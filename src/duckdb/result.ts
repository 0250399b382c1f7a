import { type DuckDBDataChunk, type DuckDBResult, ResultReturnType } from '@duckdb/node-api'
import { exactNumbers, type JsonValue, jsonValue, type Row } from './values.ts'

/** The columns of a result, in order. Of two with the same name, the second is renamed. */
export interface ResultHead {
  readonly columns: readonly string[]
  /** DuckDB's types, such as `BIGINT` or `TIMESTAMP WITH TIME ZONE`. */
  readonly types: readonly string[]
}

/** A whole result: the columns in order, and the rows as arrays and as records. */
export class Result {
  readonly columns: readonly string[]
  /** DuckDB's types, such as `BIGINT` or `TIMESTAMP WITH TIME ZONE`. */
  readonly types: readonly string[]
  /** Each row as an array, in the order of the columns. */
  readonly rows: readonly (readonly JsonValue[])[]

  constructor(columns: readonly string[], types: readonly string[], rows: readonly (readonly JsonValue[])[]) {
    this.columns = columns
    this.types = types
    this.rows = rows
  }

  /** Each row as a record: column name → value. */
  get records(): Row[] {
    return recordsOf(this)
  }
}

/** Rows as records. */
export function recordsOf(result: {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly JsonValue[])[]
}): Row[] {
  return result.rows.map((row) => Object.fromEntries(result.columns.map((name, column) => [name, row[column] ?? null])))
}

/** DuckDB forgets an interruption that comes between two calls, so it is repeated after this time. */
export const INTERRUPT_AGAIN_MS = 50

/** What a result that is read bit by bit needs from its session. */
export interface ResultSource {
  /** Runs one call; a session runs one at a time. */
  readonly call: <T>(work: () => Promise<T>) => Promise<T>
  readonly interrupt: () => void
  /** Why the statement failed. */
  readonly reason: () => Promise<Error>
}

/**
 * A result that is read while DuckDB computes it, in chunks of some thousand rows. The next statement of its session
 * ends it: DuckDB then says that there are no more rows.
 */
export class ResultStream implements ResultHead {
  readonly columns: readonly string[]
  readonly types: readonly string[]
  /** Whether the statement returns rows, which SET, CREATE and INSERT do not. */
  readonly hasRows: boolean
  readonly #result: DuckDBResult
  readonly #source: ResultSource
  readonly #convert: readonly ((value: JsonValue) => JsonValue)[]

  constructor(result: DuckDBResult, source: ResultSource) {
    const types = result.columnTypes()
    this.columns = result.deduplicatedColumnNames()
    this.types = types.map((type) => type.toString())
    this.hasRows = result.returnType === ResultReturnType.QUERY_RESULT
    this.#result = result
    this.#source = source
    this.#convert = types.map(exactNumbers)
  }

  /** The next rows, or undefined after the last. */
  async next(): Promise<JsonValue[][] | undefined> {
    const chunk = await this.#chunk()
    return chunk
      ?.convertRows(jsonValue)
      .map((row) => row.map((value, column) => this.#convert[column]?.(value ?? null) ?? null))
  }

  /** Counts the rows that are left. After about `budgetMs` it stops the query. @returns whether all are counted */
  async countRest(budgetMs: number): Promise<{ readonly rows: number; readonly isAll: boolean }> {
    let rows = 0
    let isOver = false
    const stop = (): void => {
      isOver = true
      this.#source.interrupt()
      timer = setTimeout(stop, INTERRUPT_AGAIN_MS)
    }
    let timer = setTimeout(stop, budgetMs)
    try {
      for (;;) {
        const more = await this.#skip()
        if (more === undefined) return { rows, isAll: true }
        rows += more
        if (isOver) return { rows, isAll: false }
      }
    } catch (error) {
      if (isOver) return { rows, isAll: false }
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** Skips the next rows. @returns how many there were, or undefined after the last */
  async #skip(): Promise<number | undefined> {
    const chunk = await this.#chunk()
    // A chunk is freed by JavaScript's garbage collection, which runs only as JavaScript's own heap grows: a loop that
    // only counted took 1.5 GB. So a column is read.
    return chunk?.getColumnValues(0).length
  }

  async #chunk(): Promise<DuckDBDataChunk | undefined> {
    const chunk = await this.#source.call(() => this.#result.fetchChunk())
    if (chunk !== null && chunk.rowCount > 0) return chunk
    // A statement that fails midway ends like one that is done; only the type of its result tells the two apart.
    if (this.#result.returnType === ResultReturnType.INVALID) throw await this.#source.reason()
    return undefined
  }
}

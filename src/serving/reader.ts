import type { JsonValue } from '../duckdb/values.ts'

// What answers panels: the embedded store, or a copy of it elsewhere.

/** Up to where the models have come. */
export interface ServedPosition {
  /** Changes when the store is made anew: positions of two generations cannot be compared. */
  readonly generation: string
  /** The last batch of the followed stream. */
  readonly batch: number
  /** When that batch was written by its stream, and when it was taken here: milliseconds since 1970. */
  readonly batchTimeMs: number
  readonly takenMs: number
  /** The latest event time in it and before, in milliseconds since 1970; undefined if not known. */
  readonly newestEventMs: number | undefined
}

/** A query with named parameters, `$from`; what the names mean is the caller's business. */
export interface ServedQuery {
  /** As errors name it. */
  readonly name: string
  readonly sql: string
  /** Parameter → DuckDB's name of its type, such as `TIMESTAMPTZ` or `VARCHAR[]`. */
  readonly parameters: Readonly<Record<string, string>>
}

export interface ServedLimits {
  readonly maxRows: number
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** A result with the position that it belongs to: both are read at one moment. */
export interface ServedRows {
  readonly columns: readonly string[]
  /** DuckDB's names of the types. */
  readonly types: readonly string[]
  readonly rows: readonly (readonly JsonValue[])[]
  /** Whether there were more rows than the limit. */
  readonly isCut: boolean
  readonly position: ServedPosition
}

/** Values by parameter; what is left out is NULL. Times are ISO 8601 texts. */
export type ServedValues = Readonly<Record<string, string | number | boolean | readonly string[] | null>>

/** A model as its readers see it. */
export interface ServedModel {
  readonly name: string
  readonly columns: Readonly<Record<string, string>>
  /** While it is being built, a query over it fails with LAKE_QUERY_FAILED, which may be repeated. */
  readonly isBuilt: boolean
}

export interface ServingReader {
  readonly models: readonly ServedModel[]
  /** Undefined before the first batch. */
  position(): Promise<ServedPosition | undefined>
  /**
   * Checks that a query is one SELECT over the models alone, and returns its columns with their types.
   * @throws LakeError LAKE_SQL_INVALID naming the query and the place
   */
  prepare(query: ServedQuery): Promise<Readonly<Record<string, string>>>
  /** @throws LakeError LAKE_QUERY_FAILED, also when it takes too long */
  query(query: ServedQuery, values: ServedValues, limits: ServedLimits): Promise<ServedRows>
  /** All rows of a model at one position, in pieces. @throws LakeError LAKE_ARGUMENT_INVALID for an unknown name */
  model(name: string): AsyncGenerator<Omit<ServedRows, 'isCut'>>
  /** Calls the listener after each commit. @returns a function that ends this */
  onCommit(listener: (position: ServedPosition) => void): () => void
  close(): Promise<void>
}

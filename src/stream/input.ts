import type { Columns, VariableValue } from '../columns.ts'
import type { ForeignColumn } from '../parquet/foreignColumn.ts'

/** The rows of a range, as an engine is to read them. Paths are absolute, and none is a pattern. */
export type Input = TableInput | ForeignInput | GeneratedInput | SpooledInput

/** Parquet files of a Delta table. */
export interface TableInput {
  readonly kind: 'table'
  readonly files: readonly string[]
  /** By these names and types, whatever order a file has them in; NULL where it lacks one. */
  readonly columns: Columns
  /** Columns that are not in the files: the folders above each are named after their values, `column=value`. */
  readonly partitionBy: readonly string[]
}

/** Parquet files that other programs wrote. No group: no rows. */
export interface ForeignInput {
  readonly kind: 'foreign'
  readonly groups: readonly ForeignGroup[]
}

/** Files of one schema, and how their columns become the declared ones. */
export interface ForeignGroup {
  readonly files: readonly string[]
  readonly columns: readonly ForeignColumn[]
}

/** Rows of two columns: `value` counts from `first`, `timestamp` follows it. */
export interface GeneratedInput {
  readonly kind: 'generated'
  readonly first: number
  readonly endExclusive: number
  /** The `timestamp` of the first row, in microseconds since 1970, UTC. */
  readonly firstMicros: number
  /** From each row to the next, in microseconds. */
  readonly stepMicros: number
  /** What the SELECT draws with and from. */
  readonly variables: Readonly<Record<string, VariableValue>>
}

/** Files that the source itself has written, because what it reads from has none. No file: no rows. */
export interface SpooledInput {
  readonly kind: 'spooled'
  /**
   * `parquet`: the columns have these types, whatever order a file has them in. `ndjson`: an object in JSON a line, in
   * UTF-8; a value is a text, such as `2026-11-22`, a time in ISO 8601 or bytes in base64, or a number of 64 bits or a
   * boolean as it is; a DECIMAL or longer number is exact only as a text. A column that is missing is NULL, one that is
   * not declared is left out, and a value that is none of its type fails.
   */
  readonly format: 'parquet' | 'ndjson'
  readonly files: readonly string[]
  readonly columns: Columns
}

import type { Columns, VariableValue } from '../columns.ts'
import type { ForeignColumn } from '../parquet/foreignColumn.ts'

/** How an engine reads the rows of a range. Paths are absolute, and none is a glob pattern. */
export type Input = TableInput | DeltaInput | ForeignInput | GeneratedInput | SpooledInput

/** Parquet files of a Delta table. */
export interface TableInput {
  readonly kind: 'table'
  readonly files: readonly string[]
  /** Matched by name, whatever their order in a file; a column that a file lacks is NULL. */
  readonly columns: Columns
  /** Columns that are not in the files: their values are in the names of the folders above, as `column=value`. */
  readonly partitionBy: readonly string[]
}

/** Parquet files of a Delta table that any writer made. */
export interface DeltaInput {
  readonly kind: 'delta'
  /** At least one. */
  readonly files: readonly DeltaFile[]
  /** Matched by name, whatever their order in a file; a column that a file lacks is NULL. */
  readonly columns: Columns
  /** Columns that are not read from the files: the log says their values. */
  readonly partitionBy: readonly string[]
  /** Column → its name in the files, where that is another one. */
  readonly storedAs: Readonly<Record<string, string>>
}

export interface DeltaFile {
  readonly file: string
  /** Each column of `partitionBy` → its value in all rows, as the Delta protocol writes it; null for NULL. */
  readonly partitionValues: Readonly<Record<string, string | null>>
  /**
   * The positions of rows that are deleted, from 0 on: a 64-bit Roaring bitmap in its portable format, in base64. null:
   * no row is.
   */
  readonly deleted: string | null
}

/** Parquet files that other programs wrote. Without a group, there are no rows. */
export interface ForeignInput {
  readonly kind: 'foreign'
  readonly groups: readonly ForeignGroup[]
}

/** Files with one schema, and how their columns become the declared ones. */
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
  /** What the SELECT draws values with and from. */
  readonly variables: Readonly<Record<string, VariableValue>>
}

/** Files that the source itself wrote, because it does not read from files. Without a file, there are no rows. */
export interface SpooledInput {
  readonly kind: 'spooled'
  /**
   * `parquet`: the columns have these types, in any order. `ndjson`: one JSON object per line, in UTF-8. There, a value
   * is a string (a date like `2026-11-22`, a time in ISO 8601, bytes in base64), a boolean, or a number of up to 64
   * bits; a DECIMAL or a longer number is exact only as a string. A missing column is NULL, an undeclared one is
   * ignored, and a value that is not of its column's type makes the batch fail.
   */
  readonly format: 'parquet' | 'ndjson'
  readonly files: readonly string[]
  readonly columns: Columns
}

/** All files that an input is read from, in its order; a generator reads none. */
export function filesOf(input: Input): readonly string[] {
  switch (input.kind) {
    case 'table':
    case 'spooled':
      return input.files
    case 'delta':
      return input.files.map(({ file }) => file)
    case 'foreign':
      return input.groups.flatMap(({ files }) => files)
    case 'generated':
      return []
  }
}

import type { ColumnTypes } from '../configParts.ts'
import type { ReadOptions } from '../delta/config.ts'

export interface DeltaFolderConfig extends ReadOptions {
  readonly kind: 'deltaFolder'
  readonly path: string
  /** What the stream's SELECT calls the rows; by default the last folder of the path. */
  readonly name?: string
  /** The columns to read; by default those of the table's log. */
  readonly columns?: ColumnTypes
}

/** The new rows of a Delta table anywhere on the disk. @param path  absolute, or relative to the lake's root */
export function deltaFolder(
  path: string,
  options: {
    /** What the stream's SELECT calls the rows; by default the last folder of the path. */
    name?: string
    /** The columns to read; by default those of the table's log. */
    columns?: ColumnTypes
  } & ReadOptions = {},
): DeltaFolderConfig {
  return { ...options, kind: 'deltaFolder', path }
}

import type { ColumnTypes } from '../configParts.ts'

export interface ParquetFolderConfig {
  readonly kind: 'parquetFolder'
  readonly path: string
  /** By default, those of the stream's table. */
  readonly columns?: ColumnTypes
  /** What happens to a file once its rows are in the table; `archive` by default. */
  readonly afterCommit?: AfterCommit
  /** @deprecated The earlier name of `afterCommit`; goes with the next version. */
  readonly afterwards?: AfterCommit
}

export type AfterCommit = 'archive' | 'delete'

/** Parquet files that any program drops into a folder. @param path  relative to the lake's root */
export function parquetFolder(
  path: string,
  options: {
    columns?: ColumnTypes
    afterCommit?: AfterCommit
    /** @deprecated The earlier name of `afterCommit`; goes with the next version. */
    afterwards?: AfterCommit
  } = {},
): ParquetFolderConfig {
  return { ...options, kind: 'parquetFolder', path }
}

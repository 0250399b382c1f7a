// What the footers of Parquet files say.
import { fileList } from './literals.ts'

/** The sum of the rows that the footers of Parquet files count. */
export function footerRowsInAll(files: readonly string[]): string {
  return `SELECT CAST(sum(num_rows) AS BIGINT) AS rows FROM parquet_file_metadata(${fileList(files)})`
}

/** The rows that the footer of each Parquet file counts. */
export function footerRows(files: readonly string[]): string {
  return `SELECT file_name, num_rows FROM parquet_file_metadata(${fileList(files)})`
}

/** The rows of each Parquet file as its row groups count them. */
export function rowGroupRows(files: readonly string[]): string {
  return (
    `SELECT file_name, CAST(sum(row_group_num_rows) AS BIGINT) AS rows ` +
    `FROM parquet_metadata(${fileList(files)}) WHERE column_id = 0 GROUP BY file_name`
  )
}

/**
 * The schemas of Parquet files, each once with the files that have it: its elements depth first, so that a nested one
 * is followed by its children.
 */
export function fileSchemas(files: readonly string[]): string {
  const element = '{name: name, type: duckdb_type, children: CAST(coalesce(num_children, 0) AS INTEGER)}'
  return (
    `SELECT elements, list(file_name) AS files FROM (` +
    `SELECT file_name, list(${element} ORDER BY column_id) AS elements ` +
    `FROM parquet_schema(${fileList(files)}) GROUP BY file_name) GROUP BY elements`
  )
}

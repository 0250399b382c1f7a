// What the footers of Parquet files say.
import { fileList } from './literals.ts'

/** The sum of the rows that the footers of Parquet files count. */
export function footerRowsInAll(files: readonly string[]): string {
  return `SELECT CAST(sum(num_rows) AS BIGINT) AS rows FROM parquet_file_metadata(${fileList(files)})`
}

// What the footers of Parquet files say.
import { fileList } from './literals.ts'
import { type Sql, sql } from './sql.ts'

/** The number of rows in Parquet files, by their footers. */
export function footerRowsInAll(files: readonly string[]): Sql {
  return sql`SELECT CAST(sum(num_rows) AS BIGINT) AS rows FROM parquet_file_metadata(${fileList(files)})`
}

// The rows that an engine has written for a query.
import { fileList, identifier, listed } from './literals.ts'
import { clauses, type Sql, sql } from './sql.ts'

/** The rows of Parquet files, in the order of the files, which call each column by its place. */
export function rowsInOrder(files: readonly string[], columns: readonly string[]): Sql {
  const selected = columns.map((name, index) => sql`${identifier(`c${index}`)} AS ${identifier(name)}`)
  return clauses(
    sql`SELECT ${listed(selected)} FROM read_parquet(${fileList(files)}, hive_partitioning = false,`,
    sql`union_by_name = false) ORDER BY file_index, file_row_number`,
  )
}

// Tables of the lake as they were.
import type { Columns } from '../../columns.ts'
import { identifier, listed, text, textList, typeSql } from './literals.ts'
import { type Sql, sql } from './sql.ts'

/** How the error of a table begins that is not known as of then; DuckDB puts its own words before it. */
export const NOT_THEN = 'LAKE_NOT_THEN: '

/** Leaves files out of a table, by their paths below its folder, before it is decided how it is read. */
export function leaveOutFiles(table: string, paths: readonly string[]): Sql {
  return sql`INSERT INTO left_out_files SELECT ${text(table)}, unnest(${textList(paths)}::VARCHAR[])`
}

/** The same for the files that come after a path, in name order. */
export function leaveOutAfter(table: string, path: string): Sql {
  const after = sql`SELECT name, path FROM live_files WHERE name = ${text(table)} AND path > ${text(path)}`
  return sql`INSERT INTO left_out_files ${after}`
}

/** Stands for a table that is not known as of then: whatever reads it fails with the reason. */
export function refusedTable(columns: Columns, why: string): Sql {
  const nulls = Object.entries(columns).map(([name, type]) => sql`NULL::${typeSql(type)} AS ${identifier(name)}`)
  // The argument comes from a row, so that only reading it fails, not naming it.
  const row = sql`FROM (VALUES (${text(NOT_THEN + why)})) AS refused(why)`
  return sql`SELECT ${listed(nulls)} ${row} WHERE CAST(error(refused.why) AS VARCHAR) IS NULL`
}

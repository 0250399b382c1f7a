// Reference files: CSV with a header.
import type { Columns } from '../../columns.ts'
import { exactPath, identifier, listed, text } from './literals.ts'
import { clauses, type Sql, sql } from './sql.ts'
import { exactValue } from './textValues.ts'

/** How reference files are read: everything said, nothing guessed from the first lines. */
const REFERENCE_FORM = sql`header = true, skip = 0, delim = ',', quote = '"', escape = '"', comment = ''`

/** A CSV file with a header, and its columns by name and typed. */
export interface ReferenceFile {
  readonly name: string
  readonly file: string
  readonly columns: Columns
}

/** The rows of a reference file. A value that is none of its column's type fails by name, and none is rounded. */
export function readReference({ name, file, columns }: ReferenceFile): Sql {
  const values = Object.entries(columns).map(
    ([column, type]) =>
      sql`${exactValue(column, type, `reference ${name}: column ${column} has`)} AS ${identifier(column)}`,
  )
  return sql`SELECT ${listed(values)} FROM read_csv(${text(exactPath(file))}, ${REFERENCE_FORM}, all_varchar = true)`
}

/** How many rows a CSV file of so many columns has; fails with the line at which it is none. */
export function readCsvLines(file: string, columns: number): Sql {
  const names = Array.from({ length: columns }, (_, index) => sql`${text(`column ${index}`)}: 'VARCHAR'`)
  return clauses(
    sql`SELECT count(COLUMNS(*)) FROM read_csv(${text(exactPath(file))}, ${REFERENCE_FORM},`,
    sql`auto_detect = false, strict_mode = true, columns = {${listed(names)}})`,
  )
}

/** Rows of `table` whose `key` is NULL or stands more than once: empty is well. */
export function badKeys(table: string, key: string): Sql {
  const name = identifier(key)
  return clauses(
    sql`SELECT CAST(${name} AS VARCHAR) AS key, count(*) AS count FROM ${identifier(table)}`,
    sql`GROUP BY ALL HAVING ${name} IS NULL OR count(*) > 1 ORDER BY 1 LIMIT 5`,
  )
}

// Reference files: CSV with a header.
import type { Columns } from '../../columns.ts'
import { exactPath, identifier, listed, text } from './literals.ts'
import { clauses, type Sql, sql } from './sql.ts'
import { exactValue } from './textValues.ts'

/** How reference files are read: every option is set, nothing is guessed from the first lines. */
const REFERENCE_FORM = sql`header = true, skip = 0, delim = ',', quote = '"', escape = '"', comment = ''`

/** A CSV file with a header, and its columns with their types. */
export interface ReferenceFile {
  readonly name: string
  readonly file: string
  readonly columns: Columns
}

/** The rows of a reference file. A value that does not fit its column's type fails by name; no value is rounded. */
export function readReference({ name, file, columns }: ReferenceFile): Sql {
  const values = Object.entries(columns).map(
    ([column, type]) =>
      sql`${exactValue(column, type, `reference ${name}: column ${column} has`)} AS ${identifier(column)}`,
  )
  return sql`SELECT ${listed(values)} FROM read_csv(${text(exactPath(file))}, ${REFERENCE_FORM}, all_varchar = true)`
}

/** Counts the rows of a CSV file with so many columns; fails with the first line that has another shape. */
export function readCsvLines(file: string, columns: number): Sql {
  const names = Array.from({ length: columns }, (_, index) => sql`${text(`column ${index}`)}: 'VARCHAR'`)
  return clauses(
    sql`SELECT count(COLUMNS(*)) FROM read_csv(${text(exactPath(file))}, ${REFERENCE_FORM},`,
    sql`auto_detect = false, strict_mode = true, columns = {${listed(names)}})`,
  )
}

/** Values of `key` in `table` that are NULL or occur more than once; no rows if there are none. */
export function badKeys(table: string, key: string): Sql {
  const name = identifier(key)
  return clauses(
    sql`SELECT CAST(${name} AS VARCHAR) AS key, count(*) AS count FROM ${identifier(table)}`,
    sql`GROUP BY ALL HAVING ${name} IS NULL OR count(*) > 1 ORDER BY 1 LIMIT 5`,
  )
}

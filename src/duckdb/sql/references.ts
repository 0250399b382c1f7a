// Reference files: CSV with a header.
import { type Columns, exactPath, identifier, inDeltaYears, isTime, listed, text, typeSql } from './literals.ts'
import { clauses, joined, type Sql, sql } from './sql.ts'

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
    ([column, type]) => sql`${referenceValue(name, column, type)} AS ${identifier(column)}`,
  )
  return sql`SELECT ${listed(values)} FROM read_csv(${text(exactPath(file))}, ${REFERENCE_FORM}, all_varchar = true)`
}

function referenceValue(reference: string, column: string, type: string): Sql {
  const given = identifier(column)
  if (type === 'VARCHAR') return given
  const value = sql`TRY_CAST(${given} AS ${typeSql(type)})`
  const exact = exactType(type)
  const isExact = exact === undefined ? [] : [sql`${value} = TRY_CAST(${given} AS ${typeSql(exact)})`]
  const isInRange = isTime(type) ? [inDeltaYears(value, type)] : []
  const isSound = joined([sql`${value} IS NOT NULL`, ...isExact, ...isInRange], ' AND ')
  const [before, after] = [text(`reference ${reference}: column ${column} has '`), text(`', which is no ${type}`)]
  const failure = sql`error(${before} || left(${given}, 60) || ${after})`
  return sql`CASE WHEN ${given} IS NULL OR (${isSound}) THEN ${value} ELSE ${failure} END`
}

/** A type that keeps what a cast from text to `type` would round away; undefined where none would, or by its nature. */
function exactType(type: string): string | undefined {
  if (type === 'DATE') return 'TIMESTAMP'
  if (type.endsWith('INT') || type === 'INTEGER') return 'DECIMAL(38, 18)'
  const [, digits, scale] = /^DECIMAL\((\d+), ?(\d+)\)$/.exec(type) ?? []
  return digits === undefined ? undefined : `DECIMAL(38, ${38 - Number(digits) + Number(scale)})`
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

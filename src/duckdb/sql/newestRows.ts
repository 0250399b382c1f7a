// The newest rows of a table, for people. What they look for is never part of the text: it comes as parameters.
import { identifier, listed, text, typeSql } from './literals.ts'
import { clauses, joined, type Sql, sql } from './sql.ts'
import { namedPathsOf } from './tableFiles.ts'

/** The columns of a table, in order, as `delta/reads.sql` has found them in its log. */
export function columnsOf(table: string): Sql {
  return sql`SELECT column_name AS name, type FROM table_columns WHERE name = ${text(table)} ORDER BY position`
}

/** The SELECT that reads a table's files from the variable `lake_files_<name>`. */
export function readOf(table: string): Sql {
  return sql`SELECT text FROM table_reads WHERE name = ${text(table)}`
}

/**
 * The live files of a table, as DuckDB's readers take them, with the earliest and the latest time that a column has in
 * each: milliseconds since 1970, NULL where the log does not say. Without a column, all are NULL.
 */
export function filesWithTimes(table: string, column: string | undefined): Sql {
  const found = sql`json_valid(l.stats)`
  const bound = (kind: 'minValues' | 'maxValues'): Sql => {
    if (column === undefined) return sql`NULL`
    // A JSON pointer: a path would take dots and quotes in the name for its own.
    const pointer = `/${kind}/${column.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const value = sql`json_extract_string(l.stats, ${text(pointer)})`
    return sql`CASE WHEN ${found} THEN epoch_ms(TRY_CAST(${value} AS TIMESTAMPTZ)) END`
  }
  return clauses(
    sql`SELECT regexp_replace(l.file, '([*?\\[])', '[\\1]', 'g') AS file, l.version,`,
    sql`${bound('minValues')} AS earliest, ${bound('maxValues')} AS latest`,
    sql`FROM live_files AS l WHERE l.name = ${text(table)}`,
  )
}

/** The files of a table that its log names, but that are not live any more: the path of each, as the log has it. */
export function replacedPaths(table: string): Sql {
  const live = sql`SELECT path FROM live_files WHERE name = ${text(table)}`
  return sql`FROM (${namedPathsOf(table)}) WHERE path NOT IN (${live})`
}

/** What a column must be: one of some values, given as parameters, or NULL. */
export interface ColumnFilter {
  readonly column: string
  readonly type: string
  /** The numbers of the parameters. */
  readonly parameters: readonly number[]
  readonly orNull: boolean
}

/** The bounds of a time, by the numbers of their parameters; the second is excluded. */
export interface TimeFilter {
  readonly from: number | undefined
  readonly to: number | undefined
}

/** Whether a text, the only parameter, is a value of a type. */
export function isValueOf(type: string): Sql {
  return sql`SELECT TRY_CAST($value AS ${typeSql(type)}) IS NOT NULL AS fits`
}

/** How much of a text is shown. */
const SHOWN_CHARACTERS = 2_000

/**
 * The newest rows of a relation, at most `limit` of them. Times that are NULL come last. Long texts are cut.
 * @param relation  a variable that has the SELECT of the rows
 */
export function newestRows(
  relation: string,
  columns: readonly { readonly name: string; readonly type: string }[],
  time: string | undefined,
  { filters, range }: { readonly filters: readonly ColumnFilter[]; readonly range: TimeFilter },
  limit: number,
): Sql {
  const conditions = [...filters.map(conditionOf), ...(time === undefined ? [] : rangeOf(time, range))]
  return clauses(
    sql`SELECT ${listed(columns.map(shownColumn))} FROM query(getvariable(${text(relation)})) AS rows`,
    ...(conditions.length === 0 ? [] : [sql`WHERE ${joined(conditions, ' AND ')}`]),
    ...(time === undefined ? [] : [sql`ORDER BY rows.${identifier(time)} DESC NULLS LAST`]),
    sql`LIMIT ${limit}`,
  )
}

function conditionOf({ column, type, parameters, orNull }: ColumnFilter): Sql {
  const values = parameters.map((number) => sql`CAST($p${number} AS ${typeSql(type)})`)
  const name = sql`rows.${identifier(column)}`
  const isOne = values.length === 0 ? sql`false` : sql`${name} IN (${listed(values)})`
  return orNull ? sql`(${isOne} OR ${name} IS NULL)` : isOne
}

function rangeOf(time: string, { from, to }: TimeFilter): Sql[] {
  const name = sql`rows.${identifier(time)}`
  return [
    ...(from === undefined ? [] : [sql`${name} >= CAST($p${from} AS TIMESTAMPTZ)`]),
    ...(to === undefined ? [] : [sql`${name} < CAST($p${to} AS TIMESTAMPTZ)`]),
  ]
}

function shownColumn({ name, type }: { readonly name: string; readonly type: string }): Sql {
  const column = sql`rows.${identifier(name)}`
  if (type !== 'VARCHAR' && type !== 'BLOB') return column
  const shown = type === 'BLOB' ? sql`CAST(${column}[:${SHOWN_CHARACTERS}] AS VARCHAR)` : column
  return clauses(
    sql`CASE WHEN length(${shown}) > ${SHOWN_CHARACTERS} THEN left(${shown}, ${SHOWN_CHARACTERS}) || '…'`,
    sql`ELSE ${shown} END AS ${identifier(name)}`,
  )
}

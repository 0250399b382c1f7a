// Foreign Parquet files, cast to declared columns.
import type { ForeignColumn } from '../../parquet/foreignColumn.ts'
import { type ColumnType, typeName } from '../../parquet/types.ts'
import { type Conversion, conversionOf, type Problem, unforeseen } from './foreignValues.ts'
import { fileList, identifier, listed, text, textList, typeSql } from './literals.ts'
import { clauses, joined, type Sql, sql } from './sql.ts'

/** Whether a value of one type can become one of another. If none can, a column may still have no value at all. */
export function isConvertible(from: ColumnType, to: string): boolean {
  return conversionOf(sql`x`, from, to) !== undefined
}

/** Why a column cannot become the declared one. */
export function misfitReason(name: string, from: ColumnType, to: string): string {
  return `column ${name} is ${typeName(from)}, but the table needs ${to}`
}

/**
 * What becomes of the rows: they are copied as they are, or a SELECT looks at their values. What a file's statistics
 * say matters only to a SELECT, so columns that are copied need not be hidden from them. (Measured: hiding all columns
 * makes landing 20M rows a tenth slower.)
 */
export type ForeignUse = 'copied' | 'queried'

/** The rows of foreign Parquet files that share one schema, cast to the declared columns. */
export function readForeignFiles(files: readonly string[], columns: readonly ForeignColumn[], use: ForeignUse): Sql {
  const projection = columns.map((column) => sql`${foreignValue(column, use)} AS ${identifier(column.name)}`)
  return sql`SELECT ${listed(projection)} FROM ${foreignFiles(files)}`
}

/**
 * Why a foreign file cannot become the declared columns: its first value that does not fit, with its column and its
 * row, counted from 1. No rows if all values fit.
 * @returns undefined if no value needs a check
 */
export function unfitValue(file: string, columns: readonly ForeignColumn[]): Sql | undefined {
  const searches = columns.flatMap((column, index) => {
    const { missing, problems } = checkedConversion(column)
    return problems.map((problem) => {
      const isUnfit = missing === undefined ? problem.when : sql`NOT coalesce(${missing}, false) AND (${problem.when})`
      return clauses(
        sql`(SELECT file_row_number AS file_row, ${index} AS place, ${reasonOf(column, problem)} AS reason`,
        sql`FROM ${foreignFiles([file])} WHERE ${isUnfit} ORDER BY file_row LIMIT 1)`,
      )
    })
  })
  if (searches.length === 0) return undefined
  return sql`SELECT reason FROM (${joined(searches, ' UNION ALL ')}) ORDER BY file_row, place LIMIT 1`
}

function reasonOf({ name, type, found }: ForeignColumn, { says }: Problem): Sql {
  if (found === undefined || says === undefined) return text(misfitReason(name, found?.type ?? { kind: 'null' }, type))
  const value = sql`left(coalesce(TRY_CAST(${identifier(found.name)} AS VARCHAR), '?'), ${SHOWN_CHARACTERS})`
  return sql`concat(${text(`column ${name}, row `)}, file_row_number + 1, ': ', ${value}, ${text(` ${says}`)})`
}

/** One of these texts that is no value of a type; no row if all are. */
export function unfitText(texts: readonly string[], type: string): Sql {
  return clauses(
    sql`SELECT given FROM unnest(${textList(texts)}) AS t(given)`,
    sql`WHERE TRY_CAST(given AS ${typeSql(type)}) IS NULL LIMIT 1`,
  )
}

/** How much of a value a message shows. */
const SHOWN_CHARACTERS = 60

function foreignFiles(files: readonly string[]): Sql {
  return sql`read_parquet(${fileList(files)}, hive_partitioning = false, union_by_name = false)`
}

function foreignValue(column: ForeignColumn, use: ForeignUse): Sql {
  const { name, type, found, value: given } = column
  if (typeof given === 'string') return sql`CAST(${text(given)} AS ${typeSql(type)})`
  if (found === undefined) return sql`NULL::${typeSql(type)}`
  const { value, missing, problems } = checkedConversion(column)
  if (missing === undefined && problems.length === 0) {
    const copied = use === 'copied' ? conversionOf(identifier(found.name), found.type, type, found) : undefined
    return copied?.value ?? value
  }
  // Names the file, so that it need not be searched for among those that are read together.
  const where = sql`concat('"', filename, '"')`
  const cases = problems.map(({ when, says }) => {
    const what = text(`column ${name}: a value ${says ?? 'of another type'} in `)
    return sql`WHEN ${when} THEN error(concat(${what}, ${where}))`
  })
  if (missing !== undefined) cases.unshift(sql`WHEN ${missing} THEN NULL`)
  return sql`CASE ${clauses(...cases)} ELSE ${value} END`
}

function checkedConversion({ type, found }: ForeignColumn): Conversion {
  if (found === undefined) return { value: sql`NULL::${typeSql(type)}`, problems: [] }
  const column = unforeseen(identifier(found.name))
  const conversion = conversionOf(column, found.type, type, found)
  if (conversion !== undefined) return conversion
  // A column without values has no wrong type. Whether it has any is seen when it is read.
  return { value: sql`NULL::${typeSql(type)}`, problems: [{ when: sql`${column} IS NOT NULL` }] }
}

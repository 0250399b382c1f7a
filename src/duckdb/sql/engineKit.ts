// What the test kit of engines asks DuckDB about the files that an engine has written.
import type { Columns } from '../../columns.ts'
import { fileList, identifier, inDeltaYears, isTime, listed, text, typeSql } from './literals.ts'
import { clauses, type Sql, sql } from './sql.ts'
import { allRows } from './statements.ts'

const FILE_COLUMN = 'file='

/** The rows of staged files of one table, cast to its columns. `values` is a relation with their partition values. */
export function stagedRows(
  files: readonly string[],
  columns: Columns,
  partitionBy: readonly string[],
  values: string,
): Sql {
  const selected = Object.entries(columns).map(([name, type]) => {
    const place = partitionBy.indexOf(name)
    const value = place === -1 ? sql`f.${identifier(name)}` : sql`v.${identifier(`p${place}`)}`
    return sql`CAST(${value} AS ${typeSql(type)}) AS ${identifier(name)}`
  })
  return clauses(
    sql`SELECT ${listed(selected)} FROM read_parquet(${fileList(files)}, filename = ${text(FILE_COLUMN)},`,
    sql`hive_partitioning = false, union_by_name = true) AS f`,
    sql`LEFT JOIN ${identifier(values)} AS v ON v.file = f.${identifier(FILE_COLUMN)}`,
  )
}

/** Rows of one relation that another does not have, each as text, with their number. */
export function rowsBeyond(relation: string, other: string): Sql {
  return clauses(
    sql`SELECT CAST("row of the kit" AS VARCHAR) AS "row", count(*) OVER () AS rows`,
    sql`FROM (${allRows(relation)} EXCEPT ALL ${allRows(other)}) AS "row of the kit" ORDER BY 1 LIMIT 1`,
  )
}

/** Of each column of a file: in how many rows it is NULL, whether a value has no place in an order, and the bounds. */
export function valuesInFile(file: string, columns: Columns): Sql {
  const found = Object.entries(columns).map(([name, type]) => {
    const column = identifier(name)
    const isOdd = isFloating(type) ? notFinite(column) : isTime(type) ? notInYears(column, type) : sql`false`
    return clauses(
      sql`{name: ${text(name)}, nulls: CAST(count(*) - count(${column}) AS INTEGER),`,
      sql`hasOdd: coalesce(bool_or(${isOdd}), false),`,
      sql`min: ${boundText(sql`min(${column})`, type)}, max: ${boundText(sql`max(${column})`, type)}}`,
    )
  })
  return clauses(
    sql`SELECT [${listed(found)}] AS found`,
    sql`FROM read_parquet(${fileList([file])}, hive_partitioning = false, union_by_name = false)`,
  )
}

function boundText(value: Sql, type: string): Sql {
  if (type === 'BLOB') return sql`NULL::VARCHAR`
  if (type === 'TIMESTAMPTZ') return sql`strftime(CAST(${value} AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.%fZ')`
  return sql`CAST(${value} AS VARCHAR)`
}

function notFinite(column: Sql): Sql {
  return sql`NOT isfinite(${column})`
}

function notInYears(column: Sql, type: 'DATE' | 'TIMESTAMPTZ'): Sql {
  return sql`NOT (${inDeltaYears(column, type)})`
}

function isFloating(type: string): boolean {
  return type === 'FLOAT' || type === 'DOUBLE'
}

/** Numbers from 0 on. */
export function countedRows(column: string, rows: number): Sql {
  return sql`SELECT range AS ${identifier(column)} FROM range(${rows})`
}

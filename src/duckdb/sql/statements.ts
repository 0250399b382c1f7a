// Statements that any session runs.
import {
  type Columns,
  castColumns,
  columnList,
  emptyRelation,
  identifier,
  literal,
  type VariableValue,
} from './literals.ts'

export function setVariable(name: string, value: VariableValue): string {
  return `SET VARIABLE ${identifier(name)} = ${literal(value)}`
}

export function setVariables(values: Readonly<Record<string, VariableValue>>): string[] {
  return Object.entries(values).map(([name, value]) => setVariable(name, value))
}

/** Several statements as one text. */
export function script(statements: readonly string[]): string {
  return statements.join(';\n')
}

export function setOption(name: string, value: string | number | boolean): string {
  return `SET ${name} = ${literal(value)}`
}

export function createTempView(name: string, select: string): string {
  return `CREATE OR REPLACE TEMP VIEW ${identifier(name)} AS ${select}`
}

export function createTempTable(name: string, select: string): string {
  return `CREATE OR REPLACE TEMP TABLE ${identifier(name)} AS ${select}`
}

export function unionAll(selects: readonly string[]): string {
  return selects.join(' UNION ALL ')
}

/** All rows of a relation as they are. */
export function allRows(relation: string): string {
  return `FROM ${identifier(relation)}`
}

export function dropTable(name: string): string {
  return `DROP TABLE IF EXISTS ${identifier(name)}`
}

/** A temporary table with the given rows; every cell a literal. */
export function createTempTableOf(
  name: string,
  columns: Columns,
  rows: readonly (readonly (string | number | null)[])[],
): string {
  const names = Object.keys(columns)
  if (rows.length === 0) return createTempTable(name, emptyRelation(columns))
  const tuples = rows.map((row) => `(${row.map(literal).join(', ')})`)
  return createTempTable(
    name,
    `SELECT ${castColumns(columns)} FROM (VALUES ${tuples.join(', ')}) AS v(${columnList(names)})`,
  )
}

/** Runs a query without returning its rows. */
export function explainAnalyze(query: string): string {
  return `EXPLAIN ANALYZE ${query}`
}

/** Writes the rows of a query, at most `limit` of them, to a Parquet file. */
export function copyToParquet(query: string, file: string, limit: number | undefined): string {
  // On lines of its own: the query may end with a comment.
  const rows = limit === undefined ? `FROM (\n${query}\n)` : `FROM (\n${query}\n) LIMIT ${limit}`
  return `COPY (${rows}) TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd)`
}

// Statements that any session may run.
import type { Columns, VariableValue } from '../../columns.ts'
import { castColumns, columnList, emptyRelation, identifier, listed, literal } from './literals.ts'
import { joined, type Sql, sql } from './sql.ts'
import { statementsOf } from './statementTexts.ts'

export function setVariable(name: string, value: VariableValue): Sql {
  return sql`SET VARIABLE ${identifier(name)} = ${literal(value)}`
}

export function setVariables(values: Readonly<Record<string, VariableValue>>): Sql[] {
  return Object.entries(values).map(([name, value]) => setVariable(name, value))
}

/** SQL on lines of its own: what a user wrote may end with a comment. */
export function onLines(given: Sql): Sql {
  return sql`\n${given}\n`
}

/** Several statements as one text. */
export function script(statements: readonly Sql[]): Sql {
  return joined(statements, ';\n')
}

const OPTIONS = {
  TimeZone: sql`TimeZone`,
  preserve_insertion_order: sql`preserve_insertion_order`,
  partitioned_write_max_open_files: sql`partitioned_write_max_open_files`,
  enable_geoparquet_conversion: sql`enable_geoparquet_conversion`,
  memory_limit: sql`memory_limit`,
  threads: sql`threads`,
  allowed_directories: sql`allowed_directories`,
  allowed_paths: sql`allowed_paths`,
  enable_external_access: sql`enable_external_access`,
  lock_configuration: sql`lock_configuration`,
  checkpoint_threshold: sql`checkpoint_threshold`,
  default_block_size: sql`default_block_size`,
}

export function setOption(name: keyof typeof OPTIONS, value: string | number | boolean): Sql {
  return sql`SET ${OPTIONS[name]} = ${literal(value)}`
}

/** Sets an option for every session that opens from now on. */
export function setOptionForAll(name: keyof typeof OPTIONS, value: VariableValue): Sql {
  return sql`SET GLOBAL ${OPTIONS[name]} = ${literal(value)}`
}

export function createTempView(name: string, select: Sql): Sql {
  return sql`CREATE OR REPLACE TEMP VIEW ${identifier(name)} AS ${select}`
}

export function createTempTable(name: string, select: Sql): Sql {
  return sql`CREATE OR REPLACE TEMP TABLE ${identifier(name)} AS ${select}`
}

export function unionAll(selects: readonly Sql[]): Sql {
  return joined(selects, ' UNION ALL ')
}

/** Some columns of a SELECT. */
export function columnsOf(names: readonly string[], select: Sql): Sql {
  return sql`SELECT ${columnList(names)} FROM (${select})`
}

/** All rows of a relation as they are. */
export function allRows(relation: string): Sql {
  return sql`FROM ${identifier(relation)}`
}

export function dropTable(name: string): Sql {
  return sql`DROP TABLE IF EXISTS ${identifier(name)}`
}

/** A temporary table with the given rows; every cell is a literal. */
export function createTempTableOf(
  name: string,
  columns: Columns,
  rows: readonly (readonly (string | number | null)[])[],
): Sql {
  const names = Object.keys(columns)
  if (rows.length === 0) return createTempTable(name, emptyRelation(columns))
  const tuples = rows.map((row) => sql`(${listed(row.map(literal))})`)
  return createTempTable(
    name,
    sql`SELECT ${castColumns(columns)} FROM (VALUES ${listed(tuples)}) AS v(${columnList(names)})`,
  )
}

/** The version of the DuckDB that runs. */
export const duckdbVersion = sql`SELECT ltrim(version(), 'v') AS version`

/** A query as it is, without its rows: for the columns of one with parameters, whose types come with their values. */
export function noRowsOf(query: Sql): Sql {
  return sql`FROM (${onLines(statementsOf(query))}) LIMIT 0`
}

/** Runs a query without returning its rows. */
export function explainAnalyze(query: Sql): Sql {
  return sql`EXPLAIN ANALYZE ${query}`
}

/** Writes the rows of a query, at most `limit` of them, to a Parquet file. */
export function copyToParquet(query: Sql, file: string, limit: number | undefined): Sql {
  const all = sql`FROM (${onLines(query)})`
  const rows = limit === undefined ? all : sql`${all} LIMIT ${limit}`
  return sql`COPY (${rows}) TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd)`
}

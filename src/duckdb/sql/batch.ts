// What a batch reads, selects and writes.
import { columnList, fileList, identifier, listed, literal, text } from './literals.ts'
import { clauses, type Sql, sql } from './sql.ts'
import { allRows } from './statements.ts'

/** Rows `first` ≤ value < `endExclusive`, each `stepMicros` after the one before, from `firstMicros` since 1970. */
export function generatedRows(first: number, endExclusive: number, firstMicros: number, stepMicros: number): Sql {
  return clauses(
    sql`SELECT range AS value,`,
    sql`make_timestamptz(${firstMicros} + (range - ${first}) * ${stepMicros}) AS "timestamp"`,
    sql`FROM range(${first}, ${endExclusive})`,
  )
}

export interface CopyShape {
  /** A SELECT, or FROM, that returns the rows to write. */
  readonly rows: Sql
  readonly columns: readonly string[]
  /** The types of those that are in the files. */
  readonly types: readonly string[]
  /** The folder levels below the target, outermost first; if there are none, one file is written. */
  readonly partitionBy: readonly string[]
  /** A folder; without partitions, a file. */
  readonly target: string
  /** The pattern of file names in a folder. */
  readonly fileName: string
  /** Keys and values for the footer of every file. */
  readonly footer: Readonly<Record<string, string>>
}

/** How the files of tables are written, as options of COPY. */
export function fileOptions(types: readonly string[], footer: Readonly<Record<string, string>>): Sql[] {
  const options = [
    sql`FORMAT parquet`,
    sql`COMPRESSION zstd`,
    sql`PARQUET_VERSION v1`,
    sql`KV_METADATA ${literal(footer)}`,
    sql`RETURN_STATS`,
  ]
  // DuckDB asks a Bloom filter for the escaped text of a BLOB, and then skips a file that has its bytes.
  if (types.includes('BLOB')) options.push(sql`WRITE_BLOOM_FILTER false`)
  return options
}

/** Writes rows as Parquet. Returns one row per file. */
export function copyToParquet(shape: CopyShape): Sql {
  const { rows, columns, partitionBy, target, fileName } = shape
  const options = fileOptions(shape.types, shape.footer)
  if (partitionBy.length > 0) {
    options.push(
      sql`PARTITION_BY (${columnList(partitionBy)})`,
      sql`WRITE_PARTITION_COLUMNS false`,
      sql`FILENAME_PATTERN ${text(fileName)}`,
    )
  }
  return sql`COPY (SELECT ${columnList(columns)} FROM (${rows})) TO ${text(target)} (${listed(options)})`
}

/** The minimum and maximum of some columns in each Parquet file, as text of at most `characters` characters. */
export function boundsInFiles(files: readonly string[], columns: readonly string[], characters: number): Sql {
  const file = nameBeside(columns)
  const shortened = (bound: Sql): Sql => sql`left(CAST(${bound} AS VARCHAR), ${characters})`
  const bounds = columns.map((column) => {
    const name = identifier(column)
    return sql`{name: ${text(column)}, min: ${shortened(sql`min(${name})`)}, max: ${shortened(sql`max(${name})`)}}`
  })
  return clauses(
    sql`SELECT ${identifier(file)} AS file, [${listed(bounds)}] AS bounds FROM read_parquet(${fileList(files)},`,
    sql`filename = ${text(file)}, hive_partitioning = false, union_by_name = false) GROUP BY ALL`,
  )
}

/** A name that none of the columns has. */
function nameBeside(columns: readonly string[]): string {
  const taken = new Set(columns.map((column) => column.toLowerCase()))
  let name = 'file'
  while (taken.has(name)) name += '_'
  return name
}

/** The rows that the SELECT in the variable `select` returns. */
export const selectedRows = sql`FROM query(getvariable('select'))`

/** Those of them whose `column` has the value. */
export function selectedRowsWhere(column: string, value: string): Sql {
  return sql`${selectedRows} WHERE ${identifier(column)} = ${text(value)}`
}

/** The rows of a relation whose `column` has one of the values. */
export function rowsWith(relation: string, column: string, values: readonly string[]): Sql {
  return sql`${allRows(relation)} WHERE ${identifier(column)} IN (${listed(values.map(text))})`
}

/** A value of `column` that is not one of `values`, NULL included; no row if there is none. */
export function strayValue(relation: string, column: string, values: readonly string[]): Sql {
  const name = identifier(column)
  return clauses(
    sql`SELECT ${name} AS stray ${allRows(relation)}`,
    sql`WHERE ${name} IS NULL OR ${name} NOT IN (${listed(values.map(text))}) LIMIT 1`,
  )
}

/** A number that is the same for equal multisets of rows, whatever their order, and almost never for different ones. */
export function multisetHash(rows: Sql, columns: readonly string[]): Sql {
  return clauses(
    sql`SELECT count(*) AS rows,`,
    sql`CAST(coalesce(sum(CAST(hash(${columnList(columns)}) AS HUGEINT)), 0) AS VARCHAR) AS hash`,
    sql`FROM (${rows})`,
  )
}

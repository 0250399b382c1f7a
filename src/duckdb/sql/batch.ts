// What a batch reads, selects and writes.
import { columnList, fileList, identifier, literal, text } from './literals.ts'
import { allRows } from './statements.ts'

/** Rows `first` ≤ value < `endExclusive`, each `stepMicros` after the one before, from `firstMicros` since 1970. */
export function generatedRows(first: number, endExclusive: number, firstMicros: number, stepMicros: number): string {
  return (
    `SELECT range AS value, ` +
    `make_timestamptz(${firstMicros} + (range - ${first}) * ${stepMicros}) AS "timestamp" ` +
    `FROM range(${first}, ${endExclusive})`
  )
}

export interface CopyShape {
  /** A SELECT, or FROM, over what is to be written. */
  readonly rows: string
  readonly columns: readonly string[]
  /** Folder levels below the target, outermost first; none writes one file. */
  readonly partitionBy: readonly string[]
  /** A folder; without partitions, a file. */
  readonly target: string
  /** The pattern of file names in a folder. */
  readonly fileName: string
  /** Keys and values for the footer of every file. */
  readonly footer: Readonly<Record<string, string>>
}

/** Writes rows as Parquet. Returns one row per file. */
export function copyToParquet({ rows, columns, partitionBy, target, fileName, footer }: CopyShape): string {
  const options = [
    'FORMAT parquet',
    'COMPRESSION zstd',
    'PARQUET_VERSION v1',
    `KV_METADATA ${literal(footer)}`,
    'RETURN_STATS',
  ]
  if (partitionBy.length > 0) {
    options.push(
      `PARTITION_BY (${columnList(partitionBy)})`,
      'WRITE_PARTITION_COLUMNS false',
      `FILENAME_PATTERN ${text(fileName)}`,
    )
  }
  return `COPY (SELECT ${columnList(columns)} FROM (${rows})) TO ${text(target)} (${options.join(', ')})`
}

/** The least and the greatest value of some columns in each Parquet file, as text of at most so many characters. */
export function boundsInFiles(files: readonly string[], columns: readonly string[], characters: number): string {
  const file = nameBeside(columns)
  const shortened = (bound: string): string => `left(CAST(${bound} AS VARCHAR), ${characters})`
  const bounds = columns.map((column) => {
    const name = identifier(column)
    return `{name: ${text(column)}, min: ${shortened(`min(${name})`)}, max: ${shortened(`max(${name})`)}}`
  })
  return (
    `SELECT ${identifier(file)} AS file, [${bounds.join(', ')}] AS bounds FROM read_parquet(${fileList(files)}, ` +
    `filename = ${text(file)}, hive_partitioning = false, union_by_name = false) GROUP BY ALL`
  )
}

/** A name for one more column. */
function nameBeside(columns: readonly string[]): string {
  const taken = new Set(columns.map((column) => column.toLowerCase()))
  let name = 'file'
  while (taken.has(name)) name += '_'
  return name
}

/** The rows that the SELECT in the variable `select` returns. */
export const selectedRows = "FROM query(getvariable('select'))"

/** Those of them whose `column` has a value. */
export function selectedRowsWhere(column: string, value: string): string {
  return `${selectedRows} WHERE ${identifier(column)} = ${text(value)}`
}

/** The rows of a relation whose `column` has one of some values. */
export function rowsWith(relation: string, column: string, values: readonly string[]): string {
  return `${allRows(relation)} WHERE ${identifier(column)} IN (${values.map(text).join(', ')})`
}

/** A value of `column` that is none of `values`, NULL included: no row is well. */
export function strayValue(relation: string, column: string, values: readonly string[]): string {
  const name = identifier(column)
  return (
    `SELECT ${name} AS stray ${allRows(relation)} ` +
    `WHERE ${name} IS NULL OR ${name} NOT IN (${values.map(text).join(', ')}) LIMIT 1`
  )
}

/** A number that is equal for equal multisets of rows, whatever their order, and hardly ever for others. */
export function multisetHash(rows: string, columns: readonly string[]): string {
  return (
    `SELECT count(*) AS rows, ` +
    `CAST(coalesce(sum(CAST(hash(${columnList(columns)}) AS HUGEINT)), 0) AS VARCHAR) AS hash ` +
    `FROM (${rows})`
  )
}

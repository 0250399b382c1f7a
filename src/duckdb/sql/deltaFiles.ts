// The Parquet files of Delta tables that other writers made: columns may be stored under other names, values of
// partition columns are what the log says, and some rows of a file may be deleted.
import type { Columns } from '../../columns.ts'
import { identifier, listed, text, typeSql } from './literals.ts'
import { clauses, type Sql, sql } from './sql.ts'
import { createTempTable, createTempTableOf } from './statements.ts'
import { estimateSql, type RowEstimate } from './tableFiles.ts'

/** How the columns of a table are read. */
export interface StoredColumns {
  readonly columns: Columns
  /** Columns that are not in the files. */
  readonly partitionBy: readonly string[]
  /** Column → its name in the files, where that is another one. */
  readonly storedAs: Readonly<Record<string, string>>
}

/** What the log says of the values of partition columns in a file: null for NULL. */
export interface PartitionValues {
  readonly file: string
  readonly values: Readonly<Record<string, string | null>>
}

/** Some of the deleted rows of a file: those at positions that begin at 65,536 × `chunk`. */
export interface DeletedRows {
  readonly file: string
  readonly chunk: number
  /** One bit a row, the first row in the highest bit of the first byte. */
  readonly bits: Uint8Array
}

const VALUES = 'delta_values'
const DELETED = 'delta_deleted'

/** The column with the path of each row's file. */
const FILE_COLUMN = 'file='

/** Makes the tables that `readDeltaFiles` joins. */
export function deltaTables(
  partitionBy: readonly string[],
  values: readonly PartitionValues[],
  deleted: readonly DeletedRows[],
): Sql[] {
  const types = partitionBy.map((_, index) => [`p${index}`, 'VARCHAR'] as const)
  return [
    createTempTableOf(
      VALUES,
      { file: 'VARCHAR', ...Object.fromEntries(types) },
      values.map(({ file, values: given }) => [file, ...partitionBy.map((column) => given[column] ?? null)]),
    ),
    deletedTable(deleted),
  ]
}

function deletedTable(deleted: readonly DeletedRows[]): Sql {
  const types = sql`NULL::VARCHAR AS file, NULL::BIGINT AS chunk, NULL::BIT AS bits`
  if (deleted.length === 0) return createTempTable(DELETED, sql`SELECT ${types} WHERE false`)
  const rows = deleted.map(({ file, chunk, bits }) => {
    const hex = text(Buffer.from(bits.buffer, bits.byteOffset, bits.byteLength).toString('hex'))
    return sql`(${text(file)}, ${chunk}::BIGINT, unhex(${hex})::BIT)`
  })
  return createTempTable(DELETED, sql`SELECT * FROM (VALUES ${listed(rows)}) AS v(file, chunk, bits)`)
}

/**
 * The rows of the files that a variable lists. Each is read by the names and types given: NULL where it lacks a column,
 * cast where it has another type. In between, columns have names of our own, because those of a table may be any.
 * @param rows  about how many there are; `readTableFiles` says what DuckDB would take otherwise
 */
export function readDeltaFiles(
  variable: string,
  { columns, partitionBy, storedAs }: StoredColumns,
  rows: RowEstimate,
): Sql {
  const names = Object.keys(columns)
  const stored = names.filter((name) => !partitionBy.includes(name))
  const selected = Object.entries(columns).map(([name, type]) =>
    partitionBy.includes(name)
      ? sql`${partitionValue(`p${partitionBy.indexOf(name)}`, type)} AS ${identifier(name)}`
      : sql`f.${identifier(inner(names, name))} AS ${identifier(name)}`,
  )
  const fields = stored.map((name) => {
    const as = text(storedAs[name] ?? name)
    return sql`${as}: {name: ${text(inner(names, name))}, type: ${text(columns[name] ?? '')}, default_value: NULL}`
  })
  // The reader refuses a schema without columns; no file has one of this name.
  if (fields.length === 0) fields.push(sql`'no=column': {name: 'none', type: 'BOOLEAN', default_value: NULL}`)
  return clauses(
    sql`SELECT ${listed(selected)} FROM (SELECT *, ${identifier(FILE_COLUMN)} AS "file", file_row_number AS "position"`,
    sql`FROM read_parquet(getvariable(${text(variable)}), schema = MAP {${listed(fields)}},`,
    sql`explicit_cardinality = ${estimateSql(rows)},`,
    sql`filename = ${text(FILE_COLUMN)}, hive_partitioning = false, union_by_name = false)) AS f`,
    partitionBy.length > 0 ? sql`LEFT JOIN ${identifier(VALUES)} AS v ON v.file = f."file"` : sql``,
    sql`LEFT JOIN ${identifier(DELETED)} AS d ON d.file = f."file" AND d.chunk = f."position" >> 16`,
    sql`WHERE CASE WHEN (f."position" & 65535) < bit_length(d.bits)`,
    sql`THEN get_bit(d.bits, CAST(f."position" & 65535 AS INTEGER)) = 0 ELSE true END`,
  )
}

/** What `deltaTables` has made: the partition values of each `file`, with their types, as `p0`, `p1`, …. */
export function deltaValues(columns: Columns, partitionBy: readonly string[]): Sql {
  const values = partitionBy.map((name, index) => {
    const column = `p${index}`
    return sql`${partitionValue(column, columns[name] ?? '')} AS ${identifier(column)}`
  })
  return sql`SELECT v.file, ${listed(values)} FROM ${identifier(VALUES)} AS v`
}

/** What `deltaTables` has made: each `position` of a row that is deleted from a `file`. */
export const deletedPositions = clauses(
  sql`SELECT file, chunk * 65536 + place AS "position"`,
  sql`FROM (SELECT *, unnest(range(bit_length(bits))) AS place FROM ${identifier(DELETED)})`,
  sql`WHERE get_bit(bits, CAST(place AS INTEGER)) = 1`,
)

function inner(names: readonly string[], name: string): string {
  return `c${names.indexOf(name)}`
}

/** Decodes what a log says: '' is NULL, and bytes are the characters of a text. */
function partitionValue(column: string, type: string): Sql {
  const found = sql`nullif(v.${identifier(column)}, '')`
  return type === 'BLOB' ? sql`encode(${found})` : sql`CAST(${found} AS ${typeSql(type)})`
}

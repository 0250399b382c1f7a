// The Parquet files of tables of the lake, as their logs name them.
import type { Columns } from '../../columns.ts'
import { emptyRelation, fileList, identifier, listed, literal, text, typeSql } from './literals.ts'
import { clauses, type Sql, sql } from './sql.ts'

/**
 * The column with the path of each row's file. Only under this name does DuckDB skip files by it; a table that has a
 * column of that name goes without, under a name that no column of a Delta table can have.
 */
const FILE_COLUMN = 'filename'
const OTHER_FILE_COLUMN = 'file='

function fileColumn(columns: Columns): string {
  return Object.keys(columns).some((name) => name.toLowerCase() === FILE_COLUMN) ? OTHER_FILE_COLUMN : FILE_COLUMN
}

/** What is read of a table's files. */
export interface TableColumns {
  readonly columns: Columns
  /** Columns that are not in the files. */
  readonly partitionBy: readonly string[]
}

/** What a row of a Parquet file takes, in bytes: no more than an order of magnitude is needed to order joins. */
const BYTES_A_ROW = 10

/** About how many rows there are: a number, or the variable that has it. */
export type RowEstimate = number | string

/** About how many rows files of so many bytes have; at least one. */
export function estimatedRows(bytes: number): number {
  return Math.ceil(bytes / BYTES_A_ROW) + 1
}

/**
 * The rows of Parquet files of one table, whose paths a variable lists. Columns are found by name, in whatever order a
 * file has them; one that a file lacks is NULL. Partition values come from the names of folders.
 *
 * `delta/reads.sql` writes the same for the columns that a log names.
 * @param rows  about how many there are. Where the columns are given, DuckDB takes a single file to have none, and
 *   several to have a thousand each: it would hold ten million rows in memory to join them with a list of twenty.
 */
export function readTableFiles(variable: string, { columns, partitionBy }: TableColumns, rows: RowEstimate): Sql {
  const files = { list: sql`getvariable(${text(variable)})`, schema: schemaOf(columns, partitionBy), rows }
  return rowsOfFiles(files, columns, partitionBy)
}

/**
 * The same for a few files, which the text names itself: that spares a statement.
 * @param schema  the variable that `setSchema` has set, so that DuckDB need not read it each time
 */
export function readNamedFiles(
  files: readonly string[],
  schema: string,
  { columns, partitionBy }: TableColumns,
  rows: RowEstimate,
): Sql {
  return rowsOfFiles({ list: fileList(files), schema: sql`getvariable(${text(schema)})`, rows }, columns, partitionBy)
}

/** Sets a variable to the columns that the files of a table have. */
export function setSchema(variable: string, columns: Columns, partitionBy: readonly string[]): Sql {
  return sql`SET VARIABLE ${identifier(variable)} = ${schemaOf(columns, partitionBy)}`
}

function schemaOf(columns: Columns, partitionBy: readonly string[]): Sql {
  const inFiles = Object.entries(columns).filter(([name]) => !partitionBy.includes(name))
  const fields = inFiles.map(
    ([name, type]) => sql`${text(name)}: {name: ${text(name)}, type: ${text(type)}, default_value: NULL}`,
  )
  return sql`MAP {${listed(fields)}}`
}

/** As DuckDB's reader takes it. */
export function estimateSql(rows: RowEstimate): Sql {
  return typeof rows === 'number' ? literal(rows) : sql`getvariable(${text(rows)})`
}

interface FilesRead {
  readonly list: Sql
  readonly schema: Sql
  readonly rows: RowEstimate
}

function rowsOfFiles({ list, schema, rows }: FilesRead, columns: Columns, partitionBy: readonly string[]): Sql {
  const file = fileColumn(columns)
  const selected = Object.entries(columns).map(([name, type]) =>
    partitionBy.includes(name) ? sql`${folderValue(name, type, file)} AS ${identifier(name)}` : identifier(name),
  )
  const needsFolder = Object.keys(columns).some((name) => partitionBy.includes(name))
  return clauses(
    sql`SELECT ${listed(selected)} FROM read_parquet(${list}, schema = ${schema},`,
    sql`explicit_cardinality = ${estimateSql(rows)},`,
    needsFolder ? sql`filename = ${file === FILE_COLUMN ? sql`true` : text(file)},` : sql``,
    sql`hive_partitioning = false, union_by_name = false)`,
  )
}

/**
 * The partition values of each file, as columns `p0`, `p1`, … beside `file`, which is the name that the reader of this
 * knows it by.
 */
export function folderValues(
  files: readonly { readonly file: string; readonly path: string }[],
  columns: Columns,
  partitionBy: readonly string[],
): Sql {
  const values = partitionBy.map(
    (name, index) => sql`${folderValue(name, columns[name] ?? '', 'own')} AS ${identifier(`p${index}`)}`,
  )
  const pairs = files.map(({ file, path }) => sql`(${text(file)}, ${text(path)})`)
  return sql`SELECT path AS file, ${listed(values)} FROM (VALUES ${listed(pairs)}) AS f("own", path)`
}

/** The value of a partition column, from the folder that is named after it. */
function folderValue(name: string, type: string, file: string): Sql {
  const names = sql`regexp_escape(${text(name)}) || '|' || regexp_escape(url_encode(${text(name)}))`
  const folder = sql`regexp_extract(${identifier(file)}, '(?is)^.*/(?:' || ${names} || ')=([^/]*)/', 1)`
  // '' is a value of a text column; in any other it means NULL.
  const value = type === 'VARCHAR' ? folder : sql`nullif(${folder}, '')`
  return sql`CAST(url_decode(nullif(${value}, '__HIVE_DEFAULT_PARTITION__')) AS ${typeSql(type)})`
}

/** The same relation for a list that may be empty, which is found out when the query runs. */
export function readTableFilesOrNone(variable: string, read: TableColumns, rows: number): Sql {
  const some = text(readTableFiles(variable, read, rows))
  return clauses(
    sql`FROM query(CASE WHEN len(getvariable(${text(variable)})) = 0`,
    sql`THEN ${text(emptyRelation(read.columns))} ELSE ${some} END)`,
  )
}

/** What `delta/snapshot.sql` has found about each table that has a log. */
export const tableHeads = sql`SELECT * FROM table_heads`

/** The newest transaction of each application in the tables' logs. */
export const tableTransactions = sql`SELECT name, app_id, version FROM table_txns`

/** What `lake/behind.sql` has found to be missing in logs. */
export const logsBehind = sql`FROM logs_behind ORDER BY table_name, stream`

/** The live files of a table in the order of their versions and names. */
export function liveFilesOf(table: string): Sql {
  return clauses(
    sql`SELECT path, file, version, bytes, rows, to_json(partition_values) AS partition_values,`,
    sql`to_json(deletion_vector) AS deletion_vector`,
    sql`FROM live_files WHERE name = ${text(table)} ORDER BY version, path`,
  )
}

/** The columns of a table as its log names them, in order: `column_name`, `stored_name`, `type` and `is_partition`. */
export function columnsOfTable(table: string): Sql {
  return clauses(
    sql`SELECT column_name, stored_name, type, is_partition FROM table_columns`,
    sql`WHERE name = ${text(table)} ORDER BY position`,
  )
}

/** How many rows, files and bytes the live files of each table have that has any. */
export const tableSizes = clauses(
  sql`SELECT name, coalesce(sum(rows - coalesce(deletion_vector.cardinality, 0)), 0)::BIGINT AS rows,`,
  sql`count(*) AS files, coalesce(sum(bytes), 0)::BIGINT AS bytes`,
  sql`FROM live_files GROUP BY name`,
)

/** The latest time of a column in a table's live files, in microseconds since 1970, as the stats of their adds say. */
export function newestTimeOf(table: string, column: string): Sql {
  const bound = sql`(TRY_CAST(stats AS JSON) -> 'maxValues') ->> ${text(column)}`
  return clauses(
    sql`SELECT epoch_us(max(TRY_CAST(${bound} AS TIMESTAMPTZ))) AS micros FROM live_files`,
    sql`WHERE name = ${text(table)}`,
  )
}

/** Every path that a table's log names, live or not. */
export function namedPathsOf(table: string): Sql {
  return sql`SELECT DISTINCT path FROM named_files WHERE name = ${text(table)}`
}

/** What no path contains. */
export const PATH_END = '\0'

/**
 * The same of several tables, each as one text in which a path has its end: a row for each takes five times as long to
 * hand over. Some stand there twice.
 */
export function joinedNamedPaths(tables: readonly string[]): Sql {
  return clauses(
    sql`SELECT name, string_agg(path, chr(0)) AS paths FROM named_files`,
    sql`WHERE name IN (${listed(tables.map(text))}) GROUP BY name`,
  )
}

/** The commits of each table that were read one by one: after which version, and those that another program made. */
export const foreignVersions = clauses(
  sql`WITH commits AS (SELECT a.name, a.version,`,
  sql`bool_or(starts_with(a.commit_info ->> '$.engineInfo', 'lakeweir')) AS is_ours`,
  sql`FROM log_actions AS a LEFT JOIN log_checkpoints AS k USING (name)`,
  sql`WHERE a.version > coalesce(k.version, -1) GROUP BY a.name, a.version)`,
  sql`SELECT h.name, coalesce(any_value(k.version), -1) AS after,`,
  sql`coalesce(list(c.version::VARCHAR ORDER BY c.version) FILTER (c.version IS NOT NULL), []) AS versions`,
  sql`FROM table_heads AS h LEFT JOIN log_checkpoints AS k USING (name)`,
  sql`LEFT JOIN commits AS c ON c.name = h.name AND c.is_ours IS NOT true GROUP BY h.name`,
)

/** Sets a variable to the exact paths of a table's live files, in order. */
export function setLiveFiles(variable: string, table: string): Sql {
  return sql`SET VARIABLE ${identifier(variable)} = (SELECT files FROM table_reads WHERE name = ${text(table)})`
}

/**
 * Sets a variable to the SELECT that reads a table as its log describes it; without a log, to one without rows.
 * @param which  `none`: to a SELECT without rows that has the same columns
 */
export function setTableRead(variable: string, table: string, columns: Columns, which: 'rows' | 'none'): Sql {
  const column = which === 'rows' ? sql`text` : sql`none`
  const read = sql`(SELECT ${column} FROM table_reads WHERE name = ${text(table)})`
  return sql`SET VARIABLE ${identifier(variable)} = coalesce(${read}, ${text(emptyRelation(columns))})`
}

/** The rows of the SELECT that a variable holds. */
export function queryOf(variable: string): Sql {
  return sql`FROM query(getvariable(${text(variable)}))`
}

/** Sets the lake's folder, unless a client has set one before. */
export function setLakeDefault(folder: string): Sql {
  return sql`SET VARIABLE lake = rtrim(coalesce(CAST(getvariable('lake') AS VARCHAR), ${text(folder)}), '/')`
}

// The Parquet files of tables of the lake, as their logs name them.
import { type Columns, emptyRelation, identifier, text } from './literals.ts'

/** A column of the path of each row's file; no column of a Delta table can have such a name. */
const FILE_COLUMN = 'file='

/**
 * The rows of Parquet files of one table, whose paths a variable lists: by the names and types of the columns, in
 * whatever order a file has them, NULL where it lacks one. Partition values come from the names of folders.
 *
 * `delta/reads.sql` writes the same for the columns that a log names.
 */
export function readTableFiles(variable: string, columns: Columns, partitionBy: readonly string[]): string {
  const inFiles = Object.entries(columns).filter(([name]) => !partitionBy.includes(name))
  const schema = inFiles.map(
    ([name, type]) => `${text(name)}: {name: ${text(name)}, type: ${text(type)}, default_value: NULL}`,
  )
  const selected = Object.entries(columns).map(([name, type]) =>
    partitionBy.includes(name) ? `${folderValue(name, type)} AS ${identifier(name)}` : identifier(name),
  )
  return (
    `SELECT ${selected.join(', ')} FROM read_parquet(getvariable(${text(variable)}), ` +
    `schema = MAP {${schema.join(', ')}}, filename = ${text(FILE_COLUMN)}, ` +
    `hive_partitioning = false, union_by_name = false)`
  )
}

/** The value of a partition column, from the folder that is named after it. */
function folderValue(name: string, type: string): string {
  const names = `regexp_escape(${text(name)}) || '|' || regexp_escape(url_encode(${text(name)}))`
  const folder = `regexp_extract(${identifier(FILE_COLUMN)}, '(?is)^.*/(?:' || ${names} || ')=([^/]*)/', 1)`
  // Of a text, '' is a value; of all else, no value.
  const value = type === 'VARCHAR' ? folder : `nullif(${folder}, '')`
  return `CAST(url_decode(nullif(${value}, '__HIVE_DEFAULT_PARTITION__')) AS ${type})`
}

/** The same relation as it stands for a list that may be empty, chosen when the query runs. */
export function readTableFilesOrNone(variable: string, columns: Columns, partitionBy: readonly string[]): string {
  const some = text(readTableFiles(variable, columns, partitionBy))
  return (
    `FROM query(CASE WHEN len(getvariable(${text(variable)})) = 0 ` +
    `THEN ${text(emptyRelation(columns))} ELSE ${some} END)`
  )
}

/** The live files of a table in the order of their versions and names. */
export function liveFilesOf(table: string): string {
  return `SELECT path, file, version, bytes, rows FROM live_files WHERE name = ${text(table)} ORDER BY version, path`
}

/** Every path that a table's log names, live or not. */
export function namedPathsOf(table: string): string {
  return (
    `SELECT DISTINCT url_decode(coalesce(add.path, remove.path)) AS path FROM log_actions ` +
    `WHERE name = ${text(table)} AND (add IS NOT NULL OR remove IS NOT NULL)`
  )
}

/** Sets a variable to the exact paths of a table's live files, in order. */
export function setLiveFiles(variable: string, table: string): string {
  return `SET VARIABLE ${identifier(variable)} = (SELECT files FROM table_reads WHERE name = ${text(table)})`
}

/** Sets a variable to the SELECT that reads a table as its log says it is; of one without a log, to no rows. */
export function setTableRead(variable: string, table: string, columns: Columns): string {
  const read = `(SELECT text FROM table_reads WHERE name = ${text(table)})`
  return `SET VARIABLE ${identifier(variable)} = coalesce(${read}, ${text(emptyRelation(columns))})`
}

/** The rows of the SELECT that a variable holds. */
export function queryOf(variable: string): string {
  return `FROM query(getvariable(${text(variable)}))`
}

/** The lake's folder: the one that a client has set before, or this one. */
export function setLakeDefault(folder: string): string {
  return `SET VARIABLE lake = rtrim(coalesce(CAST(getvariable('lake') AS VARCHAR), ${text(folder)}), '/')`
}

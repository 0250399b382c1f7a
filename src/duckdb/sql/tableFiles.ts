// The Parquet files of tables of the lake, as their logs name them.
import { type Columns, castColumns, emptyRelation, identifier, text } from './literals.ts'

/** The rows of Parquet files of one table, whose paths a variable lists; partition values come from folder names. */
export function readTableFiles(variable: string, columns: Columns, partitionBy: readonly string[]): string {
  const files = `getvariable(${text(variable)})`
  if (partitionBy.length === 0) {
    return (
      `SELECT ${castColumns(columns)} FROM ` +
      `read_parquet(${files}, hive_partitioning = false, union_by_name = false)`
    )
  }
  const types = partitionBy.map((name) => `${text(name)}: ${columns[name]}`).join(', ')
  return (
    `SELECT ${castColumns(columns)} FROM read_parquet(${files}, ` +
    `hive_partitioning = true, hive_types_autocast = false, hive_types = {${types}}, union_by_name = false)`
  )
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
  return (
    `SET VARIABLE ${identifier(variable)} = (SELECT coalesce(` +
    `list(regexp_replace(file, '([*?\\[])', '[\\1]', 'g') ORDER BY file), []::VARCHAR[]) ` +
    `FROM live_files WHERE name = ${text(table)})`
  )
}

/** The lake's folder: the one that a client has set before, or this one. */
export function setLakeDefault(folder: string): string {
  return `SET VARIABLE lake = rtrim(coalesce(CAST(getvariable('lake') AS VARCHAR), ${text(folder)}), '/')`
}

// The checkpoints of Delta logs, as `delta/logFiles.sql` has found them.
import { exactPath, text } from './literals.ts'
import { clauses, type Sql, sql } from './sql.ts'

/** The files of the checkpoints that were looked at, each with the first file of its checkpoint. */
export const candidateFiles = sql`SELECT files[1] AS checkpoint, unnest(files) AS file FROM log_candidates`

/** The same for the files that those name in turn. */
export const sidecarFiles = clauses(
  sql`SELECT c.files[1] AS checkpoint, s.file FROM log_candidates AS c`,
  sql`JOIN log_sidecars AS s ON list_contains(c.files, s.holder)`,
)

/** The checkpoints that were chosen. */
export const chosenCheckpoints = sql`SELECT files[1] AS checkpoint FROM log_checkpoints`

/** Reads every value of a checkpoint's file, and fails if one cannot be read. */
export function allValuesOf(file: string): Sql {
  const path = text(exactPath(file))
  if (file.endsWith('.json')) return sql`SELECT count(*) FROM read_json(${path}, format = 'newline_delimited')`
  return sql`SELECT count(COLUMNS(*)) FROM read_parquet(${path}, hive_partitioning = false)`
}

/** The commits that were read after the checkpoint before. */
export const commitFiles = sql`SELECT file FROM log_entries WHERE NOT is_checkpoint ORDER BY version`

/** The newest version that was read; -1 if there is none. */
export const newestVersion = sql`SELECT coalesce(max(version), -1) AS newest FROM log_entries`

/** The metadata that a checkpoint gets, as JSON without the fields that are not set. */
export const metaDataOfCheckpoint = clauses(
  sql`SELECT json_merge_patch('{}', to_json(metaData))::VARCHAR AS metadata FROM checkpoint_head`,
)

/** What a table needs of its readers and writers, for which a checkpoint may have to hold more than ours do. */
export const headOfCheckpoint = clauses(
  sql`SELECT protocol.minReaderVersion AS reader, protocol.minWriterVersion AS writer,`,
  sql`coalesce(protocol.readerFeatures, []::VARCHAR[]) || coalesce(protocol.writerFeatures, []::VARCHAR[])`,
  sql`AS features,`,
  sql`metaData.id AS id FROM checkpoint_head`,
)

/** Writes the rows of a checkpoint as they are read. */
export function copyCheckpoint(file: string): Sql {
  const rows = sql`FROM query(getvariable('lake_checkpoint_rows'))`
  return sql`COPY (${rows}) TO ${text(file)} (FORMAT parquet, COMPRESSION zstd)`
}

/** How many actions of each kind a written checkpoint has. */
export function writtenActions(file: string): Sql {
  const counted = (leaf: string): Sql => sql`coalesce(sum(found) FILTER (path_in_schema = ${text(leaf)}), 0)::BIGINT`
  return clauses(
    sql`SELECT ${counted('add, path')} AS adds, ${counted('remove, path')} AS removes,`,
    sql`${counted('txn, appId')} AS txns,`,
    sql`${counted('metaData, id')} AS heads, ${counted('protocol, minReaderVersion')} AS protocols`,
    sql`FROM (SELECT path_in_schema, num_values - stats_null_count AS found`,
    sql`FROM parquet_metadata(${text(exactPath(file))}))`,
  )
}

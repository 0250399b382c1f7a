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

// Which files in a table's folder nothing needs any more.
import { exactPath, literal, text, textList } from './literals.ts'
import { clauses, type Sql, sql } from './sql.ts'
import { createTempTableOf } from './statements.ts'
import { namedPathsOf } from './tableFiles.ts'

/** The Parquet files in a table's folder, by their paths below it. */
export function findFiles(folder: string): Sql {
  const pattern = text(`${exactPath(folder)}/**/*.parquet`)
  return clauses(
    sql`CREATE OR REPLACE TEMP TABLE found_files AS SELECT file[${folder.length + 2} :] AS path FROM glob(${pattern})`,
    sql`WHERE NOT starts_with(file[${folder.length + 2} :], '_')`,
  )
}

/** The files that somebody needs, whatever the log says. */
export function noteNeeded(paths: readonly string[]): Sql {
  return createTempTableOf(
    'needed_files',
    { path: 'VARCHAR' },
    paths.map((path) => [path]),
  )
}

/** The parts of a log in which removals stand. */
export interface RemovalFiles {
  readonly commits: readonly string[]
  /** A checkpoint as Parquet. */
  readonly checkpoint: string | undefined
}

/** When each file was removed from the table, as far as these say it. */
export function noteRemovals({ commits, checkpoint }: RemovalFiles): Sql {
  const type = text(`STRUCT("path" VARCHAR, deletionTimestamp BIGINT)`)
  const inCommits = clauses(
    sql`SELECT remove FROM read_json(${textList(commits.map(exactPath))}, format = 'newline_delimited',`,
    sql`columns = {remove: ${type}}) WHERE remove IS NOT NULL`,
  )
  const inCheckpoint =
    checkpoint === undefined
      ? undefined
      : clauses(
          sql`SELECT {path: remove."path", deletionTimestamp: remove.deletionTimestamp} AS remove`,
          sql`FROM read_parquet(${literal(exactPath(checkpoint))}) WHERE remove."path" IS NOT NULL`,
        )
  const none = sql`SELECT {path: ''::VARCHAR, deletionTimestamp: 0::BIGINT} AS remove WHERE false`
  const some = commits.length === 0 ? [none] : [none, inCommits]
  const parts = inCheckpoint === undefined ? some : [...some, inCheckpoint]
  return clauses(
    sql`CREATE OR REPLACE TEMP TABLE removed_files AS SELECT url_decode(remove."path") AS path,`,
    sql`max(remove.deletionTimestamp) AS removed_ms`,
    sql`FROM (${parts.reduce((all, part) => sql`${all} UNION ALL ${part}`)}) GROUP BY ALL`,
  )
}

/**
 * The files that were found and that nobody needs: those that were removed from the table by `removedUntilMs`, and
 * those that its log does not name at all.
 */
export function unneededFiles(table: string, removedUntilMs: number): Sql {
  const name = text(table)
  return clauses(
    sql`SELECT f.path, r.removed_ms IS NOT NULL AS is_removed FROM found_files AS f`,
    sql`LEFT JOIN removed_files AS r ON r.path = f.path`,
    sql`LEFT JOIN (${namedPathsOf(table)}) AS n ON n.path = f.path`,
    sql`WHERE f.path NOT IN (SELECT path FROM live_files WHERE name = ${name})`,
    sql`AND f.path NOT IN (SELECT path FROM needed_files)`,
    sql`AND (r.removed_ms <= ${removedUntilMs} OR (r.path IS NULL AND n.path IS NULL))`,
    sql`ORDER BY f.path`,
  )
}

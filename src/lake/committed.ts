import { READ_FEATURES } from '../delta/features.ts'
import { logError, Snapshot } from '../delta/snapshot.ts'
import type { Session } from '../duckdb/session.ts'
import { type Sql, sqlFile } from '../duckdb/sql/sql.ts'
import { createTempTableOf, script, setVariable } from '../duckdb/sql/statements.ts'
import { statementsOf } from '../duckdb/sql/statementTexts.ts'
import { logsBehind } from '../duckdb/sql/tableFiles.ts'
import { requiredText } from '../duckdb/values.ts'
import { LakeError, messageOf } from '../errors.ts'
import { RECORD_FORMAT } from '../tables/record.ts'
import type { ResolvedLake } from './config/resolve.ts'
import type { Layout } from './layout.ts'
import type { OpenLake } from './openLake.ts'
import { tableRefs } from './tableLogs.ts'

// A Delta log can lose commits without leaving a gap: those at its end, or all of them. The records of the streams say
// how far a log was, so everything that reads tables compares the two. The contracts are in the files.

const committedSql = sqlFile(new URL('./committed.sql', import.meta.url))
const behindSql = sqlFile(new URL('./behind.sql', import.meta.url))

/** Stops a session, or a client that reads `lake.sql`, at a log that is behind. */
export const notBehindSql = sqlFile(new URL('./notBehind.sql', import.meta.url))

/** What a log lacks. */
export interface LogBehind {
  readonly table: string
  /** The stream whose record shows it. */
  readonly stream: string
  /** A sentence without its full stop. */
  readonly lack: string
}

/** Reads the records. Must run before the logs are read. */
export function recordStatements(lake: ResolvedLake, layout: Layout): Sql[] {
  const streams = lake.streams.map((stream) => {
    return [stream.name, layout.checkpointFolder(stream), stream.source.follows?.table.name ?? null]
  })
  return [
    setVariable('lake_record_format', RECORD_FORMAT),
    createTempTableOf('lake_streams', { stream: 'VARCHAR', checkpoint: 'VARCHAR', source: 'VARCHAR' }, streams),
    statementsOf(committedSql),
  ]
}

/** Compares the logs with the records, after both were read. */
export const behindStatement: Sql = statementsOf(behindSql)

/** The newest state of all tables, and which commits their logs lack that streams have made or read. */
export async function snapshotAndLacks(
  lake: OpenLake,
  session: Session,
): Promise<{ readonly snapshot: Snapshot; readonly behind: readonly LogBehind[] }> {
  const { config, layout } = lake
  await session.run(script([setVariable('lake', config.root), ...recordStatements(config, layout)]))
  const snapshot = await Snapshot.load(session, config.root, tableRefs(config, layout), READ_FEATURES)
  await session.run(behindStatement)
  const rows = await session.rows(logsBehind)
  const behind = rows.map((row) => ({
    table: requiredText(row.table_name, 'a table name'),
    stream: requiredText(row.stream, 'a stream name'),
    lack: requiredText(row.lack, 'what a log lacks'),
  }))
  return { snapshot, behind }
}

export function behindSentence({ table, lack }: LogBehind): string {
  return `${table}: ${lack}.`
}

/** Turns a failure to read tables into an error about their logs, or about logs and records that disagree. */
export function readingError(cause: unknown): LakeError {
  const said = /^Invalid Input Error: LAKE_LOG_BEHIND: (.*)$/m.exec(messageOf(cause))?.[1]
  if (said === undefined) return logError(cause)
  return new LakeError('LAKE_LOG_BEHIND', `${said}.`, {
    cause,
    state: 'Nothing was changed.',
    remedy:
      'Restore the missing commits from a backup, with the data files that they name, or rebuild the tables: ' +
      'lakeweir run STREAM --fresh',
  })
}

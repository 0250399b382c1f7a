import type { Columns } from '../../columns.ts'
import type { DeltaLog } from '../../delta/log.ts'
import { Snapshot, type TableRef } from '../../delta/snapshot.ts'
import type { Session } from '../../duckdb/session.ts'
import { LakeError } from '../../errors.ts'
import type { TailedTable } from '../../tables/logTail.ts'

/** A Delta table that a stream follows, and how it is read. */
export interface SourceTable {
  readonly table: TableRef
  /** From the config. */
  readonly columns: Columns
  readonly partitionBy: readonly string[]
  readonly log: DeltaLog
  readonly lakeFolder: string
  /** Skip commits that rewrite or delete rows, instead of stopping there. */
  readonly skipChangeCommits: boolean
}

/** Returns a session, opening it if there is none yet: most of a log is read without one. */
export type SessionOf = () => Promise<Session>

/** The table as it was at a version, or as it is now. */
export async function snapshotOf(of: SourceTable, session: SessionOf, asOf?: number): Promise<Snapshot> {
  const ref: TableRef = { ...of.table, stream: null, ...(asOf === undefined ? {} : { asOf }) }
  return Snapshot.load(await session(), of.lakeFolder, [ref])
}

/** The table as its log is followed. */
export function tailedTable({ table: { name }, columns, partitionBy, log }: SourceTable): TailedTable {
  return {
    name,
    columns,
    partitionBy,
    log,
    changed: (how) => changedError(name, how),
    mismatched: (what) => mismatchError(name, what, SHAPE_STATE),
  }
}

const SHAPE_STATE = 'The stream stopped before that change; what it made of earlier rows stays.'

/** The error for a table that was changed otherwise than by appends. The stream stopped before that change. */
export function changedError(table: string, how: string, remedy?: string): LakeError {
  return new LakeError('LAKE_SOURCE_CHANGED', `source table ${table} was changed under its stream: ${how}.`, {
    state: 'The stream stopped before that change; what it made of earlier rows stays.',
    remedy:
      remedy ??
      `Build the stream's tables again with --fresh, or set deltaTable('${table}', { skipChangeCommits: true }) ` +
        `to skip commits that rewrite or delete rows.`,
  })
}

/** The error for a table that is not the declared one. @param what  how it differs */
export function mismatchError(table: string, what: string, state: string): LakeError {
  return new LakeError('LAKE_TABLE_MISMATCH', `source table ${table}: ${what}.`, {
    state,
    remedy: 'Declare the table in the config as it is now and start again, or build it again with --fresh.',
  })
}

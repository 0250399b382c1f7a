import { resolve } from 'node:path'
import type { Columns } from '../../columns.ts'
import { READ_FEATURES } from '../../delta/features.ts'
import type { DeltaLog } from '../../delta/log.ts'
import { localPath } from '../../delta/paths.ts'
import { readDifference, readingOf, type TableReading, type Tolerance } from '../../delta/reading.ts'
import { Snapshot, type TableRef } from '../../delta/snapshot.ts'
import { partitionDifference } from '../../delta/table.ts'
import type { Session } from '../../duckdb/session.ts'
import { LakeError } from '../../errors.ts'
import type { TableMetaData, TailedTable } from '../../tables/logTail.ts'

/** A Delta table that a stream follows, and how it is read. */
export interface SourceTable {
  readonly table: TableRef
  /** Those to read. */
  readonly columns: Columns
  readonly partitionBy: readonly string[]
  /** Whether it is declared as a table of the lake. */
  readonly isOfLake: boolean
  /** How far the table may differ from these columns. */
  readonly tolerance: Tolerance
  /** How the config writes the source with another option. */
  readonly written: (options: string) => string
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
  return Snapshot.load(await session(), of.lakeFolder, [ref], READ_FEATURES)
}

/** The table as its log is followed. */
export function tailedTable(of: SourceTable): TailedTable {
  return {
    name: of.table.name,
    log: of.log,
    features: READ_FEATURES,
    differenceIn: (found) => differenceIn(of, found),
    changed: (how) => changedError(of, how),
    mismatched: (what) => mismatchError(of, what, SHAPE_STATE),
  }
}

/** How a table differs from what its stream can read, as a sentence without its full stop. */
export function differenceIn(
  { columns, partitionBy, tolerance }: SourceTable,
  found: TableMetaData,
): string | undefined {
  const difference = readDifference(columns, found.schemaString, tolerance)
  return difference ?? partitionDifference(partitionBy, found.partitionColumns)
}

/** How the table is read while it has this metadata. */
export function readingIn({ columns }: SourceTable, found: TableMetaData): TableReading {
  return readingOf(columns, found)
}

/** The whole path of a file, by its decoded path in the log. */
export function fileIn({ table, lakeFolder }: SourceTable, path: string): string {
  return resolve(lakeFolder, table.folder, localPath(path, `file ${path} of table ${table.name}`))
}

const SHAPE_STATE = 'The stream stopped before that change; what it made of earlier rows stays.'

/** The error for a table that was changed otherwise than by appends. The stream stopped before that change. */
export function changedError({ table: { name }, written }: SourceTable, how: string, remedy?: string): LakeError {
  return new LakeError('LAKE_SOURCE_CHANGED', `source table ${name} was changed under its stream: ${how}.`, {
    state: 'The stream stopped before that change; what it made of earlier rows stays.',
    remedy:
      remedy ??
      `Build the stream's tables again with --fresh, or set ${written('skipChangeCommits: true')} ` +
        `to skip commits that rewrite or delete rows.`,
  })
}

/** The error for a table that is not the declared one. @param what  how it differs */
export function mismatchError({ table, isOfLake, written }: SourceTable, what: string, state: string): LakeError {
  const ways = {
    'not declared': `, or leave such columns out: ${written("newColumns: 'ignore'")}`,
    'but the table has': `, or read it as declared: ${written("widenedTypes: 'ignore'")}`,
  }
  const way = Object.entries(ways).find(([words]) => what.includes(words))?.[1] ?? ''
  const remedy = isOfLake
    ? `Declare the table in the config as it is now and start again, or build it again with --fresh${way}.`
    : `Start again with the columns as they are now${way}.`
  return new LakeError('LAKE_TABLE_MISMATCH', `source table ${table.name}: ${what}.`, { state, remedy })
}

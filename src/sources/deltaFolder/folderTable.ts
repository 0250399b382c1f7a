import { resolve } from 'node:path'
import type { Columns } from '../../columns.ts'
import { READ_FEATURES } from '../../delta/features.ts'
import { DeltaLog } from '../../delta/log.ts'
import { logInvalid } from '../../delta/protocol.ts'
import { columnsOfLog, type Tolerance } from '../../delta/reading.ts'
import { Snapshot, type TableHead, type TableRef } from '../../delta/snapshot.ts'
import type { Session } from '../../duckdb/session.ts'
import { LakeError } from '../../errors.ts'
import { differenceIn, mismatchError, type SourceTable } from '../delta/sourceTable.ts'
import type { SourcePlace } from '../kind.ts'

/** A Delta table in a folder, as a config names it. */
export interface FolderTable {
  /** Absolute, or below the lake's root. */
  readonly path: string
  /** What SQL calls its rows. */
  readonly name: string
  /** Those to read; undefined: those of its log. */
  readonly columns: Columns | undefined
  readonly skipChangeCommits: boolean
  readonly tolerance: Tolerance
}

/** The table as a stream can follow it now. @throws LakeError LAKE_CONFIG_INVALID, LAKE_PROTOCOL_UNSUPPORTED */
export async function folderTable(place: SourcePlace, table: FolderTable, session: Session): Promise<SourceTable> {
  const head = await headIn(place, table, session)
  const ref = refOf(place, table)
  return {
    table: ref,
    columns: table.columns ?? columnsIn(table, head),
    partitionBy: head.partitionColumns,
    log: new DeltaLog(place.disk, ref.folder),
    lakeFolder: place.root,
    skipChangeCommits: table.skipChangeCommits,
    tolerance: table.tolerance,
    isOfLake: false,
    written: (options) => `deltaFolder('${table.path}', { ${options} })`,
  }
}

/** The newest state of the table. @throws LakeError LAKE_CONFIG_INVALID if there is none, LAKE_LOG_INVALID */
export async function headIn(place: SourcePlace, table: FolderTable, session: Session): Promise<TableHead> {
  const ref = refOf(place, table)
  const head = await replayedHead(place, ref, session).catch((cause: unknown) => {
    throw cause instanceof LakeError && cause.code === 'LAKE_LOG_INVALID' ? foreignLogInvalid(cause) : cause
  })
  if (head !== undefined) return head
  throw new LakeError('LAKE_CONFIG_INVALID', `there is no Delta table in ${ref.folder}: it has no _delta_log.`, {
    state: 'Nothing of it was read.',
    remedy:
      'Name the folder that has the _delta_log, or mount its disk; a relative path begins at the root of the lake.',
  })
}

/**
 * A replay stops at the first commit that is missing behind the checkpoint that the log's hint names. Its writer may
 * have gone on, from a newer checkpoint that the hint does not name, or from another table.
 */
async function replayedHead(place: SourcePlace, ref: TableRef, session: Session): Promise<TableHead | undefined> {
  const log = new DeltaLog(place.disk, ref.folder)
  // Listed first, because the replay may see later commits; all of them, because a hint hides those after a gap.
  const [listed = -1] = (await log.versionsUpTo(Number.POSITIVE_INFINITY)).slice(-1)
  const head = (await Snapshot.load(session, place.root, [ref], READ_FEATURES)).heads.get(ref.name)
  if (head === undefined || listed <= head.version) return head
  const missing = log.commitPath(head.version + 1)
  throw logInvalid(`the Delta log of ${ref.name} goes on with version ${listed}, but ${missing} is missing`)
}

/** The rows of the table come from elsewhere, so that no stream of the lake can build it again. */
function foreignLogInvalid(cause: LakeError): LakeError {
  return new LakeError('LAKE_LOG_INVALID', cause.message, {
    cause,
    state: 'Nothing was changed.',
    remedy:
      'Restore its _delta_log as the program that keeps the table has left it, or have that program write the table ' +
      'anew; then start the stream again.',
  })
}

/** @throws LakeError LAKE_TABLE_MISMATCH, and what reading the table would stop with */
export async function assertReadable(place: SourcePlace, table: FolderTable, session: Session): Promise<void> {
  const of = await folderTable(place, table, session)
  const difference = differenceIn(of, await headIn(place, table, session))
  if (difference !== undefined) throw mismatchError(of, difference, 'Nothing was emptied.')
}

export async function withSessionOf<T>(place: SourcePlace, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await place.connect()
  try {
    return await work(session)
  } finally {
    session.close()
  }
}

function refOf({ root }: SourcePlace, { name, path }: FolderTable): TableRef {
  return { name, folder: resolve(root, path), stream: null }
}

function columnsIn({ path }: FolderTable, { schemaString }: TableHead): Columns {
  const columns = columnsOfLog(schemaString, (column, type) => {
    throw new LakeError('LAKE_TABLE_MISMATCH', `the table in ${path} has column ${column} of type ${type}.`, {
      state: 'Nothing of it was read: the lake has no column of that type.',
      remedy: `Name the columns to read: deltaFolder('${path}', { columns: { id: 'BIGINT', … } })`,
    })
  })
  if (Object.keys(columns).length > 0) return columns
  throw new LakeError('LAKE_TABLE_MISMATCH', `the table in ${path} has no columns.`, {
    state: 'Nothing of it was read.',
    remedy: 'Let the program that keeps it first write to it, then start the stream again.',
  })
}

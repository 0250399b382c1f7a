import { resolve } from 'node:path'
import type { Columns } from '../../columns.ts'
import { READ_FEATURES } from '../../delta/features.ts'
import { DeltaLog } from '../../delta/log.ts'
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

/** The newest state of the table. @throws LakeError LAKE_CONFIG_INVALID if there is none */
export async function headIn(place: SourcePlace, table: FolderTable, session: Session): Promise<TableHead> {
  const ref = refOf(place, table)
  const { heads } = await Snapshot.load(session, place.root, [ref], READ_FEATURES)
  const head = heads.get(ref.name)
  if (head !== undefined) return head
  throw new LakeError('LAKE_CONFIG_INVALID', `there is no Delta table in ${ref.folder}: it has no _delta_log.`, {
    state: 'Nothing of it was read.',
    remedy:
      'Name the folder that has the _delta_log, or mount its disk; a relative path begins at the root of the lake.',
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
  return columnsOfLog(schemaString, (column, type) => {
    throw new LakeError('LAKE_TABLE_MISMATCH', `the table in ${path} has column ${column} of type ${type}.`, {
      state: 'Nothing of it was read: the lake has no column of that type.',
      remedy: `Name the columns to read: deltaFolder('${path}', { columns: { id: 'BIGINT', … } })`,
    })
  })
}

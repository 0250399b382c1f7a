import type { DeltaLog } from '../../delta/log.ts'
import { LockLook } from '../../duckdb/lock.ts'
import { statOf } from '../../files/read.ts'
import { readStoreCursor } from '../../serving/store/head.ts'
import { isIdOf } from '../../stream/streamId.ts'
import { lastOfSameRows } from '../../tables/logHistory.ts'
import type { LakeTable } from '../../tables/table.ts'
import type { LakeStream, ResolvedLive } from '../config/resolve.ts'
import { readLeftStatus } from '../live/leftStatus.ts'
import type { OpenLake } from '../openLake.ts'
import { lastRecord } from '../streamRecords.ts'
import { logOf } from '../tableLogs.ts'

/** What those who follow a table still need of it. */
export interface TableNeeds {
  /** Up to this version all of them have read everything; files of later ones are not joined. −1: nothing. */
  readonly readUpTo: number
  /** The lowest version that is still compared with or read as it was: its commit and its files stay. */
  readonly lowest: number
  /** The files that have to stay, whatever the table has now. */
  readonly files: readonly FileNeed[]
}

/** Files that are needed because of commits after a version. */
export interface FileNeed {
  readonly after: number
  /** `added`: those that are still to be read; `all`: also those that were removed since, and were live then. */
  readonly which: 'added' | 'all'
}

/** Nobody follows the table. */
const NOTHING: TableNeeds = { readUpTo: Number.MAX_SAFE_INTEGER, lowest: Number.MAX_SAFE_INTEGER, files: [] }

/** It is not known what is needed, so all of it is. */
const EVERYTHING: TableNeeds = { readUpTo: -1, lowest: -1, files: [{ after: -1, which: 'all' }] }

/**
 * What streams and the live aggregates still need of a table. Their positions are read from the disk, so that they may
 * be further by now, and never less far.
 * @throws LakeError for a record that is damaged
 */
export async function needsOf(lake: OpenLake, table: LakeTable): Promise<TableNeeds> {
  const needs: TableNeeds[] = []
  for (const stream of lake.config.streams) {
    if (stream.source.follows?.table === table) needs.push(await needsOfStream(lake, stream, stream.source.follows))
  }
  const { live } = lake.config
  if (live?.follows.into.includes(table) === true) needs.push(await needsOfLive(lake, live, table))
  return needs.reduce(
    (all, one) => ({
      readUpTo: Math.min(all.readUpTo, one.readUpTo),
      lowest: Math.min(all.lowest, one.lowest),
      files: [...all.files, ...one.files],
    }),
    NOTHING,
  )
}

async function needsOfStream(
  lake: OpenLake,
  stream: LakeStream,
  follows: NonNullable<LakeStream['source']['follows']>,
): Promise<TableNeeds> {
  const last = await lastRecord(lake, stream)
  // One that has read nothing begins with what is there then, unless it is about to commit its first batch.
  if (last === undefined) return (await isRunning(lake, stream)) ? EVERYTHING : NOTHING
  const { end } = last.source
  const readUpTo = follows.wholeVersionAt(end)
  const lowest = follows.versionAt(end) ?? -1
  // While it still reads what was there when it began, it needs that as it was.
  const file: FileNeed = readUpTo < 0 ? { after: lowest, which: 'all' } : { after: readUpTo, which: 'added' }
  return { readUpTo, lowest, files: [file] }
}

/** Whether a process, this one included, runs a stream. */
export async function isRunning({ layout }: OpenLake, stream: LakeStream): Promise<boolean> {
  const { lockFile } = layout.checkpoint(stream)
  if ((await statOf(lockFile)) === undefined) return false
  const locks = new LockLook()
  try {
    return (await locks.stateOf(lockFile)).held
  } finally {
    await locks.close()
  }
}

async function needsOfLive(lake: OpenLake, live: ResolvedLive, table: LakeTable): Promise<TableNeeds> {
  const batch = await liveBatch(lake, live)
  if (batch === 'none') return NOTHING
  if (batch === 'unknown') return EVERYTHING
  const log = logOf(lake, table)
  const version = await versionOfBatch(log, live.follows.name, batch)
  if (version === undefined) return EVERYTHING
  const after = await lastOfSameRows(log, version)
  return { readUpTo: version, lowest: version, files: [{ after, which: 'all' }] }
}

/** The last batch that the live aggregates have for certain. */
export async function liveBatch(lake: OpenLake, live: ResolvedLive): Promise<number | 'none' | 'unknown'> {
  return lake.storeReads.use(async (store) => {
    switch (store.kind) {
      case 'missing':
        return 'none'
      case 'own':
        return (await store.reader.position())?.batch ?? 'unknown'
      case 'held':
        return (await readLeftStatus(lake, live))?.last?.batch ?? 'unknown'
      case 'file': {
        const session = await store.database.connect()
        try {
          return (await readStoreCursor(session, live.store)).taken?.served.batch ?? 'none'
        } finally {
          session.close()
        }
      }
    }
  })
}

/** How many commits are read at the most to find one batch. */
const MAX_COMMITS = 100_000

/** The newest commit with a batch of a stream that is not newer than this one; undefined if there is none any more. */
async function versionOfBatch(log: DeltaLog, stream: string, batch: number): Promise<number | undefined> {
  const newest = await log.newestVersion()
  if (newest === undefined) return undefined
  for (let version = newest; version > newest - MAX_COMMITS; version--) {
    const commit = await log.readCommit(version)
    if (commit === undefined) return undefined
    const txn = commit.txns.find(({ appId }) => isIdOf(stream, appId))
    if (txn !== undefined && txn.version <= batch) return version
  }
  return undefined
}

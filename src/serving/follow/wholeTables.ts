import { listLog } from '../../delta/log.ts'
import { Snapshot, type TableHead, type TableRef } from '../../delta/snapshot.ts'
import { latest } from '../../delta/stats.ts'
import { LakeError } from '../../errors.ts'
import { isIdOf } from '../../stream/streamId.ts'
import { commitHash } from '../../tables/logCommits.ts'
import { type LogPlace, lastOfSameRows } from '../../tables/logHistory.ts'
import { differenceOf } from '../../tables/logTail.ts'
import type { Target } from '../../tables/target.ts'
import { type DataFile, type DataFiles, type Followed, mismatchError, refOf } from './followed.ts'
import type { BatchOffset } from './offset.ts'

// What all logs of the followed tables say together. They are replayed for it, so it is asked at starts only.

/** All rows of the followed tables up to one batch. */
export interface WholeTables {
  readonly end: BatchOffset
  /** Table → its live files. */
  readonly files: DataFiles
}

/**
 * All tables as they were at the newest batch that every one of them has.
 * @returns undefined while there is none
 * @throws LakeError LAKE_CHECKPOINT_MISMATCH for tables of several streams, LAKE_TABLE_MISMATCH
 */
export async function wholeTables(followed: Followed): Promise<WholeTables | undefined> {
  const { tables, eventTime, stream } = followed
  const refs = tables.map((target) => ({ ...refOf(followed, target), stream: stream.name }))
  return withSnapshot(followed, refs, async (snapshot) => {
    const at = newestBatch(followed, snapshot)
    if (at === undefined) return undefined
    const places: Record<string, LogPlace> = {}
    const times: (bigint | undefined)[] = []
    for (const { name, columns, partitionBy, log } of tables) {
      const head = snapshot.head(name)
      const difference = differenceOf({ name, columns, partitionBy }, head)
      if (difference !== undefined) throw mismatchError(followed, name, difference)
      const text = await log.readCommitText(head.readVersion)
      const hash = text === undefined ? null : commitHash(text)
      places[name] = { tableId: head.tableId, version: head.readVersion, commitHash: hash }
      times.push(eventTime === undefined ? undefined : await snapshot.newestTime(name, eventTime))
    }
    const newest = latest(times)
    return {
      end: { ...at, tables: places, newestEventMicros: newest === undefined ? null : String(newest) },
      files: await filesIn(followed, snapshot),
    }
  })
}

/**
 * The files of all tables as they were at a place up to which they were followed.
 * @returns undefined if a log no longer says that: it was cleaned up, or the table is another one
 */
export async function filesAt(followed: Followed, end: BatchOffset): Promise<DataFiles | undefined> {
  const refs: (TableRef & { readonly asOf: number })[] = []
  for (const target of followed.tables) {
    const place = end.tables[target.name]
    if (place === undefined || !(await reaches(target, place.version))) return undefined
    // Files that were joined since have the same rows, and those that they replaced may be gone.
    refs.push({ ...refOf(followed, target), asOf: await lastOfSameRows(target.log, place.version) })
  }
  return withSnapshot(followed, refs, async (snapshot) => {
    const isSame = followed.tables.every(({ name }) => {
      const head = snapshot.heads.get(name)
      const asOf = refs.find((ref) => ref.name === name)?.asOf
      return head?.tableId === end.tables[name]?.tableId && head?.version === asOf
    })
    return isSame ? filesIn(followed, snapshot) : undefined
  })
}

/** Whether a log can be replayed up to a version: from its first commit on, or from a checkpoint. */
async function reaches({ log }: Target, version: number): Promise<boolean> {
  const entries = await listLog(log.folder)
  return entries.some((entry) => entry.version <= version && (entry.isCheckpoint || entry.version === 0))
}

async function filesIn({ tables }: Followed, snapshot: Snapshot): Promise<DataFiles> {
  const files = new Map<string, readonly DataFile[]>()
  for (const { name } of tables) files.set(name, await snapshot.liveFiles(name))
  return files
}

/** The files of each table as it is now, by its own log. */
export async function filesNow(followed: Followed): Promise<DataFiles> {
  const refs = followed.tables.map((target) => refOf(followed, target))
  return withSnapshot(followed, refs, (snapshot) => filesIn(followed, snapshot))
}

/** The newest state of each table by its own log; tables without a log are left out. */
export async function headsOf(followed: Followed): Promise<ReadonlyMap<string, TableHead>> {
  const refs = followed.tables.map((target) => refOf(followed, target))
  return withSnapshot(followed, refs, async ({ heads }) => heads)
}

async function withSnapshot<T>(
  { connect, lakeFolder }: Followed,
  refs: readonly TableRef[],
  work: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  const session = await connect()
  try {
    return await work(await Snapshot.load(session, lakeFolder, refs))
  } finally {
    session.close()
  }
}

/** The newest batch of the stream in all tables; undefined if one of them has none. */
function newestBatch(
  { stream: { name: stream }, tables }: Followed,
  { heads }: Snapshot,
): Pick<BatchOffset, 'streamId' | 'batch'> | undefined {
  const ids = new Set<string>()
  for (const { txns } of heads.values()) for (const id of txns.keys()) if (isIdOf(stream, id)) ids.add(id)
  const [streamId, other] = ids
  if (streamId === undefined) return undefined
  if (other !== undefined) {
    const what = `the tables of stream ${stream} have batches of two streams named so: ${streamId} and ${other}.`
    throw new LakeError('LAKE_CHECKPOINT_MISMATCH', what, {
      state: 'No model was changed. One of the tables may have been restored or swapped without the others.',
      remedy: `Restore all of them from one backup, or build them again: lakeweir run ${stream} --fresh`,
    })
  }
  const batches = tables.map(({ name }) => heads.get(name)?.txns.get(streamId) ?? 0)
  const batch = Math.min(...batches)
  return batch === 0 ? undefined : { streamId, batch }
}

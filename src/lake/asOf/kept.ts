import { commitChanges, commitFacts } from '../../delta/commitFacts.ts'
import { type DeltaLog, listLog } from '../../delta/log.ts'
import { Snapshot, type TableRef } from '../../delta/snapshot.ts'
import { targetOf } from '../../files/read.ts'

/** What a log still has of its table's past. */
export interface Kept {
  /** The oldest version that can be replayed: from the first commit, or from a checkpoint of the log. */
  readonly oldest: number
  readonly newest: number
  /** The versions from the oldest on whose commits are there, ascending. */
  readonly commits: readonly number[]
}

/** Undefined for a table without a log. @throws LakeError LAKE_LOG_INVALID */
export async function keptOf(log: DeltaLog, floor = 0): Promise<Kept | undefined> {
  const entries = await listLog(log.folder)
  if (entries.length === 0) return undefined
  const newest = Math.max(...entries.map(({ version }) => version))
  const commits = new Set(entries.flatMap(({ version, isCheckpoint }) => (isCheckpoint ? [] : [version])))
  let first = newest + 1
  while (commits.has(first - 1)) first -= 1
  const checkpoints = entries.flatMap(({ version, isCheckpoint }) => (isCheckpoint ? [version] : []))
  // A replay goes on from a checkpoint with the commit after it, or with none.
  const bases = checkpoints.filter((version) => version >= first - 1)
  const oldest = Math.max(floor, first === 0 ? 0 : Math.min(newest, ...bases))
  return { oldest, newest, commits: [...commits].filter((version) => version >= oldest).sort((a, b) => a - b) }
}

/** When a commit was made, in milliseconds since 1970; undefined where it is gone or says nothing. */
export async function commitTime(log: DeltaLog, version: number): Promise<number | undefined> {
  return (await commitFacts(log, version))?.timeMs
}

/** The oldest version whose files are all there: the newest that removed one which is gone from the disk by now. */
export async function oldestWithFiles(
  log: DeltaLog,
  { commits }: Kept,
  lakeFolder: string,
  ref: TableRef,
): Promise<number> {
  for (const version of commits.toReversed()) {
    for (const path of (await commitChanges(log, version))?.removedPaths ?? []) {
      if ((await targetOf(Snapshot.fileOf(lakeFolder, ref, path))) === undefined) return version
    }
  }
  return 0
}

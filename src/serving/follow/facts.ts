import type { Commit } from '../../delta/actions.ts'
import type { Target } from '../../tables/target.ts'
import type { Followed } from './followed.ts'
import type { BatchOffset } from './offset.ts'
import { type CommittedBatch, rowsIn } from './trace.ts'

/** How many commits of a log are looked at for one batch: some, between those of the stream, may only move rows. */
const COMMITS_A_BATCH = 10

/** The last batches up to a place, oldest first, as far as the commits of all tables are still there. */
export async function lastBatches(followed: Followed, end: BatchOffset, count: number): Promise<CommittedBatch[]> {
  const byTable = new Map<string, ReadonlyMap<number, Commit>>()
  for (const target of followed.tables) byTable.set(target.name, await lastCommits(target, end, count))
  const batches: CommittedBatch[] = []
  for (let batch = Math.max(1, end.batch - count + 1); batch <= end.batch; batch++) {
    const commits = new Map([...byTable].flatMap(([table, ofTable]) => commitOf(table, ofTable.get(batch))))
    if (commits.size === byTable.size) batches.push(committedBatch(end.streamId, batch, commits))
  }
  return batches
}

function commitOf(table: string, commit: Commit | undefined): [string, Commit][] {
  return commit === undefined ? [] : [[table, commit]]
}

/** A batch by its commits. @param commits  table → commit */
export function committedBatch(streamId: string, batch: number, commits: ReadonlyMap<string, Commit>): CommittedBatch {
  const [first] = commits.values()
  const rows = Object.fromEntries([...commits].map(([table, commit]) => [table, rowsIn(commit)]))
  return { streamId, batch, parameters: first?.parameters ?? {}, rows }
}

/** Batch → commit. */
async function lastCommits(
  { name, log }: Target,
  { streamId, batch, tables }: BatchOffset,
  count: number,
): Promise<ReadonlyMap<number, Commit>> {
  const commits = new Map<number, Commit>()
  const newest = tables[name]?.version ?? -1
  for (let version = newest; version > newest - count * COMMITS_A_BATCH && commits.size < count; version--) {
    const commit = version < 0 ? undefined : await log.readCommit(version)
    if (commit === undefined) break
    const own = commit.txns.find(({ appId }) => appId === streamId)
    if (own !== undefined && own.version <= batch) commits.set(own.version, commit)
  }
  return commits
}

import { createHash } from 'node:crypto'
import { type Commit, ENGINE_INFO } from '../delta/actions.ts'
import { streamOf } from '../stream/streamId.ts'

// What the commits of a log mean to whoever follows it, decided from the commits alone.

/** Whether a stream of ours wrote a commit and counted its rows; the counts of other writers are only hints. */
export function isCounted({ engineInfo }: Commit): boolean {
  return engineInfo?.startsWith(ENGINE_INFO) === true
}

/** What a commit does to rows that were there before; undefined if it only appends or moves rows. */
export function changeIn(commit: Commit): string | undefined {
  if (commit.operation === 'RESTORE') return 'restores an older version'
  const removed = commit.removes.find(({ dataChange }) => dataChange)
  return removed === undefined ? undefined : `removes rows (file ${removed.path})`
}

/** What is wrong with a commit of ours that repeats a batch: it is a copy. `snapshot.sql` rejects it, too. */
export function copiedBatch(commit: Commit, newestBatches: ReadonlyMap<string, number>): string | undefined {
  if (!isCounted(commit)) return undefined
  const newest = new Map(newestBatches)
  for (const { appId, version: batch } of commit.txns) {
    const before = newest.get(appId)
    if (before !== undefined && batch <= before) {
      return `has batch ${batch} of stream ${streamOf(appId)}, but an earlier commit has batch ${before}`
    }
    newest.set(appId, batch)
  }
  return undefined
}

/** The hash by which a commit is recognized again. */
export function commitHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

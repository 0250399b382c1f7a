import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { TableHead } from '../delta/snapshot.ts'
import { assertTableMatches, probeLinks, removeProbes } from '../delta/table.ts'
import { LakeError } from '../errors.ts'
import { newStreamId } from '../stream/streamId.ts'
import { pruneRecords } from './commit.ts'
import type { TableParts } from './parts.ts'
import { type Heads, publish } from './publish.ts'
import { type CommitRecord, readTail, recordName } from './record.ts'
import { clearStaging } from './staging.ts'

/** Where a stream goes on. */
export interface RecoveredStream {
  readonly streamId: string
  readonly last: CommitRecord | undefined
  readonly heads: Heads
}

/**
 * Brings a stream to the point after its last batch: trusts the last record only once it is durable, refuses tables
 * that do not belong to it, publishes that batch wherever it is missing and passes the barriers again where it is not.
 * @throws LakeError LAKE_CHECKPOINT_MISMATCH, LAKE_TABLE_MISMATCH, LAKE_DISK_UNSUITABLE, LAKE_PUBLISH_FAILED
 */
export async function recoverStream(parts: TableParts): Promise<RecoveredStream> {
  const { disk, checkpoint, targets } = parts
  for (const { log } of targets) await removeProbes(disk, checkpoint.staging, log, parts.stream)

  const { last, strays, batches } = await readTail(checkpoint.commits)
  if (last !== undefined && last.source.kind !== parts.sourceKind) {
    const difference = `its batches came from a ${last.source.kind} source, the config has a ${parts.sourceKind} one`
    throw mismatch(parts, difference)
  }
  if (last !== undefined) {
    await disk.syncFile(join(checkpoint.commits, recordName(last.batch)))
    await disk.syncFolder(checkpoint.commits)
  }

  const tableHeads = await parts.loadHeads()
  const published = new Map<string, number>()
  for (const target of targets) {
    const head = tableHeads.get(target.name)
    if (head === undefined) throw missingTable(parts, target.name, last)
    assertTableMatches(target, head)
    published.set(target.name, publishedBatch(parts, target.name, head, last))
  }
  const isPublished = [...published.values()].every((batch) => batch === (last?.batch ?? 0))
  if (!isPublished) await probeTargets(parts)
  // Only now is it sure that the checkpoint is the tables' own, and anything may be changed.
  for (const batch of strays) {
    await disk.rename(join(checkpoint.commits, recordName(batch)), join(checkpoint.commits, asideName(batch)))
  }
  const known: Heads = new Map([...tableHeads].map(([name, head]) => [name, head.version]))
  const heads = last === undefined ? known : await publish(parts, last, known, published)
  // Before the source begins, which may read by temporary names of its own.
  await clearStaging(parts, last?.batch ?? 0)
  if (last !== undefined) await pruneRecords(disk, checkpoint, batches, last.batch)
  return { streamId: last?.streamId ?? newStreamId(parts.stream), last, heads }
}

/**
 * Tries that staged files can be linked into every table: before a batch is published, and not at a start that has
 * nothing to write, because a trial changes the times of three folders.
 * @throws LakeError LAKE_DISK_UNSUITABLE
 */
export async function probeTargets({ disk, checkpoint, targets, stream }: TableParts): Promise<void> {
  for (const { log } of targets) await probeLinks(disk, checkpoint.staging, log, stream)
}

function asideName(batch: number): string {
  return `aside-${batch}-${randomUUID()}.json`
}

/**
 * The newest batch of this stream that a table has: the last one or the one before it. Anything else means that the
 * table and the checkpoint were not left together: a restored backup, a swapped or deleted checkpoint.
 */
function publishedBatch(parts: TableParts, table: string, head: TableHead, last: CommitRecord | undefined): number {
  const batch = last?.batch ?? 0
  const ours = last === undefined ? undefined : head.txns.get(last.streamId)
  for (const [appId, version] of head.txns) {
    const isSameStream = appId.startsWith(`${parts.stream}@`)
    const isUnexpected = isSameStream || parts.targets.length > 1
    if (appId === last?.streamId || !isUnexpected) continue
    const found = isSameStream ? `batch ${version} of another life of this stream` : `a commit of ${appId}`
    throw mismatch(
      parts,
      `table ${table} has ${found}, the checkpoint ${batch === 0 ? 'no batch' : `batch ${batch} of this one`}`,
    )
  }
  const published = ours ?? 0
  if (published === batch || published === batch - 1) return published
  throw mismatch(parts, `table ${table} has batch ${published}, the checkpoint batch ${batch}`)
}

function mismatch(parts: TableParts, difference: string): LakeError {
  return new LakeError('LAKE_CHECKPOINT_MISMATCH', `stream ${parts.stream}: ${difference}.`, {
    state: 'Nothing was changed. One of them may have been restored, swapped or deleted without the other.',
    remedy:
      `Restore ${parts.checkpoint.folder} and the tables ${parts.targets.map(({ name }) => name).join(', ')} ` +
      `from one backup, or build them again: lakeweir run ${parts.stream} --fresh`,
  })
}

function missingTable(parts: TableParts, table: string, last: CommitRecord | undefined): LakeError {
  const known = last === undefined ? 'and another stream has read or written it' : `the checkpoint batch ${last.batch}`
  return mismatch(parts, `table ${table} has no Delta log, ${known}`)
}

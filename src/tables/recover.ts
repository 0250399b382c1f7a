import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { TableHead } from '../delta/snapshot.ts'
import { assertTableMatches, probeLinks, removeProbes } from '../delta/table.ts'
import { LakeError } from '../errors.ts'
import { KEPT_RECORDS, publishError, type StreamParts } from './batch.ts'
import { type Heads, publish, syncLogs } from './publish.ts'
import { type CommitRecord, readTail, recordName } from './record.ts'

/** Where a stream goes on. */
export interface RecoveredStream {
  readonly streamId: string
  readonly last: CommitRecord | undefined
  readonly heads: Heads
}

/**
 * Brings a stream to the point after its last batch: trusts the last record only once it is durable, refuses tables
 * that do not belong to it, publishes that batch wherever it is missing and passes the barriers again where it is not.
 * @param loadHeads  reads the logs of the stream's tables
 * @throws LakeError LAKE_CHECKPOINT_MISMATCH, LAKE_TABLE_MISMATCH, LAKE_DISK_UNSUITABLE, LAKE_PUBLISH_FAILED
 */
export async function recoverStream(
  parts: StreamParts,
  loadHeads: () => Promise<ReadonlyMap<string, TableHead>>,
): Promise<RecoveredStream> {
  const { disk, checkpoint, targets } = parts
  for (const { log } of targets) await removeProbes(disk, checkpoint.staging, log, parts.name)

  const { last, strays, batches } = await readTail(checkpoint.commits)
  if (last !== undefined && last.source.kind !== parts.source.kind) {
    throw mismatch(
      parts,
      `its batches came from a ${last.source.kind} source, the config has a ${parts.source.kind} one`,
    )
  }
  if (last !== undefined) {
    await disk.syncFile(join(checkpoint.commits, recordName(last.batch)))
    await disk.syncFolder(checkpoint.commits)
  }

  const tableHeads = await loadHeads()
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
  const heads: Heads = new Map([...tableHeads].map(([name, head]) => [name, head.version]))
  if (last !== undefined) {
    try {
      await publish(disk, checkpoint, targets, last, heads, published)
      await syncLogs(disk, targets)
    } catch (cause) {
      throw publishError(parts.name, last, cause)
    }
  }
  // Before the source begins, which may read by temporary names of its own.
  await checkpoint.clearStaging(disk, last?.batch ?? 0)
  await parts.source.recover(last)
  for (const batch of batches) {
    if (last !== undefined && batch <= last.batch - KEPT_RECORDS) {
      await disk.removeFile(join(checkpoint.commits, recordName(batch)))
    }
  }
  return { streamId: last?.streamId ?? `${parts.name}@${randomUUID()}`, last, heads }
}

/**
 * Tries that staged files can be linked into every table: before a batch is published, and not at a start that has
 * nothing to write, because a trial changes the times of three folders.
 * @throws LakeError LAKE_DISK_UNSUITABLE
 */
export async function probeTargets({ disk, checkpoint, targets, name }: StreamParts): Promise<void> {
  for (const { log } of targets) await probeLinks(disk, checkpoint.staging, log, name)
}

function asideName(batch: number): string {
  return `aside-${batch}-${randomUUID()}.json`
}

/**
 * The newest batch of this stream that a table has: the last one or the one before it. Anything else means that the
 * table and the checkpoint were not left together: a restored backup, a swapped or deleted checkpoint.
 */
function publishedBatch(parts: StreamParts, table: string, head: TableHead, last: CommitRecord | undefined): number {
  const batch = last?.batch ?? 0
  const ours = last === undefined ? undefined : head.txns.get(last.streamId)
  for (const [appId, version] of head.txns) {
    const isSameStream = appId.startsWith(`${parts.name}@`)
    const isForeign = isSameStream || parts.targets.length > 1
    if (appId === last?.streamId || !isForeign) continue
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

function mismatch(parts: StreamParts, difference: string): LakeError {
  return new LakeError('LAKE_CHECKPOINT_MISMATCH', `stream ${parts.name}: ${difference}.`, {
    state: 'Nothing was changed. One of them may have been restored, swapped or deleted without the other.',
    remedy:
      `Restore ${parts.checkpoint.folder} and the tables ${parts.targets.map(({ name }) => name).join(', ')} ` +
      `from one backup, or build them again: lakeweir run ${parts.name} --fresh`,
  })
}

function missingTable(parts: StreamParts, table: string, last: CommitRecord | undefined): LakeError {
  const known = last === undefined ? 'and another stream has read or written it' : `the checkpoint batch ${last.batch}`
  return mismatch(parts, `table ${table} has no Delta log, ${known}`)
}

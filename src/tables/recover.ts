import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { TableHead } from '../delta/snapshot.ts'
import { assertTableMatches, probeLinks, removeProbes } from '../delta/table.ts'
import { LakeError } from '../errors.ts'
import { isIdOf, newStreamId } from '../stream/streamId.ts'
import { pruneRecords } from './commit.ts'
import { assertNotImporting } from './importMark.ts'
import type { TableParts } from './parts.ts'
import { type Heads, publish } from './publish.ts'
import { type CommitRecord, readTail, recordName } from './record.ts'
import { clearStaging } from './staging.ts'

/** Where a stream continues. */
export interface RecoveredStream {
  readonly streamId: string
  readonly last: CommitRecord | undefined
  readonly heads: Heads
}

/**
 * Brings a stream to the point after its last batch: makes the last record durable before it trusts it, refuses tables
 * that do not belong to the stream, and publishes that batch wherever it is missing. Where it is not, the barriers are
 * passed again.
 * @throws LakeError LAKE_CHECKPOINT_MISMATCH, LAKE_TABLE_MISMATCH, LAKE_DISK_UNSUITABLE, LAKE_PUBLISH_FAILED
 * @throws LakeError LAKE_IMPORT_UNFINISHED
 */
export async function recoverStream(parts: TableParts): Promise<RecoveredStream> {
  const { disk, checkpoint, targets } = parts
  if (!parts.isImport) await assertNotImporting(parts.stream, checkpoint)
  for (const { log } of targets) await removeProbes(disk, checkpoint.staging, log, parts.stream)

  const { last, strays, batches } = await readTail(checkpoint.commits)
  if (last !== undefined && last.source.kind !== parts.sourceKind) {
    const { kind } = last.source
    const difference = `its batches came from a ${kind} source, but the config has a ${parts.sourceKind} one`
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
  // Only now is it certain that the checkpoint belongs to the tables, so only now may anything be changed.
  for (const batch of strays) {
    await disk.rename(join(checkpoint.commits, recordName(batch)), join(checkpoint.commits, asideName(batch)))
  }
  const known: Heads = new Map([...tableHeads].map(([name, head]) => [name, head.version]))
  const heads = last === undefined ? known : await publish(parts, last, known, published)
  // Before the source starts, because it may make temporary files of its own.
  await clearStaging(parts, last?.batch ?? 0)
  if (last !== undefined) await pruneRecords(disk, checkpoint, batches, last.batch)
  return { streamId: last?.streamId ?? newStreamId(parts.stream), last, heads }
}

/**
 * Tries whether staged files can be linked into every table. Done before a batch is published, but not at a start with
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
 * The newest batch of this stream that a table has: the last one or the one before it. Anything else means that table
 * and checkpoint do not belong together: one was restored from a backup, swapped or deleted without the other.
 */
function publishedBatch(parts: TableParts, table: string, head: TableHead, last: CommitRecord | undefined): number {
  const batch = last?.batch ?? 0
  const ours = last === undefined ? undefined : head.txns.get(last.streamId)
  for (const [appId, version] of head.txns) {
    const isSameStream = isIdOf(parts.stream, appId)
    const isUnexpected = isSameStream || parts.targets.length > 1
    if (appId === last?.streamId || !isUnexpected) continue
    const found = isSameStream ? `batch ${version} of another stream named ${parts.stream}` : `a commit of ${appId}`
    throw mismatch(
      parts,
      `table ${table} has ${found}, but the checkpoint has ${batch === 0 ? 'no batch' : `batch ${batch} of this one`}`,
    )
  }
  const published = ours ?? 0
  if (published === batch || published === batch - 1) return published
  throw mismatch(parts, `table ${table} has batch ${published}, but the checkpoint has batch ${batch}`)
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
  const known =
    last === undefined ? 'but another stream has read or written it' : `but the checkpoint has batch ${last.batch}`
  return mismatch(parts, `table ${table} has no Delta log, ${known}`)
}

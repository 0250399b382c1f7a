import { join } from 'node:path'
import { LakeError, messageOf } from '../errors.ts'
import type { Disk } from '../files/disk.ts'
import { mayBeRepeated } from '../stream/retry.ts'
import { streamOf } from '../stream/streamId.ts'
import type { Checkpoint } from './checkpoint.ts'
import { type CommitRecord, listBatches, readRecord, recordName } from './record.ts'

/** How many commit records are kept. Each holds the whole offset, so one would be enough. */
const KEPT_RECORDS = 100

/**
 * Puts the record in place and passes barrier b. The link is the commit point for all tables: a crash before it leaves
 * staged files that nothing names, a crash after it leaves a batch that the next start publishes. The record counts
 * only if the record before it is there and none above it: old records are pruned, so a process that slept while its
 * successor worked may find its number free again.
 * @param recordFile  the durable file with the record
 * @throws LakeError LAKE_BATCH_SUPERSEDED, LAKE_PUBLISH_FAILED
 */
export async function commit(
  disk: Disk,
  checkpoint: Checkpoint,
  record: CommitRecord,
  recordFile: string,
): Promise<void> {
  const path = join(checkpoint.commits, recordName(record.batch))
  try {
    if ((await disk.link(recordFile, path)) === 'exists') throw supersededError(record)
    const highest = (await listBatches(checkpoint.commits)).at(-1)
    const before = record.batch === 1 ? record : await readRecord(checkpoint.commits, record.batch - 1)
    if (highest !== record.batch || before?.streamId !== record.streamId) {
      await disk.removeFile(path)
      throw supersededError(record)
    }
    await disk.syncFolder(checkpoint.commits)
  } catch (cause) {
    if (cause instanceof LakeError && cause.code === 'LAKE_BATCH_SUPERSEDED') throw cause
    const what = `${streamOf(record.streamId)} batch ${record.batch} may or may not be committed: ${messageOf(cause)}`
    throw new LakeError('LAKE_PUBLISH_FAILED', what, {
      cause,
      state: 'Nothing is lost: the next start finds out, and publishes the batch or runs it again.',
      remedy: 'Fix what the message names, then start the stream again.',
      canRetry: mayBeRepeated(cause),
    })
  }
}

function supersededError(record: CommitRecord): LakeError {
  const what = `another process committed ${streamOf(record.streamId)} batch ${record.batch} first.`
  return new LakeError('LAKE_BATCH_SUPERSEDED', what, {
    state: 'Nothing that this process had staged was published.',
    remedy: 'Let the other process run, or stop it and start this one again.',
  })
}

/** Removes the record that is too old now that batch `last` is committed. */
export async function pruneRecord(disk: Disk, checkpoint: Checkpoint, last: number): Promise<void> {
  const oldest = last - KEPT_RECORDS
  if (oldest > 0) await disk.removeFile(join(checkpoint.commits, recordName(oldest)))
}

/** Removes all records that are too old: an earlier clean-up may have been cut short. */
export async function pruneRecords(
  disk: Disk,
  checkpoint: Checkpoint,
  batches: readonly number[],
  last: number,
): Promise<void> {
  for (const batch of batches) {
    if (batch <= last - KEPT_RECORDS) await disk.removeFile(join(checkpoint.commits, recordName(batch)))
  }
}

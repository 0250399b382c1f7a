import { join } from 'node:path'
import { LakeError, messageOf } from '../errors.ts'
import type { Disk } from '../files/disk.ts'
import { mayBeRepeated } from '../stream/retry.ts'
import type { Checkpoint } from './checkpoint.ts'
import { type CommitRecord, listBatches, readRecord, recordName } from './record.ts'

/** How many commit records are kept; each holds the whole offset, so one would do. */
const KEPT_RECORDS = 100

/**
 * Puts the record in place, and barrier b. Its link is the commit point for all tables: a crash before it leaves staged
 * files that nobody names, a crash after it leaves a batch that the next start publishes. It counts only on top of the
 * batch before and below nothing: a process that slept through its successor's work may find its number free again,
 * because old records are pruned.
 * @param recordFile  holds the record, durably
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
    const what = `batch ${record.batch}: its commit could not be made sure: ${messageOf(cause)}`
    throw new LakeError('LAKE_PUBLISH_FAILED', what, {
      cause,
      state: 'It may be committed or not; the next start finds out and loses nothing.',
      remedy: 'See what the disk says, then start the stream again.',
      canRetry: mayBeRepeated(cause),
    })
  }
}

function supersededError(record: CommitRecord): LakeError {
  return new LakeError(
    'LAKE_BATCH_SUPERSEDED',
    `another process committed batch ${record.batch} of this stream first.`,
    {
      state: 'What this process had staged was not published.',
      remedy: 'Let the other process go on, or stop it and start this one again.',
    },
  )
}

/** Removes the record that the last batch has made old. */
export async function pruneRecord(disk: Disk, checkpoint: Checkpoint, last: number): Promise<void> {
  const oldest = last - KEPT_RECORDS
  if (oldest > 0) await disk.removeFile(join(checkpoint.commits, recordName(oldest)))
}

/** Removes all records that are old: a clean-up may have been cut short. */
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

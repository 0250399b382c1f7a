import { join } from 'node:path'
import type { Disk } from '../files/disk.ts'
import { listFolder } from '../files/read.ts'
import { isOwnerDead } from '../files/temporaryNames.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { CommitRecord } from './record.ts'

interface Place {
  readonly disk: Disk
  readonly checkpoint: Checkpoint
}

/** Removes the staged names of a published batch; its tables have their own names for the files. */
export async function dropStaged({ disk, checkpoint }: Place, record: CommitRecord | undefined): Promise<void> {
  if (record !== undefined) await disk.removeTree(checkpoint.attemptFolder(record.batch, record.attempt))
}

/**
 * Removes what attempts at batches up to `batch` left behind, what dead processes left of later ones, and temporary
 * files. Other later attempts stay: a process that lost its lock while it slept may still commit one.
 */
export async function clearStaging({ disk, checkpoint }: Place, batch: number): Promise<void> {
  for (const { name } of await listFolder(checkpoint.staging)) {
    // A temporary Delta commit begins with a number too, its version.
    const attempted = isTemporary(name) ? undefined : /^(\d+)\./.exec(name)?.[1]
    const isOver = attempted !== undefined && (Number(attempted) <= batch || isOwnerDead(name))
    if (isTemporary(name) || isOver) {
      await disk.removeTree(join(checkpoint.staging, name))
    }
  }
  for (const { name } of await listFolder(checkpoint.folder)) {
    if (isTemporary(name)) await disk.removeFile(join(checkpoint.folder, name))
  }
}

/** A temporary name, or the log that DuckDB writes beside a new database file. */
function isTemporary(name: string): boolean {
  return name.endsWith('.tmp') || name.endsWith('.tmp.wal')
}

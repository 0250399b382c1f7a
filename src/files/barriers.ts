import { messageOf } from '../errors.ts'
import type { Disk } from './disk.ts'
import { inParallel } from './turns.ts'

/** Syncs files and folders in parallel: one barrier. Every path is synced once. */
export async function syncAll(disk: Disk, files: Iterable<string>, folders: Iterable<string>): Promise<void> {
  const syncs = [
    ...[...new Set(files)].map((path) => () => disk.syncFile(path)),
    ...[...new Set(folders)].map((path) => () => disk.syncFolder(path)),
  ]
  await inParallel(syncs)
}

/** A file or folder that stays, whatever becomes of the attempt, could not be made durable. */
export class LastingSyncError extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause })
    this.name = 'LastingSyncError'
  }
}

/**
 * `syncAll` for files and folders that stay after a failure. The kernel may report a failed fsync only once: a second
 * fsync of the same file would succeed and prove nothing, so nobody may try again.
 * @throws LastingSyncError
 */
export async function syncLasting(disk: Disk, files: Iterable<string>, folders: Iterable<string>): Promise<void> {
  try {
    await syncAll(disk, files, folders)
  } catch (cause) {
    throw new LastingSyncError(cause)
  }
}

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

/** A file or folder that stands, and stays, could not be made durable. */
export class StandingSyncError extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause })
    this.name = 'StandingSyncError'
  }
}

/**
 * `syncAll` for what is not dropped after a failure. The kernel may tell of a failed fsync only once: a second one on
 * the same file would succeed and mean nothing, so nobody may try again.
 * @throws StandingSyncError
 */
export async function syncStanding(disk: Disk, files: Iterable<string>, folders: Iterable<string>): Promise<void> {
  try {
    await syncAll(disk, files, folders)
  } catch (cause) {
    throw new StandingSyncError(cause)
  }
}

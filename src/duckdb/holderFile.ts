import { DuckDBInstance } from '@duckdb/node-api'
import { LakeError, messageOf } from '../errors.ts'

/** Who holds a lock: a process id where DuckDB names it. */
export type LockState = { readonly held: false } | { readonly held: true; readonly processId: number | undefined }

/**
 * Files that this process has open as locks. POSIX record locks belong to a process: a second opening here would
 * succeed, and closing it would silently drop the first one's lock. So this process asks itself first.
 */
const heldHere = new Set<string>()

/** Makes a database file that is never written again; a lock on it is one that the kernel frees on kill -9. */
export async function createHolderFile(path: string): Promise<void> {
  const instance = await DuckDBInstance.create(path, { threads: '1' })
  instance.closeSync()
}

/** The lock of one stream: an open database file. */
export class HolderLock {
  readonly #path: string
  readonly #instance: DuckDBInstance

  private constructor(path: string, instance: DuckDBInstance) {
    this.#path = path
    this.#instance = instance
  }

  /** Takes the lock, or says who holds it. @throws LakeError LAKE_LOCK_INVALID where the file is no lock */
  static async take(path: string): Promise<HolderLock | Extract<LockState, { held: true }>> {
    if (heldHere.has(path)) return { held: true, processId: process.pid }
    heldHere.add(path)
    try {
      return new HolderLock(path, await DuckDBInstance.create(path, { access_mode: 'READ_WRITE', threads: '1' }))
    } catch (error) {
      heldHere.delete(path)
      return holderNamedBy(path, error)
    }
  }

  release(): void {
    this.#instance.closeSync()
    heldHere.delete(this.#path)
  }
}

/** Whether somebody holds the lock, without taking it: a shared lock is tried and dropped. */
export async function lockState(path: string): Promise<LockState> {
  if (heldHere.has(path)) return { held: true, processId: process.pid }
  try {
    const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY', threads: '1' })
    instance.closeSync()
    return { held: false }
  } catch (error) {
    return holderNamedBy(path, error)
  }
}

/** What DuckDB 1.5 says of a file that is no database of its own: text, cut off, damaged, a folder, a newer one. */
const NO_LOCK = new RegExp(
  [
    'not a valid DuckDB database file',
    'Could not read enough bytes',
    'Corrupt database file',
    'Is a directory',
    'version number',
    'Too many levels of symbolic links',
    'database does not exist',
  ].join('|'),
)

/** DuckDB: `Could not set lock on file "…": Conflicting lock is held in /usr/bin/node (PID 123)`. */
function holderNamedBy(path: string, error: unknown): Extract<LockState, { held: true }> {
  const message = messageOf(error)
  if (NO_LOCK.test(message)) {
    throw new LakeError('LAKE_LOCK_INVALID', `${path} is not the lock file that was put there.`, {
      cause: error,
      state: 'Nothing was changed. It holds no data.',
      remedy: 'Delete it while the stream does not run: the next start makes it anew.',
    })
  }
  if (!message.includes('Could not set lock')) throw error
  const processId = /PID (\d+)/.exec(message)?.[1]
  return { held: true, processId: processId === undefined ? undefined : Number(processId) }
}

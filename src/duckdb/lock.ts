import { DuckDBInstance } from '@duckdb/node-api'
import { LakeError, messageOf } from '../errors.ts'
import { attachAndDetach } from './sql/locks.ts'

/** Whether a lock is held, and by which process, if DuckDB names it. */
export type LockState = { readonly held: false } | { readonly held: true; readonly processId: number | undefined }

/**
 * Files that this process has open as locks. A POSIX record lock belongs to a process: opening the file a second time
 * in this process would succeed, and closing it again would silently drop the lock. So this set is asked first.
 */
const heldHere = new Set<string>()

/** Makes a database file that is never written again. The kernel frees a lock on it even after kill -9. */
export async function createLockFile(path: string): Promise<void> {
  const instance = await DuckDBInstance.create(path, { threads: '1' })
  instance.closeSync()
}

/**
 * Notes that this process holds a file as a lock, before it opens it.
 * @returns a function that notes that it has closed it; undefined if this process holds it already
 */
export function holdHere(path: string): (() => void) | undefined {
  if (heldHere.has(path)) return undefined
  heldHere.add(path)
  return () => heldHere.delete(path)
}

/**
 * Whether a database could not be opened because a process has it open, and by which one. DuckDB 1.5:
 * `Could not set lock on file "…": Conflicting lock is held in /usr/bin/node (PID 123)`.
 */
export function holderIn(error: unknown): Extract<LockState, { held: true }> | undefined {
  const message = messageOf(error)
  if (!message.includes('Could not set lock')) return undefined
  const processId = /PID (\d+)/.exec(message)?.[1]
  return { held: true, processId: processId === undefined ? undefined : Number(processId) }
}

/** The lock of one stream: an open database file. */
export class StreamLock {
  readonly #path: string
  readonly #instance: DuckDBInstance

  private constructor(path: string, instance: DuckDBInstance) {
    this.#path = path
    this.#instance = instance
  }

  /** Takes the lock, or says who holds it. @throws LakeError LAKE_LOCK_INVALID if the file is not a lock file */
  static async take(path: string): Promise<StreamLock | Extract<LockState, { held: true }>> {
    if (heldHere.has(path)) return { held: true, processId: process.pid }
    heldHere.add(path)
    try {
      return new StreamLock(path, await DuckDBInstance.create(path, { access_mode: 'READ_WRITE', threads: '1' }))
    } catch (error) {
      heldHere.delete(path)
      return heldBy(path, error)
    }
  }

  release(): void {
    this.#instance.closeSync()
    heldHere.delete(this.#path)
  }
}

/**
 * Looks at locks without taking them: a shared lock is tried and released at once. One DuckDB, which nothing else uses,
 * tries them all: to start it takes ten times as long as a look.
 */
export class LockLook {
  #instance: Promise<DuckDBInstance> | undefined
  #last: Promise<unknown> = Promise.resolve()

  /** Whether a process holds a lock. Looks wait for each other. */
  stateOf(path: string): Promise<LockState> {
    const looking = this.#last.then(() => this.#look(path))
    this.#last = looking.catch(() => undefined) // its caller gets the error
    return looking
  }

  async close(): Promise<void> {
    await this.#last
    const instance = await this.#instance?.catch(() => undefined) // whoever looked got the error
    instance?.closeSync()
  }

  async #look(path: string): Promise<LockState> {
    if (heldHere.has(path)) return { held: true, processId: process.pid }
    this.#instance ??= DuckDBInstance.create(':memory:', { threads: '1' })
    const connection = await (await this.#instance).connect()
    try {
      await connection.run(attachAndDetach(path))
      return { held: false }
    } catch (error) {
      return heldBy(path, error)
    } finally {
      connection.closeSync()
    }
  }
}

/** DuckDB 1.5 on files that it cannot open as a database: text, cut off, damaged, a folder, of a newer DuckDB. */
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

function heldBy(path: string, error: unknown): Extract<LockState, { held: true }> {
  if (NO_LOCK.test(messageOf(error))) {
    throw new LakeError('LAKE_LOCK_INVALID', `${path} is not a valid lock file.`, {
      cause: error,
      state: 'Nothing was changed. A lock file contains no data.',
      remedy: 'Delete it while the stream is not running: the next start makes a new one.',
    })
  }
  const holder = holderIn(error)
  if (holder === undefined) throw error
  return holder
}

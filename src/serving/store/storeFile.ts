import { randomUUID } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { holderIn, holdHere } from '../../duckdb/lock.ts'
import { Database, type Session } from '../../duckdb/session.ts'
import { attachStore, createStore } from '../../duckdb/sql/liveStore.ts'
import { script, setOptionForAll } from '../../duckdb/sql/statements.ts'
import type { LakeError } from '../../errors.ts'
import { ensureFolder } from '../../files/folders.ts'
import { FileBytes, targetOf } from '../../files/read.ts'
import { heldError } from '../../tables/checkpoint.ts'
import { readHead, STORE_FORMAT, type StoreHead } from './head.ts'
import type { StoreParts, StoreStart } from './parts.ts'
import {
  damagedError,
  foreignError,
  isLogUnreadable,
  isNewer,
  isUnreadable,
  newerError,
  otherLakeError,
  replacedError,
} from './storeErrors.ts'
import { inTransaction } from './transaction.ts'

/** How long a start waits for the file: `status` has it open for a moment while it looks. */
const HELD_WAIT_MS = 1_000
const HELD_RETRY_MS = 100

/**
 * The size of the blocks of a new file. To look a row up reads a block of each of its columns: with DuckDB's 256 KB it
 * takes twice as long, while blocks of 16 KB make the file half as large again.
 */
const BLOCK_BYTES = 65_536

/** A database file begins with three blocks of this size, before it has any data. */
const EMPTY_BYTES = 3 * 4096

/** What DuckDB writes into the first bytes of a database file, after a checksum. */
const DUCKDB_MAGIC = 'DUCK'

/**
 * The open file of a store. DuckDB lets one process open it, so having it open is the lock of the stream that keeps
 * it; the kernel frees that also after kill -9.
 */
export class StoreFile {
  readonly path: string
  readonly database: Database
  /** What was done to open it, each a sentence without its full stop. */
  readonly notes: readonly string[]
  /** The folder of the lake whose rows it has. */
  readonly lakeFolder: string
  readonly #release: () => void
  readonly #identity: string

  private constructor(attached: Attached, lakeFolder: string, notes: readonly string[]) {
    const { path, database, head, release, identity } = attached
    this.path = path
    this.database = database
    this.notes = notes
    this.lakeFolder = typeof head === 'string' ? lakeFolder : head.lakeFolder
    this.#release = release
    this.#identity = identity
  }

  /**
   * Opens the store of a lake, and makes it if there is none, or one that can be replaced without asking.
   * @throws LakeError LAKE_STREAM_HELD if a process has it open, LAKE_STORE_INVALID, LAKE_NEWER
   */
  static async open(parts: StoreParts, start: StoreStart): Promise<StoreFile> {
    const { file, disk, lakeFolder } = parts
    await ensureFolder(disk, lakeFolder, dirname(file))
    const notes: string[] = []
    // Each turn opens the file, or removes what keeps it from being opened; nothing is removed twice.
    for (let turn: StoreStart = start; ; turn = 'continue') {
      const found = await attach(parts)
      const plan = planFor(found, parts, turn)
      if (plan.do === 'open') return StoreFile.#opened(parts, plan.found, notes)
      if (found.kind === 'attached') found.close()
      if (plan.do === 'refuse') throw plan.error
      if (plan.note !== undefined) notes.push(plan.note)
      await removeFiles(parts, plan.files)
    }
  }

  static async #opened(parts: StoreParts, found: Attached, notes: readonly string[]): Promise<StoreFile> {
    const { head, session, database, path } = found
    try {
      const { lakeFolder, follows } = parts
      if (head === 'empty') await makeStore(session, lakeFolder, follows)
      session.close()
      await database.confine({
        folders: [...parts.readable.folders, dirname(path), parts.spillFolder],
        files: parts.readable.files,
      })
      return new StoreFile(found, lakeFolder, notes)
    } catch (error) {
      found.close()
      throw error
    }
  }

  /** Whether the file is still the one that is open. */
  async isThere(): Promise<boolean> {
    return (await identityOf(this.path)) === this.#identity
  }

  /** @throws LakeError LAKE_STORE_INVALID if the file is no longer the one that is open */
  async assertThere(): Promise<void> {
    if (!(await this.isThere())) throw replacedError(this.path, (await identityOf(this.path)) === undefined)
  }

  /** What has been committed and not yet moved into the file. */
  async logBytes(): Promise<number> {
    return (await targetOf(logOf(this.path)))?.size ?? 0
  }

  close(): void {
    this.database.close()
    this.#release()
  }
}

/** What opening a file needs. */
type StorePlace = Pick<StoreParts, 'file' | 'stream' | 'clock' | 'limits' | 'spillFolder'>

/** Removes a store, so that the next start makes a new one. @throws LakeError LAKE_STREAM_HELD, LAKE_STORE_INVALID */
export async function removeStore(parts: StorePlace & Pick<StoreParts, 'disk'>): Promise<void> {
  if ((await targetOf(parts.file)) === undefined) return
  const found = await attach(parts)
  if (found.kind === 'attached') {
    found.close()
    if (found.head === 'foreign') throw foreignError(parts.file, 'is a DuckDB database')
  } else if (!found.isDatabase && !found.isEmpty) throw foreignError(parts.file, 'is not a DuckDB database')
  await removeFiles(parts, 'all')
}

/** A file that DuckDB has opened. */
interface Attached {
  readonly kind: 'attached'
  readonly path: string
  readonly database: Database
  readonly session: Session
  readonly identity: string
  readonly head: StoreHead | 'empty' | 'foreign'
  readonly release: () => void
  close(): void
}

/** One that it could not open. */
interface Unreadable {
  readonly kind: 'unreadable'
  readonly error: unknown
  /** Too small to have any data: a kill while it was made leaves this. */
  readonly isEmpty: boolean
  /** Whether it begins as a database does. */
  readonly isDatabase: boolean
}

type Plan =
  | { readonly do: 'open'; readonly found: Attached }
  /** Removes these files of the store, then opens it again. */
  | { readonly do: 'replace'; readonly files: 'all' | 'log'; readonly note?: string }
  | { readonly do: 'refuse'; readonly error: LakeError }

/** What to do with what was found. A store is derived, but only what is known to be ours is replaced unasked. */
function planFor(found: Attached | Unreadable, parts: StoreParts, start: StoreStart): Plan {
  const { file, lakeFolder, follows } = parts
  if (found.kind === 'unreadable') return planForUnreadable(found, file, start)
  const { head } = found
  if (head === 'foreign') return { do: 'refuse', error: foreignError(file, 'is a DuckDB database') }
  if (head === 'empty') return { do: 'open', found }
  if (start === 'rebuild') return { do: 'replace', files: 'all' }
  if (head.format > STORE_FORMAT) return { do: 'refuse', error: newerError(file) }
  // A store inside its lake's folder moves with it.
  if (head.lakeFolder !== lakeFolder && !file.startsWith(`${lakeFolder}${sep}`)) {
    return { do: 'refuse', error: otherLakeError(file, head.lakeFolder) }
  }
  if (head.format < STORE_FORMAT) {
    return { do: 'replace', files: 'all', note: 'the store is of an older version and is made again' }
  }
  if (head.follows !== follows) {
    const note = `the store followed ${head.follows} until now and is made again from ${follows}`
    return { do: 'replace', files: 'all', note }
  }
  return { do: 'open', found }
}

function planForUnreadable({ error, isEmpty, isDatabase }: Unreadable, file: string, start: StoreStart): Plan {
  if (isEmpty) return { do: 'replace', files: 'all' }
  if (!isDatabase) return { do: 'refuse', error: foreignError(file, 'is not a DuckDB database') }
  if (start === 'rebuild') return { do: 'replace', files: 'all' }
  if (isNewer(error)) return { do: 'refuse', error: newerError(file, error) }
  if (isLogUnreadable(error)) {
    // Each state of the file is that after one batch; the rows of later ones come again.
    const note = "the store's log was damaged, so it goes on from its last checkpoint"
    return { do: 'replace', files: 'log', note }
  }
  return { do: 'refuse', error: damagedError(file, error) }
}

async function attach(parts: StorePlace): Promise<Attached | Unreadable> {
  const { file, stream, clock } = parts
  const path = join(realpathSync(dirname(file)), basename(file))
  if ((await targetOf(path))?.isFile() === false) throw foreignError(file, 'is a folder or a device')
  const release = holdHere(path)
  if (release === undefined) throw heldError(stream, process.pid)
  const deadlineMs = clock.monotonicMs() + HELD_WAIT_MS
  for (;;) {
    try {
      return { kind: 'attached', path, release, ...(await attachedAt(parts, path, release)) }
    } catch (error) {
      const holder = holderIn(error)
      if (holder !== undefined && clock.monotonicMs() < deadlineMs) {
        await clock.sleep(HELD_RETRY_MS)
        continue
      }
      release()
      if (holder !== undefined) throw heldError(stream, holder.processId)
      if (!isUnreadable(error) && !isLogUnreadable(error) && !isNewer(error)) throw error
      return { kind: 'unreadable', error, ...contentOf(path) }
    }
  }
}

async function attachedAt(
  { limits, spillFolder }: StorePlace,
  path: string,
  release: () => void,
): Promise<Pick<Attached, 'database' | 'session' | 'identity' | 'head' | 'close'>> {
  const database = await Database.open({ ...limits, tempFolder: spillFolder })
  const session = await database.connect()
  // DuckDB has the file open for as long as any session is.
  const closeFile = (): void => {
    session.close()
    database.close()
  }
  try {
    // A checkpoint waits until nobody waits for a batch, instead of coming with the commit that fills the log.
    const options = [setOptionForAll('checkpoint_threshold', '1TB'), setOptionForAll('default_block_size', BLOCK_BYTES)]
    await session.run(script([...options, attachStore(path)]))
    const identity = await identityOf(path)
    if (identity === undefined) throw replacedError(path, true)
    const head = await readHead(session)
    const close = (): void => {
      closeFile()
      release()
    }
    return { database, session, identity, head, close }
  } catch (error) {
    closeFile()
    throw error
  }
}

function makeStore(session: Session, lakeFolder: string, follows: string): Promise<void> {
  return inTransaction(session, () => session.run(script(createStore(STORE_FORMAT, lakeFolder, follows, randomUUID()))))
}

/** DuckDB's name of the log beside a database file. */
function logOf(path: string): string {
  return `${path}.wal`
}

async function removeFiles({ disk, file }: Pick<StoreParts, 'disk' | 'file'>, files: 'all' | 'log'): Promise<void> {
  // The log first: a new file must not find the log of an old one.
  await disk.removeFile(logOf(file))
  if (files === 'all') await disk.removeFile(file)
}

/** What the first bytes of a file that DuckDB cannot open say. */
export function contentOf(path: string): Pick<Unreadable, 'isEmpty' | 'isDatabase'> {
  const bytes = FileBytes.open(path)
  try {
    const isDatabase = bytes.first(12).endsWith(DUCKDB_MAGIC)
    return { isDatabase, isEmpty: bytes.size === 0 || (isDatabase && bytes.size < EMPTY_BYTES) }
  } finally {
    bytes.close()
  }
}

async function identityOf(path: string): Promise<string | undefined> {
  const found = await targetOf(path)
  return found === undefined ? undefined : `${found.dev}:${found.ino}`
}

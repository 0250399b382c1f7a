import type { Database } from '../../duckdb/session.ts'
import type { ServingReader } from '../../serving/reader.ts'

/** How the store of live aggregates was found. */
export type FoundStore =
  /** There is no file. */
  | { readonly kind: 'missing' }
  /** This lake has it open. */
  | { readonly kind: 'own'; readonly reader: ServingReader }
  /** A database in which it is attached, only to read. */
  | { readonly kind: 'file'; readonly database: Database }
  /** A process has it open, to write. */
  | { readonly kind: 'held'; readonly processId: number | undefined }

export type Unopened = Extract<FoundStore, { readonly kind: 'missing' | 'held' }>

/** A database with the file, and what closes both. */
export interface OpenFile {
  readonly database: Database
  close(): Promise<void>
}

/**
 * How one open lake reads the store of its live aggregates. A process that opens a database file twice loses its lock
 * on it when it closes one of them, so all reads share one database, and the lake's own stream waits for their end.
 */
export class StoreReads {
  readonly #open: () => Promise<OpenFile | Unopened>
  #own: ServingReader | undefined
  #file: SharedFile | undefined
  /** The end of the file that was last open. */
  #ending: Promise<void> | undefined
  /** What needs the file for itself. */
  #working: Promise<unknown> | undefined

  /** @param open  opens the file, only to read, or says why not */
  constructor(open: () => Promise<OpenFile | Unopened>) {
    this.#open = open
  }

  /** Looks for the store, and keeps it as it was found until the work is done. */
  async use<T>(work: (store: FoundStore) => Promise<T>): Promise<T> {
    const { store, release } = await this.acquire()
    try {
      return await work(store)
    } finally {
      release()
    }
  }

  /** @returns the store, and what to call when it is no longer used */
  async acquire(): Promise<{ readonly store: FoundStore; readonly release: () => void }> {
    while (this.#working !== undefined) await this.#working.catch(() => undefined)
    if (this.#own !== undefined) return { store: { kind: 'own', reader: this.#own }, release: () => undefined }
    const file = this.#file ?? new SharedFile(() => this.#openAgain())
    this.#file = file
    file.users += 1
    const release = (): void => {
      file.users -= 1
      if (file.users > 0 || this.#file !== file) return
      this.#file = undefined
      this.#ending = file.end()
    }
    try {
      const found = await file.opened
      if ('kind' in found) {
        release()
        return { store: found, release: () => undefined }
      }
      return { store: { kind: 'file', database: found.database }, release }
    } catch (error) {
      release()
      throw error
    }
  }

  /**
   * Lets the lake open the store itself, once nobody reads its file.
   * @returns what was opened, and what to call when it is closed
   */
  async own<T extends { readonly reader: ServingReader }>(open: () => Promise<T>): Promise<[T, closed: () => void]> {
    return this.alone(async () => {
      const opened = await open()
      this.#own = opened.reader
      const closed = (): void => {
        if (this.#own === opened.reader) this.#own = undefined
      }
      return [opened, closed]
    })
  }

  /** Does work on the file once nobody reads it; whoever wants to read it meanwhile waits. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.#working !== undefined) await this.#working.catch(() => undefined)
    const working = this.#afterReads(work)
    this.#working = working
    try {
      return await working
    } finally {
      this.#working = undefined
    }
  }

  /** Closes the file, whoever still reads it. */
  async end(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.end()
    await this.#ending
  }

  /** This process must have closed the file before it opens it again. */
  async #openAgain(): Promise<OpenFile | Unopened> {
    await this.#ending
    return this.#open()
  }

  async #afterReads<T>(work: () => Promise<T>): Promise<T> {
    await this.#file?.ended
    await this.#ending
    return work()
  }
}

/** The file, open for all who read it at a time. */
class SharedFile {
  readonly opened: Promise<OpenFile | Unopened>
  /** Once it is closed. */
  readonly ended: Promise<void>
  users = 0
  #tellEnd: () => void = () => undefined

  constructor(open: () => Promise<OpenFile | Unopened>) {
    this.opened = open()
    this.ended = new Promise((resolve) => {
      this.#tellEnd = resolve
    })
  }

  async end(): Promise<void> {
    try {
      const found = await this.opened
      if (!('kind' in found)) await found.close()
    } catch {
      // It was not opened, which is told to those who asked for it.
    } finally {
      this.#tellEnd()
    }
  }
}

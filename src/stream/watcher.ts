import { type FSWatcher, watch } from 'node:fs'
import type { FSWatcher as DropWatcher } from 'chokidar'
import { systemCodeOf } from '../errors.ts'
import { folderIdentity, realPathOf } from '../files/read.ts'

/**
 * How a folder is watched. A `log` is ours and only grows: one watch of the kernel for as long as the stream runs. In a
 * folder of `drops` other programs do what they like, and may replace it; it is watched while the stream waits.
 */
export type WatchKind = 'log' | 'drops'

export interface WatchedFolders {
  readonly kind: WatchKind
  readonly folders: readonly string[]
}

/** How one wait goes. */
export interface Wait {
  readonly delayMs: number
  readonly signal: AbortSignal
  /** Only wait: the caller looks again often enough by itself. */
  readonly isPolled: boolean
  /** Asked once folders are newly watched: whether something came before they were. */
  readonly hasNews: () => Promise<boolean>
}

/** How often a folder is looked at that the system does not let us watch. */
export const POLL_MS = 1_000
/** How often a folder of drops is asked whether it still is the one that is watched: no event tells of a mount. */
const IDENTITY_MS = 500

/**
 * Wakes a query when something changes in its source's folders. An event is only a hint: what there is to do is found
 * out by looking, so a lost event costs time and never data. The folders themselves are watched and not their files:
 * one watch each, however many files there are.
 *
 * Folders of drops are watched by chokidar 5, which lists the whole folder when it is opened (1 to 6 ms for an empty
 * one, 20 to 40 at 1,000 entries, 150 and more at 10,000) and again at every event. So it is open only while the stream
 * waits, and closed before it claims: 10,000 renames would be as many listings. What comes while it opens has no event.
 * chokidar 6 has neither cost: change to it, and leave it open, once Node 22.22 is the oldest that we run on.
 */
export class FolderWatcher {
  readonly #watched: WatchedFolders
  readonly #onLack: (code: string) => void
  #logWatchers: readonly FSWatcher[] | undefined
  #dropWatchers: readonly DropWatcher[] = []
  #identities: readonly (string | undefined)[] = []
  /** Whether the system has refused a watch: from then on folders are looked at instead. */
  #isPolling = false
  #changed = false
  #wake: (() => void) | undefined

  /** @param onLack  told once that the system does not let us watch, and what it says */
  constructor(watched: WatchedFolders, onLack: (code: string) => void) {
    this.#watched = watched
    this.#onLack = onLack
  }

  wake(): void {
    this.#changed = true
    this.#wake?.()
  }

  /** Waits for a change, at most `delayMs`; a change since the last wait ends it at once. Nothing is watched before. */
  async wait({ delayMs, signal, isPolled, hasNews }: Wait): Promise<void> {
    if (!this.#changed && !signal.aborted && delayMs > 0) {
      const isNew = !isPolled && (await this.#open())
      const isOver = isNew && (await hasNews())
      const limitMs = this.#isPolling ? Math.min(delayMs, POLL_MS) : delayMs
      if (!isOver && !this.#changed && !signal.aborted) await this.#sleep(limitMs, signal)
      await this.#closeDrops()
    }
    this.#changed = false
  }

  async close(): Promise<void> {
    for (const watcher of this.#logWatchers ?? []) watcher.close()
    await this.#closeDrops()
  }

  async #sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => done(), delayMs)
      const identityTimer = this.#identities.length === 0 ? undefined : setInterval(() => this.#compare(), IDENTITY_MS)
      const done = (): void => {
        clearTimeout(timer)
        clearInterval(identityTimer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#wake = done
      signal.addEventListener('abort', done, { once: true })
    })
    this.#wake = undefined
  }

  /** Wakes where a folder of drops is no longer the one that is watched. */
  #compare(): void {
    const now = this.#watched.folders.map(folderIdentity)
    if (now.some((identity, index) => identity !== this.#identities[index])) this.wake()
  }

  /** @returns whether a folder is watched now that was not before */
  async #open(): Promise<boolean> {
    const { kind, folders } = this.#watched
    if (folders.length === 0 || this.#isPolling) return false
    if (kind === 'drops') {
      this.#identities = folders.map(folderIdentity)
      this.#dropWatchers = await this.#openDrops(folders)
      return true
    }
    if (this.#logWatchers !== undefined) return false
    this.#logWatchers = folders.flatMap((folder) => this.#openLog(folder) ?? [])
    return true
  }

  #openLog(folder: string): FSWatcher | undefined {
    try {
      const watcher = watch(folder, { persistent: false, recursive: false })
      watcher.on('change', () => this.wake())
      watcher.on('error', (error) => this.#poll(error))
      return watcher
    } catch (error) {
      this.#poll(error)
      return undefined
    }
  }

  async #openDrops(folders: readonly string[]): Promise<DropWatcher[]> {
    // Loaded here: most commands watch nothing.
    const { watch: watchDrops } = await import('chokidar')
    const paths = folders.flatMap((folder) => realPathOf(folder) ?? [])
    return Promise.all(
      paths.map(async (path) => {
        const watcher = watchDrops(path, {
          persistent: true, // else nobody listens to the errors of its watches
          ignoreInitial: true,
          depth: 0,
          followSymlinks: false,
          usePolling: false,
          atomic: false,
          awaitWriteFinish: false,
          ignored: (found) => found !== path,
        })
        const ready = new Promise<void>((resolve) => {
          watcher.once('ready', resolve)
          watcher.once('error', () => resolve()) // after some it is never ready
        })
        watcher.on('raw', () => this.wake())
        watcher.on('error', (error) => this.#poll(error))
        await ready
        return watcher
      }),
    )
  }

  async #closeDrops(): Promise<void> {
    const watchers = this.#dropWatchers
    this.#dropWatchers = []
    this.#identities = []
    for (const watcher of watchers) await watcher.close()
  }

  /** The system does not let us watch, or no longer: whatever it says, looking goes on without. */
  #poll(error: unknown): void {
    const isNew = !this.#isPolling
    this.#isPolling = true
    if (isNew) this.#onLack(systemCodeOf(error) ?? String(error))
    this.wake()
  }
}

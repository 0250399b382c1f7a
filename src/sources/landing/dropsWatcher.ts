import type { FSWatcher } from 'chokidar'
import { folderIdentity, realPathOf } from '../../files/read.ts'
import type { Clock } from '../../stream/clock.ts'
import { RefusedWatch } from '../../stream/refusedWatch.ts'
import type { Watch } from '../../stream/source.ts'

/** How often to check that the folder is still the one that is watched: a mount causes no event. */
const IDENTITY_MS = 500

/**
 * Watches a folder in which other programs do what they like, and which they may replace. The folder itself is watched,
 * not its files: one watch, however many files there are.
 *
 * chokidar 5 lists the whole folder when it opens (1 to 6 ms for an empty one, 20 to 40 ms for 1,000 entries, 150 ms
 * and more for 10,000) and again at every event. So it is open only while the stream waits and closed before the stream
 * takes files: 10,000 renames would cause as many listings. What comes while it opens causes no event. chokidar 6 has
 * neither cost: once Node 22.22 is the oldest that we support, change to it and leave it open.
 */
export class DropsWatcher {
  readonly #folder: string
  readonly #clock: Clock
  readonly #refused: RefusedWatch

  constructor(folder: string, clock: Clock, refused = new RefusedWatch(folder)) {
    this.#folder = folder
    this.#clock = clock
    this.#refused = refused
  }

  /** From when it returns, calls `wake` at every change until the watch is closed. */
  async open(wake: () => void): Promise<Watch> {
    const refused = this.#refused.instead()
    if (refused !== undefined) return refused
    const identity = folderIdentity(this.#folder)
    const path = realPathOf(this.#folder)
    const watcher = path === undefined ? undefined : await this.#watch(path, wake)
    const compare = this.#clock.every(IDENTITY_MS, () => {
      if (this.#isReplaced(identity)) wake()
    })
    return this.#refused.asWatch(async () => {
      compare.cancel()
      await watcher?.close()
    })
  }

  #isReplaced(identity: string | undefined): boolean {
    try {
      return folderIdentity(this.#folder) !== identity
    } catch {
      return true // nobody awaits a timer: the look that follows meets the same error and reports it
    }
  }

  async #watch(path: string, wake: () => void): Promise<FSWatcher> {
    // Loaded here, because most commands watch nothing.
    const { watch } = await import('chokidar')
    const watcher = watch(path, {
      persistent: true, // otherwise chokidar ignores the errors of its watches
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
      watcher.once('error', () => resolve()) // after some errors it never becomes ready
    })
    watcher.on('raw', wake)
    watcher.on('error', (error) => {
      this.#refused.note(error)
      wake()
    })
    await ready
    return watcher
  }
}

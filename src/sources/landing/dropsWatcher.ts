import type { FSWatcher } from 'chokidar'
import { folderIdentity, realPathOf } from '../../files/read.ts'
import type { Clock } from '../../stream/clock.ts'
import type { Watch } from '../../stream/source.ts'
import { RefusedWatch } from '../refusedWatch.ts'

/** How often the folder is asked whether it still is the one that is watched: no event tells of a mount. */
const IDENTITY_MS = 500

/**
 * Watches a folder in which other programs do what they like, and which they may replace. The folder itself is watched
 * and not its files: one watch, however many files there are.
 *
 * chokidar 5 lists the whole folder when it is opened (1 to 6 ms for an empty one, 20 to 40 at 1,000 entries, 150 and
 * more at 10,000) and again at every event. So it is open only while the stream waits, and closed before it claims:
 * 10,000 renames would be as many listings. What comes while it opens has no event.
 * chokidar 6 has neither cost: change to it, and leave it open, once Node 22.22 is the oldest that we run on.
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

  /** Calls `wake` at every change from when it returns, until the watch is closed. */
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
    // Loaded here: most commands watch nothing.
    const { watch } = await import('chokidar')
    const watcher = watch(path, {
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
    watcher.on('raw', wake)
    watcher.on('error', (error) => {
      this.#refused.note(error)
      wake()
    })
    await ready
    return watcher
  }
}

import { watch } from 'chokidar'

/**
 * Wakes a query when something changes in its source's folders. An event is only a hint: what there is to do is found
 * out by looking, so a lost event costs time and never data.
 */
export interface Watcher {
  /** Waits for a change, at most `delayMs`; a change since the last wait ends it at once. */
  wait(delayMs: number, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** How a query learns that it should look at its source again. */
export class FolderWatcher implements Watcher {
  readonly #close: () => Promise<void>
  #changed = false
  #wake: (() => void) | undefined

  private constructor(close: () => Promise<void>) {
    this.#close = close
  }

  /** Watches the folders themselves, not the files in them: two watches, however many files there are. */
  static async open(folders: readonly string[]): Promise<FolderWatcher> {
    if (folders.length === 0) return new FolderWatcher(async () => undefined)
    const chokidar = watch([...folders], {
      persistent: true,
      ignoreInitial: true,
      followSymlinks: false,
      depth: 0,
      usePolling: false,
      atomic: false,
      awaitWriteFinish: false,
      ignored: (path, stats) => stats !== undefined && !folders.includes(path),
    })
    const watcher = new FolderWatcher(() => chokidar.close())
    chokidar.on('raw', () => watcher.wake())
    chokidar.on('error', () => watcher.wake()) // the listing every minute goes on without events
    await new Promise<void>((resolve) => chokidar.once('ready', () => resolve()))
    return watcher
  }

  wake(): void {
    this.#changed = true
    this.#wake?.()
  }

  async wait(delayMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#changed && !signal.aborted && delayMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, delayMs)
        const done = (): void => {
          clearTimeout(timer)
          signal.removeEventListener('abort', done)
          resolve()
        }
        this.#wake = done
        signal.addEventListener('abort', done, { once: true })
      })
      this.#wake = undefined
    }
    this.#changed = false
  }

  async close(): Promise<void> {
    await this.#close()
  }
}

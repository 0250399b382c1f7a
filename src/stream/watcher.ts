import { type FSWatcher, watch } from 'node:fs'

/**
 * Wakes a query when something changes in its source's folders. An event is only a hint: what there is to do is found
 * out by looking, so a lost event costs time and never data. The folders themselves are watched and not their files:
 * one watch each, however many files there are.
 */
export class FolderWatcher {
  readonly #watchers: readonly FSWatcher[]
  #changed = false
  #wake: (() => void) | undefined

  constructor(folders: readonly string[]) {
    this.#watchers = folders.map((folder) => watch(folder, { persistent: false, recursive: false }))
    for (const watcher of this.#watchers) {
      watcher.on('change', () => this.wake())
      watcher.on('error', () => this.wake()) // the listing every minute goes on without events
    }
  }

  wake(): void {
    this.#changed = true
    this.#wake?.()
  }

  /** Waits for a change, at most `delayMs`; a change since the last wait ends it at once. */
  async wait(delayMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#changed && !signal.aborted && delayMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => done(), delayMs)
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

  close(): void {
    for (const watcher of this.#watchers) watcher.close()
  }
}

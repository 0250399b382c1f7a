import { type FSWatcher, watch } from 'node:fs'
import { RefusedWatch } from './refusedWatch.ts'
import type { Watch } from './source.ts'

/**
 * Watches the folder of a Delta log. The log only grows, so one watch of the kernel serves for as long as the stream
 * runs: on some systems, a watch takes a while to start.
 */
export class LogWatcher {
  readonly #folder: string
  readonly #refused: RefusedWatch
  #watcher: FSWatcher | undefined
  #wake: (() => void) | undefined

  constructor(folder: string, refused = new RefusedWatch(folder)) {
    this.#folder = folder
    this.#refused = refused
  }

  /** Calls `wake` at every change from now on, until the watch is closed. */
  open(wake: () => void): Watch {
    const refused = this.#refused.instead()
    if (refused !== undefined) return refused
    this.#wake = wake
    this.#watcher ??= this.#watch()
    return this.#refused.asWatch(async () => {
      this.#wake = undefined
    })
  }

  close(): void {
    this.#watcher?.close()
  }

  #watch(): FSWatcher | undefined {
    try {
      const watcher = watch(this.#folder, { persistent: false, recursive: false })
      watcher.on('change', () => this.#wake?.())
      watcher.on('error', (error) => this.#poll(error))
      return watcher
    } catch (error) {
      this.#poll(error)
      return undefined
    }
  }

  #poll(error: unknown): void {
    this.#refused.note(error)
    this.#wake?.()
  }
}

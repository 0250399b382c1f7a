import { systemCodeOf } from '../errors.ts'
import type { Watch } from './source.ts'

/** How often to look at a folder that is not watched. */
export const POLL_MS = 1_000

/**
 * Remembers that the system refused to let a folder be watched. From then on the stream polls it, which costs less than
 * asking the system again at every wait.
 */
export class RefusedWatch {
  readonly #folder: string
  #code: string | undefined
  #isTold = false

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Notes that the system does not let the folder be watched, or no longer does, for whatever reason. */
  note(error: unknown): void {
    this.#code ??= systemCodeOf(error) ?? String(error)
  }

  /** A watch that only says when to look again; undefined if nothing was refused. */
  instead(): Watch | undefined {
    return this.#code === undefined ? undefined : this.asWatch(async () => {})
  }

  /** The watch that was opened and that `close` closes; the system may have refused it by now. */
  asWatch(close: () => Promise<void>): Watch {
    const isNew = this.#code !== undefined && !this.#isTold
    this.#isTold ||= isNew
    return { recheckMs: this.#code === undefined ? undefined : POLL_MS, notes: isNew ? [this.#sentence] : [], close }
  }

  /** Without events, a stream wakes later: a person may wonder why. */
  get #sentence(): string {
    return (
      `the system does not let it watch ${this.#folder} (${this.#code}), so it looks there every second; ` +
      'on Linux, fs.inotify.max_user_watches and max_user_instances set the limits'
    )
  }
}

import { systemCodeOf } from '../errors.ts'
import type { Watch } from '../stream/source.ts'

/** How often a folder is looked at that is not watched. */
export const POLL_MS = 1_000

/**
 * Whether the system has refused to let a folder be watched. From then on it is looked at instead, which costs less
 * than to ask again at every wait.
 */
export class RefusedWatch {
  readonly #folder: string
  #code: string | undefined
  #isTold = false

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Notes that the system does not let it be watched, or no longer, whatever it says. */
  note(error: unknown): void {
    this.#code ??= systemCodeOf(error) ?? String(error)
  }

  /** A watch that only says when to look again; undefined where nothing was refused. */
  instead(): Watch | undefined {
    return this.#code === undefined ? undefined : this.asWatch(async () => {})
  }

  /** The watch that was opened, which may have been refused by now. */
  asWatch(close: () => Promise<void>): Watch {
    const isNew = this.#code !== undefined && !this.#isTold
    this.#isTold ||= isNew
    return { recheckMs: this.#code === undefined ? undefined : POLL_MS, notes: isNew ? [this.#sentence] : [], close }
  }

  /** Without events a stream is slower to wake, which a person may wonder about. */
  get #sentence(): string {
    return (
      `the system does not let it watch ${this.#folder} (${this.#code}), so it looks there every second; ` +
      'on Linux fs.inotify.max_user_watches and max_user_instances are the limits'
    )
  }
}

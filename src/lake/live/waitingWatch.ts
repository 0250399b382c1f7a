import type { Clock, Timer } from '../../stream/clock.ts'
import type { WaitingRows } from './waiting.ts'

/** How long after a look the next one begins. */
const LOOK_MS = 1_000

/** Looking takes at most this part of the time: a landing folder may have very many files. */
const WORK_SHARE = 1 / 20

export interface WaitingWatchParts {
  readonly clock: Clock
  look(): Promise<WaitingRows>
  /** Called with the first error of several in a row. */
  readonly onError: (error: unknown) => void
}

/** Looks again and again at what waits, so that whoever asks is answered without looking. */
export class WaitingWatch {
  readonly #parts: WaitingWatchParts
  #current: WaitingRows | undefined
  #hasFailed = false
  #timer: Timer | undefined
  #isClosed = false
  #looking: Promise<void>

  constructor(parts: WaitingWatchParts) {
    this.#parts = parts
    this.#looking = this.#look()
  }

  /** Undefined until somebody has looked, and while it cannot be seen. */
  get current(): WaitingRows | undefined {
    return this.#current
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#looking
  }

  async #look(): Promise<void> {
    const { clock, look, onError } = this.#parts
    const startMs = clock.monotonicMs()
    try {
      this.#current = await look()
      this.#hasFailed = false
    } catch (error) {
      this.#current = undefined
      if (!this.#hasFailed) onError(error)
      this.#hasFailed = true
    }
    if (this.#isClosed) return
    const delayMs = Math.max(LOOK_MS, (clock.monotonicMs() - startMs) / WORK_SHARE)
    this.#timer = clock.after(delayMs, () => {
      this.#looking = this.#look()
    })
  }
}

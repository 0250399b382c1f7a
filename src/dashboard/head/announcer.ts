/** Totals are told so often at most: whoever listens wants to hear something else too. */
const TOTALS_EVERY_MS = 60_000

export interface Announced {
  readonly state: string
  readonly totals: string
}

/** What a screen reader is told: a change of state at once, totals now and then. */
export class Announcer {
  #told: Announced | undefined
  #toldMs = Number.NEGATIVE_INFINITY

  /** What is to be told last; the same as before where nothing is due. */
  tell(now: Announced, nowMs: number): Announced {
    const isOther = this.#told === undefined || this.#told.state !== now.state
    // The first totals come a moment after the state.
    const isTime = this.#told?.totals === '' || nowMs - this.#toldMs >= TOTALS_EVERY_MS
    const isDue = isTime && this.#told?.totals !== now.totals
    if (!isOther && !isDue) return this.#told ?? now
    this.#told = now
    this.#toldMs = nowMs
    return now
  }
}

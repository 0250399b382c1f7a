/** So many updates a second, if commits never stop: nobody reads faster. */
const UPDATES = 4
const SECOND_MS = 1_000
const APART_MS = SECOND_MS / UPDATES

/** After a pause, so many commits that follow each other closely are shown at once. */
const AT_ONCE = 3

/**
 * Of commits that come as fast as they may be shown, some come a little late and some a little early. If no second
 * could have a fifth update, each of them would wait as long as the latest one ever did.
 */
const MOST_IN_A_SECOND = UPDATES + 1

/** Says when the next update may be made: at once after a pause, and at even distances if commits never stop. */
export class UpdatePace {
  /** When the last updates were made, the newest last. */
  #madeMs: readonly number[] = []
  /** The time that had been saved for further updates when the last was made; each takes its part of a second. */
  #savedMs = AT_ONCE * APART_MS

  /** How long to wait for the next one. */
  delayMs(nowMs: number): number {
    const [first] = this.#madeMs.length === MOST_IN_A_SECOND ? this.#madeMs : []
    return Math.max(0, APART_MS - this.#savedAt(nowMs), (first ?? nowMs - SECOND_MS) + SECOND_MS - nowMs)
  }

  made(nowMs: number): void {
    this.#savedMs = Math.max(0, this.#savedAt(nowMs) - APART_MS)
    this.#madeMs = [...this.#madeMs, nowMs].slice(-MOST_IN_A_SECOND)
  }

  #savedAt(nowMs: number): number {
    return Math.min(AT_ONCE * APART_MS, this.#savedMs + nowMs - (this.#madeMs.at(-1) ?? nowMs))
  }
}

/** At most so many updates in any second: nobody reads faster. */
const UPDATES = 4
const SECOND_MS = 1_000

/** A few commits that follow each other closely are shown at once; of more, each waits so long for the one before. */
const AT_ONCE = 3
const APART_MS = SECOND_MS / UPDATES

/** Says when the next update may be made: at once after a pause, and at even distances if commits never stop. */
export class UpdatePace {
  /** When the last updates were made, the newest last. */
  #madeMs: readonly number[] = []

  /** How long to wait for the next one. */
  delayMs(nowMs: number): number {
    const [first] = this.#madeMs.length === UPDATES ? this.#madeMs : []
    const recent = this.#madeMs.filter((madeMs) => madeMs > nowMs - SECOND_MS)
    const last = recent.length >= AT_ONCE ? recent.at(-1) : undefined
    const dueMs = Math.max(nowMs, (first ?? -SECOND_MS) + SECOND_MS, (last ?? -APART_MS) + APART_MS)
    return dueMs - nowMs
  }

  made(nowMs: number): void {
    this.#madeMs = [...this.#madeMs, nowMs].slice(-UPDATES)
  }
}

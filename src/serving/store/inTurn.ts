/** Runs works one after another, in the order in which they are asked for: those that share a session. */
export class InTurn {
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** Whether somebody waits for the work that runs now. */
  get isWaitedFor(): boolean {
    return this.#waiting > 0
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting += 1
    const turn = this.#last.then(() => {
      this.#waiting -= 1
      return work()
    })
    this.#last = turn.catch(() => undefined) // its caller gets the error
    return turn
  }
}

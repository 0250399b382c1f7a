/** Lets one after another work, in the order in which they came. */
export class Turns {
  /** Of those that wait, what gives each its turn. */
  readonly #waiting: (() => void)[] = []
  #isTaken = false

  /**
   * Waits for a turn.
   * @param signal  once it is aborted, whoever still waits leaves
   * @param onWait  called if others come first
   * @returns what ends the turn; undefined where the wait was aborted
   */
  async take(signal: AbortSignal, onWait: () => void): Promise<(() => void) | undefined> {
    if (this.#isTaken) {
      onWait()
      if (!(await this.#waited(signal))) return undefined
    }
    this.#isTaken = true
    return () => this.#pass()
  }

  /** @returns whether the turn has come; then it is still taken, so that nobody who comes now is before us */
  #waited(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(begin), 1)
        resolve(false)
      }
      const begin = (): void => {
        signal.removeEventListener('abort', leave)
        resolve(true)
      }
      this.#waiting.push(begin)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  #pass(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#isTaken = false
    else next()
  }
}

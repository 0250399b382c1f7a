/** Work that waits for its turn, or runs. */
export interface Turn<T> {
  readonly result: Promise<T>
  /** From now on somebody waits for it. */
  hurry(): void
}

interface Waiting {
  isAwaited: boolean
  readonly begin: () => void
}

/** Runs at most so much work at once: first what somebody waits for, then the rest, each in the order of its coming. */
export class Turns {
  #free: number
  readonly #waiting: Waiting[] = []

  constructor(atOnce: number) {
    this.#free = atOnce
  }

  take<T>(work: () => Promise<T>, isAwaited: boolean): Turn<T> {
    let begin: () => void = () => undefined
    const turn = new Promise<void>((resolve) => {
      begin = resolve
    })
    const waiting = { isAwaited, begin }
    this.#waiting.push(waiting)
    this.#next()
    return {
      result: turn.then(work).finally(() => {
        this.#free += 1
        this.#next()
      }),
      hurry: () => {
        waiting.isAwaited = true
      },
    }
  }

  #next(): void {
    if (this.#free === 0 || this.#waiting.length === 0) return
    const awaited = this.#waiting.findIndex((each) => each.isAwaited)
    const [next] = this.#waiting.splice(Math.max(0, awaited), 1)
    this.#free -= 1
    next?.begin()
  }
}

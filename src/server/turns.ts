import type { Clock } from '../stream/clock.ts'

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

interface Running {
  /** Whether it has made room for another. */
  isLong: boolean
}

export interface TurnLimits {
  readonly atOnce: number
  /** What has run for so long no longer counts: what is quick must not wait for what is slow. */
  readonly longMs: number
  /** But so much of it at once. */
  readonly longAtOnce: number
}

/** Runs at most so much work at once: first what somebody waits for, then the rest, each in the order of its coming. */
export class Turns {
  readonly #limits: TurnLimits
  readonly #clock: Pick<Clock, 'after'>
  readonly #waiting: Waiting[] = []
  /** What has run for long, and still counts. */
  readonly #overdue = new Set<Running>()
  #free: number
  #long = 0

  constructor(limits: TurnLimits, clock: Pick<Clock, 'after'>) {
    this.#limits = limits
    this.#clock = clock
    this.#free = limits.atOnce
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
      result: turn.then(() => this.#run(work)),
      hurry: () => {
        waiting.isAwaited = true
      },
    }
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    const running: Running = { isLong: false }
    const timer = this.#clock.after(this.#limits.longMs, () => {
      this.#overdue.add(running)
      this.#next()
    })
    try {
      return await work()
    } finally {
      timer.cancel()
      this.#overdue.delete(running)
      if (running.isLong) this.#long -= 1
      else this.#free += 1
      this.#next()
    }
  }

  #next(): void {
    for (const running of this.#overdue) {
      if (this.#long === this.#limits.longAtOnce) break
      this.#overdue.delete(running)
      running.isLong = true
      this.#long += 1
      this.#free += 1
    }
    while (this.#free > 0 && this.#waiting.length > 0) {
      const awaited = this.#waiting.findIndex((each) => each.isAwaited)
      const [next] = this.#waiting.splice(Math.max(0, awaited), 1)
      this.#free -= 1
      next?.begin()
    }
  }
}

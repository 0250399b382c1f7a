import type { Clock, Timer } from '../../src/stream/clock.ts'

interface Waiting {
  dueMs: number
  readonly act: () => void
  /** Of a timer that acts again and again. */
  readonly periodMs?: number
}

/** A clock that stands still until it is told to move. It begins at the real time, as files get that. */
export class TestClock implements Clock {
  readonly #startMs = Date.now()
  readonly #waiting = new Set<Waiting>()
  #elapsedMs = 0
  /** For how many works under way sleeping takes no real time. */
  #passing = 0
  #whenSet: () => void = () => undefined

  nowMs(): number {
    return this.#startMs + Math.round(this.#elapsedMs)
  }

  monotonicMs(): number {
    return this.#elapsedMs
  }

  async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return
    const dueMs = this.#elapsedMs + Math.max(0, delayMs)
    let wake: () => void = () => undefined
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    const timer = this.after(delayMs, wake)
    signal?.addEventListener('abort', wake, { once: true })
    if (this.#passing > 0) setImmediate(() => this.#moveTo(dueMs))
    await woken
    timer.cancel()
    signal?.removeEventListener('abort', wake)
  }

  after(delayMs: number, action: () => void): Timer {
    return this.#set({ dueMs: this.#elapsedMs + Math.max(0, delayMs), act: action })
  }

  every(periodMs: number, action: () => void): Timer {
    return this.#set({ dueMs: this.#elapsedMs + periodMs, act: action, periodMs })
  }

  /** Moves on, and acts for whoever waits for a time up to then. */
  advance(byMs: number): void {
    this.#moveTo(this.#elapsedMs + byMs)
  }

  /** Waits until so many times are waited for: two by a stream that watches a landing folder, once it is at rest. */
  async waitedFor(count: number): Promise<void> {
    while (this.#waiting.size < count) await new Promise<void>((resolve) => setImmediate(resolve))
  }

  /** While `work` is under way, the clock moves on to the end of each sleep that begins, and for no other timer. */
  async passing<T>(work: () => Promise<T>): Promise<T> {
    this.#passing += 1
    try {
      return await work()
    } finally {
      this.#passing -= 1
    }
  }

  /** While `work` is under way, the clock moves on to the earliest time that somebody waits for, once they wait. */
  async running<T>(work: () => Promise<T>): Promise<T> {
    let hasEnded = false
    const result = work().finally(() => {
      hasEnded = true
      this.#whenSet()
    })
    result.catch(() => undefined) // it is told at the end
    while (!hasEnded) {
      const nextMs = Math.min(...[...this.#waiting].map(({ dueMs }) => dueMs))
      if (Number.isFinite(nextMs)) this.#moveTo(nextMs)
      else await new Promise<void>((resolve) => (this.#whenSet = resolve))
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    return result
  }

  #set(waiting: Waiting): Timer {
    this.#waiting.add(waiting)
    this.#whenSet()
    return { cancel: () => this.#waiting.delete(waiting) }
  }

  #moveTo(untilMs: number): void {
    for (;;) {
      const due = [...this.#waiting].filter(({ dueMs }) => dueMs <= untilMs)
      const [first] = due.toSorted((one, other) => one.dueMs - other.dueMs)
      if (first === undefined) break
      this.#elapsedMs = Math.max(this.#elapsedMs, first.dueMs)
      if (first.periodMs === undefined) this.#waiting.delete(first)
      else first.dueMs += first.periodMs
      first.act()
    }
    this.#elapsedMs = Math.max(this.#elapsedMs, untilMs)
  }
}

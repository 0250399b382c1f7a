import type { Clock } from '../../src/stream/clock.ts'

/** The real time, except that nobody waits: a sleep moves the clock on instead. */
export class TestClock implements Clock {
  #aheadMs = 0

  nowMs(): number {
    return Date.now() + Math.round(this.#aheadMs)
  }

  monotonicMs(): number {
    return performance.now() + this.#aheadMs
  }

  async sleep(delayMs: number): Promise<void> {
    this.#aheadMs += Math.max(0, delayMs)
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}

import { setTimeout as delay } from 'node:timers/promises'

/** Time, as a stream may know it. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  nowMs(): number
  /** Milliseconds from an arbitrary start, never backwards. */
  monotonicMs(): number
  /** Waits; returns early when the signal is aborted. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
  /** Acts once that time has passed, unless it is cancelled. */
  after(delayMs: number, action: () => void): Timer
  /** Acts again and again, until it is cancelled. */
  every(periodMs: number, action: () => void): Timer
}

export interface Timer {
  cancel(): void
}

/** The longest delay that a timer takes. */
const MAX_DELAY_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(delayMs, signal) {
    // An aborted wait has ended; why is the caller's to ask.
    await delay(boundedMs(delayMs), undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
  },
  after(delayMs, action) {
    const timer = setTimeout(action, boundedMs(delayMs))
    return { cancel: () => clearTimeout(timer) }
  },
  every(periodMs, action) {
    const timer = setInterval(action, boundedMs(periodMs))
    return { cancel: () => clearInterval(timer) }
  },
}

function boundedMs(delayMs: number): number {
  return Math.min(MAX_DELAY_MS, Math.max(0, delayMs))
}

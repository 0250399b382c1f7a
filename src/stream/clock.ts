import { setTimeout as delay } from 'node:timers/promises'

/** All that a stream knows of time. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  nowMs(): number
  /** Milliseconds from an arbitrary start; never runs backwards. */
  monotonicMs(): number
  /** Waits; returns early when the signal is aborted. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
  /** Calls `action` once after this time, unless it is cancelled. */
  after(delayMs: number, action: () => void): Timer
  /** Calls `action` again and again, until it is cancelled. */
  every(periodMs: number, action: () => void): Timer
}

export interface Timer {
  cancel(): void
}

/** The longest delay that Node's timers accept. */
const MAX_DELAY_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(delayMs, signal) {
    // An aborted wait has simply ended; the caller checks the signal itself.
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

import { setTimeout as delay } from 'node:timers/promises'

/** Time, as a stream may know it. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  nowMs(): number
  /** Milliseconds from an arbitrary start, never backwards. */
  monotonicMs(): number
  /** Waits; returns early when the signal is aborted. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
}

/** The longest delay that a timer takes. */
const MAX_DELAY_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(delayMs, signal) {
    const wait = Math.min(MAX_DELAY_MS, Math.max(0, delayMs))
    // An aborted wait has ended; why is the caller's to ask.
    await delay(wait, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
  },
}

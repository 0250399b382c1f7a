import { type Clock, systemClock } from '../../src/stream/clock.ts'

/** The real clock, at another time of day: what a test sees at noon, it sees at midnight. */
export function shiftedClock(nowMs: number): Clock {
  const aheadMs = nowMs - Date.now()
  return { ...systemClock, nowMs: () => Date.now() + aheadMs }
}

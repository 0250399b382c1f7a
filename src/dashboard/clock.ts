import { type Clock, systemClock } from '../client/clock.ts'

/** All that the dashboard knows of time. The reader's own clock may be wrong: what is shown comes from the server's. */
export interface DashboardClock extends Clock {
  /** Milliseconds from some moment on, which no correction of the clock changes. */
  monotonicMs(): number
}

export const browserClock: DashboardClock = { ...systemClock, monotonicMs: () => performance.now() }

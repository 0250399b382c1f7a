import type { DashboardHead, Freshness, Position } from '../../client/index.ts'

/** Whether the numbers may be believed, in one word. */
export type FreshnessState = 'fresh' | 'quiet' | 'catching-up' | 'stale' | 'disconnected'

export type FreshnessSettings = Pick<
  DashboardHead['settings'],
  'catchingUpAfterMs' | 'staleAfterMs' | 'disconnectedAfterMs'
>

/** What is known at a moment. All times are the server's, in milliseconds since 1970. */
export interface FreshnessFacts {
  readonly nowMs: number
  /** When the server was last heard. */
  readonly heardMs: number
  /** Whether the browser says that there is no network. */
  readonly isOffline: boolean
  readonly commit: Commit | undefined
  readonly waiting: Waiting | undefined
}

/** The last batch that is counted. */
export interface Commit {
  readonly batch: number
  readonly timeMs: number
  readonly takenMs: number
  /** The newest event time in it and before. */
  readonly eventMs: number | undefined
}

/** What is not counted yet; undefined where nobody can see that. */
export interface Waiting {
  readonly files: number
  readonly sinceMs: number | undefined
  readonly eventMs: number | undefined
}

export interface FreshnessFound {
  readonly state: FreshnessState
  /** From the newest counted event to now; 0 while nothing arrives or waits, undefined where it is not known. */
  readonly lagMs: number | undefined
  /** For how long nothing was committed; undefined before the first batch. */
  readonly quietMs: number | undefined
}

/** The state in which the facts are. It depends on nothing else, so that the same facts always look the same. */
export function freshnessOf(facts: FreshnessFacts, settings: FreshnessSettings): FreshnessFound {
  const { nowMs, heardMs, isOffline, commit, waiting } = facts
  const since = (timeMs: number | undefined): number | undefined =>
    timeMs === undefined ? undefined : Math.max(0, nowMs - timeMs)
  const quietMs = since(commit?.takenMs)
  if (isOffline || nowMs - heardMs > settings.disconnectedAfterMs) {
    return { state: 'disconnected', lagMs: undefined, quietMs }
  }
  const isWaiting = waiting !== undefined && waiting.files > 0
  // What came a moment ago has not waited long, however quiet it was before.
  const waitedMs = Math.min(quietMs ?? Number.POSITIVE_INFINITY, since(waiting?.sinceMs) ?? 0)
  if (isWaiting && waitedMs > settings.staleAfterMs) return { state: 'stale', lagMs: lagOf(facts), quietMs }
  const isArriving = quietMs !== undefined && quietMs <= settings.staleAfterMs
  if (!isWaiting && !isArriving) return { state: 'quiet', lagMs: waiting === undefined ? undefined : 0, quietMs }
  const lagMs = lagOf({ nowMs, commit, waiting })
  const isBehind = lagMs !== undefined && lagMs > settings.catchingUpAfterMs
  return { state: isBehind ? 'catching-up' : 'fresh', lagMs, quietMs }
}

/** Where rows have no event time, it is how long the oldest of what waits has waited. */
function lagOf({ nowMs, commit, waiting }: Pick<FreshnessFacts, 'nowMs' | 'commit' | 'waiting'>): number | undefined {
  const sinceMs = commit?.eventMs ?? waiting?.sinceMs
  if (sinceMs !== undefined) return Math.max(0, nowMs - sinceMs)
  return waiting?.files === 0 ? 0 : undefined
}

export function commitOf(position: Position | null): Commit | undefined {
  if (position === null) return undefined
  const { batch, batchTime, takenTime, newestEventTime } = position
  return {
    batch,
    timeMs: Date.parse(batchTime),
    takenMs: Date.parse(takenTime),
    eventMs: timeOrNone(newestEventTime),
  }
}

export function waitingOf(freshness: Freshness | undefined): Waiting | undefined {
  const waiting = freshness?.waiting ?? undefined
  if (waiting === undefined) return undefined
  return {
    files: waiting.files,
    sinceMs: timeOrNone(waiting.oldestTime),
    eventMs: timeOrNone(waiting.newestEventTime),
  }
}

function timeOrNone(text: string | null): number | undefined {
  return text === null ? undefined : Date.parse(text)
}

import type { Value } from '../../client/index.ts'

/** The longest line of buckets that is drawn; the server's own limit of grains is below it. */
const MAX_BUCKETS = 20_000

/** Where a chart's values stand: at buckets of time, or at the values of any other column, in the order of the rows. */
export interface Timeline {
  /** When each bucket begins, in ms since 1970; without a time, 0, 1, 2, … */
  readonly starts: readonly number[]
  /** Undefined if x is no time, or if the panel has no grain. */
  readonly grainMs: number | undefined
  /** What stands at each place, if x is no time. */
  readonly labels: readonly Value[] | undefined
  /** How many buckets, from the first on, are complete. */
  readonly completeCount: number
  /** The bucket that is being filled: it is drawn apart, as it stands. */
  readonly openIndex: number | undefined
  /** From when to when nothing is known, though time has gone on. */
  readonly unknown: { readonly fromMs: number; readonly toMs: number } | undefined
  /** Whether the chart ends now: the open bucket, or what is not known, then stands at its right edge. */
  readonly endsNow: boolean
}

/** What decides which buckets are complete. */
export interface TimelineFacts {
  /** The answer's range, without its end. */
  readonly fromMs: number
  readonly toMs: number
  readonly grainMs: number
  /** The server's clock. */
  readonly nowMs: number
  /** Up to where everything is counted, as the answer says; undefined if it does not. */
  readonly completeToMs: number | undefined
  /** Whether nothing comes, or what comes is far behind: what is missing is then drawn as not known. */
  readonly isBehind: boolean
  /** The newest bucket of the rows: all that is known of how far they go, if nothing else is. */
  readonly lastRowMs: number | undefined
}

/**
 * The buckets of a range. A bucket is complete once everything up to its end is counted; a value that is missing there
 * is known to be missing. Of those after it nothing is known, and nothing is drawn.
 */
export function timelineOf(facts: TimelineFacts): Timeline {
  const { fromMs, toMs, grainMs, nowMs, isBehind } = facts
  const bucketOf = (timeMs: number): number => Math.floor((timeMs - fromMs) / grainMs)
  const all = Math.min(MAX_BUCKETS, Math.max(1, Math.ceil((toMs - fromMs) / grainMs)))
  const completeToMs = facts.completeToMs ?? (toMs <= nowMs ? toMs : (facts.lastRowMs ?? fromMs))
  const completeCount = Math.max(0, Math.min(all, bucketOf(completeToMs)))
  const isBegun = completeCount < all && fromMs + completeCount * grainMs <= nowMs
  const reachesNow = isBegun && bucketOf(nowMs) >= all - 1
  // Behind by less than a bucket, the open one says it all.
  const isUnknown = isBegun && isBehind && bucketOf(nowMs) > completeCount
  const openIndex = isBegun && !isUnknown ? completeCount : undefined
  return {
    // The bucket that the clock has just begun has nothing yet: the chart ends with the one that is being filled.
    starts: startsOf(facts, reachesNow && openIndex !== undefined ? openIndex + 1 : all),
    grainMs,
    labels: undefined,
    completeCount,
    openIndex,
    unknown: isUnknown ? { fromMs: fromMs + completeCount * grainMs, toMs: Math.min(nowMs, toMs) } : undefined,
    endsNow: reachesNow,
  }
}

function startsOf({ fromMs, grainMs }: TimelineFacts, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => fromMs + index * grainMs)
}

/** The places of a chart whose rows have a time but no range: all that is known is that each is there. */
export function timelineOfTimes(timesMs: readonly number[]): Timeline {
  return placed(
    [...new Set(timesMs)].sort((a, b) => a - b),
    undefined,
  )
}

/** The places of a chart whose x is no time, in the order of the rows. */
export function timelineOfLabels(labels: readonly Value[]): Timeline {
  return placed(
    labels.map((_, index) => index),
    labels,
  )
}

function placed(starts: readonly number[], labels: readonly Value[] | undefined): Timeline {
  return {
    starts,
    grainMs: undefined,
    labels,
    completeCount: starts.length,
    openIndex: undefined,
    unknown: undefined,
    endsNow: false,
  }
}

/** A time as the server writes it, in ms since 1970; undefined if it is none. One without a zone is in UTC. */
export function timeOf(value: Value | undefined): number | undefined {
  if (typeof value !== 'string') return undefined
  const [, date, time = '00:00:00', zone = 'Z'] =
    /^(\d{4,6}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?(Z|[+-]\d\d(?::?\d\d)?)?$/.exec(value) ?? []
  if (date === undefined) return undefined
  const timeMs = Date.parse(`${date}T${time}${/^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone}`)
  return Number.isNaN(timeMs) ? undefined : timeMs
}

/** Whether a column of this type is a time that can be drawn. */
export function isTimeType(type: string): boolean {
  return /^(DATE|TIMESTAMP)/.test(type)
}

import type { Timeline } from './timeline.ts'

/** Where a chart's places stand, in pixels from the left. */
export interface Across {
  readonly left: number
  readonly right: number
  /** The middle of a place. Those of the open bucket and after it are not on it. */
  readonly x: (index: number) => number
  /** Between two places. */
  readonly step: number
  /** The column of the open bucket. */
  readonly open: { readonly x: number; readonly width: number } | undefined
  /** Where nothing is known. */
  readonly unknown: { readonly x: number; readonly width: number } | undefined
}

/** The open column has this share of the width, and is never less wide than 5 units. */
const OPEN_SHARE = 0.016
const OPEN_LEAST_UNITS = 5
/** The room before it, beside its width: no line may seem to lead into it. */
const OPEN_GAP = 0.65

/** Spreads a timeline over a width. At its right edge it leaves room for the open bucket. */
export function across(timeline: Timeline, [left, right]: readonly [number, number], unit: number): Across {
  const { starts, openIndex, endsNow } = timeline
  const openWidth = Math.max(OPEN_LEAST_UNITS * unit, OPEN_SHARE * (right - left))
  const hasColumnAtEdge = openIndex !== undefined && endsNow
  const lastPlace = hasColumnAtEdge ? Math.max(0, starts.length - 2) : starts.length - 1
  const end = hasColumnAtEdge ? right - openWidth * (1 + OPEN_GAP) : right
  const step = lastPlace > 0 ? (end - left) / lastPlace : end - left
  const x = (index: number): number => (lastPlace > 0 ? left + index * step : (left + end) / 2)
  return {
    left,
    right,
    x,
    step,
    open: openColumn(timeline, { x, step, right, openWidth }),
    unknown: unknownStretch(timeline, { x, left, right }),
  }
}

/** It begins where the last line ends, because a line ends in the middle of its bucket. */
function unknownStretch(
  { starts, grainMs, unknown, endsNow, completeCount }: Timeline,
  { x, left, right }: { readonly x: (index: number) => number; readonly left: number; readonly right: number },
): Across['unknown'] {
  const [first] = starts
  if (unknown === undefined || first === undefined || grainMs === undefined) return undefined
  const from = completeCount > 0 ? x(completeCount - 1) : left
  const to = endsNow ? right : Math.min(right, x((unknown.toMs - first) / grainMs))
  return to > from ? { x: from, width: to - from } : undefined
}

function openColumn(
  { openIndex, endsNow }: Timeline,
  about: {
    readonly x: (index: number) => number
    readonly step: number
    readonly right: number
    readonly openWidth: number
  },
): Across['open'] {
  if (openIndex === undefined) return undefined
  if (endsNow) return { x: about.right - about.openWidth, width: about.openWidth }
  const width = Math.min(about.openWidth, Math.max(about.step, 2))
  return { x: about.x(openIndex) - width / 2, width }
}

/** The place that is nearest to a point; undefined if the chart has none. The open bucket is the last. */
export function placeAt({ starts, openIndex }: Timeline, { x, open, step }: Across, atX: number): number | undefined {
  if (starts.length === 0) return undefined
  const last = openIndex === undefined || open === undefined ? starts.length - 1 : openIndex - 1
  if (open !== undefined && openIndex !== undefined && (last < 0 || atX > (x(last) + open.x) / 2)) return openIndex
  return Math.max(0, Math.min(last, Math.round((atX - x(0)) / (step || 1))))
}

/** A time's place between the places, as far as they are evenly spaced. */
export function xOfTime({ starts, grainMs }: Timeline, { x }: Across, timeMs: number): number | undefined {
  const [first] = starts
  if (first === undefined) return undefined
  if (grainMs !== undefined) return x((timeMs - first) / grainMs)
  const at = starts.indexOf(timeMs)
  return at < 0 ? undefined : x(at)
}

import type { DashboardHead, DashboardRange } from '../../client/index.ts'
import type { FreshnessState } from '../freshness/freshnessState.ts'

export type { FreshnessState } from '../freshness/freshnessState.ts'

/** The last minutes or hours, today (in UTC, as the server's days are), or a range that stays where it is. */
export type ViewRange =
  | { readonly kind: 'last'; readonly lengthMs: number }
  | { readonly kind: 'today' }
  | { readonly kind: 'fixed'; readonly fromMs: number; readonly toMs: number }

/** Filter → the values of which a row has one; without any, nothing is narrowed. */
export type ViewFilters = Readonly<Record<string, readonly string[]>>

/** What is looked at, as its address says it. */
export interface Looked {
  readonly range: ViewRange
  readonly filters: ViewFilters
  /** Panels that are shown as tables. */
  readonly tables: readonly string[]
  /** The panel that has all the room. */
  readonly expanded: string | undefined
}

/** What a panel knows of it, and of the moment. */
export interface View {
  readonly range: ViewRange
  readonly filters: ViewFilters
  /** The server's clock, in milliseconds since 1970. It is not the reader's, which may be wrong. */
  readonly nowMs: number
  /** Whether the range stays where it is, while others end now. */
  readonly isPaused: boolean
  /** How fresh the numbers are; undefined until that is known. */
  readonly freshness: FreshnessState | undefined
  /** Whether it is looked at from afar, in full screen: nothing can be clicked there. */
  readonly isWall: boolean
}

export const DAY_MS = 86_400_000

export function isPaused({ range }: { readonly range: ViewRange }): boolean {
  return range.kind === 'fixed'
}

export function rangeOf(setting: DashboardRange): ViewRange {
  return setting === 'today' ? { kind: 'today' } : { kind: 'last', lengthMs: setting }
}

export function isSameRange(one: ViewRange, other: ViewRange): boolean {
  if (one.kind === 'last') return other.kind === 'last' && one.lengthMs === other.lengthMs
  if (one.kind === 'today') return other.kind === 'today'
  return other.kind === 'fixed' && one.fromMs === other.fromMs && one.toMs === other.toMs
}

/** The range as times. */
export function boundsOf(range: ViewRange, nowMs: number): { readonly fromMs: number; readonly toMs: number } {
  if (range.kind === 'fixed') return range
  return { fromMs: range.kind === 'today' ? startOfDay(nowMs) : nowMs - range.lengthMs, toMs: nowMs }
}

/** The range where it is now, to stay there. */
export function paused(range: ViewRange, nowMs: number): ViewRange {
  return { kind: 'fixed', ...boundsOf(range, nowMs) }
}

/**
 * What a brush or a day picked. A range that ends now goes on with now, and one that began with the day is today; one
 * that does not end now stays where it is.
 */
export function pickedRange({ fromMs, toMs, isLive }: PickedRange): ViewRange {
  const minuteMs = 60_000
  if (!isLive) return { kind: 'fixed', fromMs, toMs }
  if (fromMs === startOfDay(toMs - 1)) return { kind: 'today' }
  return { kind: 'last', lengthMs: Math.max(minuteMs, Math.round((toMs - fromMs) / minuteMs) * minuteMs) }
}

export interface PickedRange {
  readonly fromMs: number
  readonly toMs: number
  readonly isLive: boolean
}

/** Narrowed to one value more or less, or to it alone; the value alone once more is all again. */
export function withFilter(
  filters: ViewFilters,
  { column, value, isOnly }: { readonly column: string; readonly value: string; readonly isOnly: boolean },
): ViewFilters {
  const before = filters[column] ?? []
  const isAlone = before.length === 1 && before[0] === value
  if (isOnly) return withValues(filters, column, isAlone ? [] : [value])
  const after = before.includes(value) ? before.filter((each) => each !== value) : [...before, value]
  return withValues(filters, column, after)
}

/** Narrowed to these values of a column; to none of them is not narrowed. */
export function withValues(filters: ViewFilters, column: string, values: readonly string[]): ViewFilters {
  const { [column]: _, ...others } = filters
  return values.length === 0 ? others : { ...others, [column]: values }
}

/** What the panels can be filtered by, in the order of the panels; values that a token fixes are no choice. */
export function filterNames({ panels, fixed }: Pick<DashboardHead, 'panels' | 'fixed'>): readonly string[] {
  const all = panels.flatMap(({ filters }) => filters.map(({ name }) => name))
  return [...new Set(all)].filter((name) => !Object.hasOwn(fixed, name))
}

/** The UTC midnight before. */
export function startOfDay(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS) * DAY_MS
}

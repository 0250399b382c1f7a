import type { Value } from '../../client/index.ts'
import { amountOf, keyOf } from '../values.ts'
import { orderedSeries, type Slot } from './orderedSeries.ts'

/** How many series without a fixed order are told apart: those that have a colour. */
const COLOURED = 5

/** As many series with a fixed order are told apart in one chart. */
const MOST_SERIES = 7

/** A series of a chart: the rows of one value, or those of all values that have no place of their own. */
export interface ChosenSeries {
  readonly key: string
  /** Undefined for the series of all others. */
  readonly value: Value | undefined
  /** Which colour it has; a chart of one measure has the accent. */
  readonly slot: Slot | 'accent'
  /** How many values are drawn as this one. */
  readonly valueCount: number
}

/** The key of the series that holds all others; no key of a value looks like it. */
export const OTHERS = 'others'

/** A value of the series' column with the sum of its rows. */
export interface SeriesTotal {
  readonly value: Value
  readonly total: number
}

/**
 * The series in their order. Values that the header lists come first and always have the same colour. If there are more
 * than can be told apart, the largest are shown, and the rest is one series.
 * @param kept  keys of the drawing before: they stay while they have rows, so that no colour changes hands
 */
export function chooseSeries(
  totals: ReadonlyMap<string, SeriesTotal>,
  order: readonly string[],
  kept: readonly string[],
): readonly ChosenSeries[] {
  const isListed = ({ value }: SeriesTotal): boolean => value !== null && order.includes(String(value))
  const all = [...totals].map(([key, { value, total }]) => ({ key, value, total }))
  const listed = all.filter(isListed)
  const unlisted = all.filter((each) => !isListed(each))
  const room = Math.max(0, (order.length > 0 ? MOST_SERIES : COLOURED) - listed.length)
  const shown = unlisted.length <= room ? unlisted : largest(unlisted, kept, room)
  const own = orderedSeries(
    [...listed, ...shown].map(({ value }) => value),
    order,
  ).map((series) => ({ ...series, valueCount: 1 }))
  const valueCount = unlisted.length - shown.length
  return valueCount === 0 ? own : [...own, { key: OTHERS, value: undefined, slot: 'other', valueCount }]
}

function largest<Each extends SeriesTotal & { readonly key: string }>(
  values: readonly Each[],
  kept: readonly string[],
  count: number,
): readonly Each[] {
  const known = new Set(kept)
  return [...values]
    .sort(
      (a, b) => Number(known.has(b.key)) - Number(known.has(a.key)) || b.total - a.total || (a.key < b.key ? -1 : 1),
    )
    .slice(0, count)
}

/** The sums by which values are compared. */
export function totalsOf(
  rows: readonly (readonly Value[])[],
  seriesIndex: number,
  valueIndex: number,
): ReadonlyMap<string, SeriesTotal> {
  const totals = new Map<string, { readonly value: Value; total: number }>()
  for (const row of rows) {
    const value = row[seriesIndex] ?? null
    const key = keyOf(value)
    const entry = totals.get(key) ?? { value, total: 0 }
    entry.total += Math.abs(amountOf(row[valueIndex]) ?? 0)
    totals.set(key, entry)
  }
  return totals
}

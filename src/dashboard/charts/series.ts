import type { Value } from '../../client/index.ts'
import { numberOf } from './cells.ts'

/** How many series have a colour of their own: `--lakeweir-series-1` to `-5`. */
export const INKS = 5

/** As many series are told apart in one chart; what comes after them is one. */
const MOST_SERIES = 7

/** A series of a chart: the rows of one value, or those of all values that have no place of their own. */
export interface ChosenSeries {
  readonly key: string
  /** Undefined for the series of all others. */
  readonly value: Value | undefined
  /** Which of the series colours it has; 0 is that of what is not listed. */
  readonly ink: number
  /** The values that are drawn as this one. */
  readonly valueCount: number
}

/** The key of the series that holds all others: no value has it, because those of values are JSON. */
export const OTHERS = 'others'

/** By what the rows of a value are found again. */
export function keyOf(value: Value | undefined): string {
  return JSON.stringify(value ?? null)
}

/** What decides which series a chart has. */
export interface SeriesFacts {
  /** Each value with the sum of its rows. */
  readonly totals: ReadonlyMap<string, { readonly value: Value; readonly total: number }>
  /** The fixed order of the header, if it has one. */
  readonly order: readonly string[]
  /** The series of the drawing before: they stay while they have rows, so that no colour changes hands. */
  readonly kept: readonly string[]
}

/**
 * The series in their order. Values that the header lists come first and always have the same colour. Without a list
 * the largest ones are shown, ordered by name: sizes change, names do not.
 */
export function chooseSeries({ totals, order, kept }: SeriesFacts): readonly ChosenSeries[] {
  const values = [...totals].map(([key, { value, total }]) => ({ key, value, total }))
  const place = new Map(order.map((text, index) => [text, index]))
  const placeOf = (value: Value): number | undefined => place.get(textOf(value))
  const listed = values
    .filter(({ value }) => placeOf(value) !== undefined)
    .sort((a, b) => (placeOf(a.value) ?? 0) - (placeOf(b.value) ?? 0))
  const unlisted = values.filter(({ value }) => placeOf(value) === undefined)
  const inked = order.length > 0
  const room = Math.max(0, (inked ? MOST_SERIES : INKS) - listed.length)
  const shown = unlisted.length <= room ? unlisted : largest(unlisted, kept, inked ? 0 : room)
  const rest = unlisted.length - shown.length
  const own = [...listed, ...[...shown].sort((a, b) => byName(a.value, b.value))].map(({ key, value }, index) => ({
    key,
    value,
    ink: inkOf(inked ? placeOf(value) : index),
    valueCount: 1,
  }))
  return rest === 0 ? own : [...own, { key: OTHERS, value: undefined, ink: 0, valueCount: rest }]
}

function inkOf(place: number | undefined): number {
  return place !== undefined && place < INKS ? place + 1 : 0
}

function largest<Each extends { readonly key: string; readonly total: number }>(
  values: readonly Each[],
  kept: readonly string[],
  count: number,
): readonly Each[] {
  const known = new Set(kept)
  return [...values]
    .sort((a, b) => Number(known.has(b.key)) - Number(known.has(a.key)) || b.total - a.total || compare(a.key, b.key))
    .slice(0, count)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const names = new Intl.Collator('en', { numeric: true })

/** NULL comes last: it is no name. */
function byName(a: Value, b: Value): number {
  return Number(a === null) - Number(b === null) || names.compare(textOf(a), textOf(b)) || compare(keyOf(a), keyOf(b))
}

function textOf(value: Value): string {
  return typeof value === 'object' ? keyOf(value) : String(value)
}

/** The sums by which values are compared. */
export function totalsOf(
  rows: readonly (readonly Value[])[],
  seriesIndex: number,
  valueIndex: number,
): Map<string, { readonly value: Value; total: number }> {
  const totals = new Map<string, { readonly value: Value; total: number }>()
  for (const row of rows) {
    const value = row[seriesIndex] ?? null
    const key = keyOf(value)
    const entry = totals.get(key) ?? { value, total: 0 }
    entry.total += Math.abs(numberOf(row[valueIndex]) ?? 0)
    totals.set(key, entry)
  }
  return totals
}

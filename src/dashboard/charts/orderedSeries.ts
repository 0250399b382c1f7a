import type { Value } from '../../client/index.ts'
import { compareValues, keyOf } from '../values.ts'

/** Which of the series' colours a value has: `--lakeweir-series-1` to `-5`, or that of all others. */
export type Slot = 1 | 2 | 3 | 4 | 5 | 'other'

const SLOTS = [1, 2, 3, 4, 5] as const

/** A value of the series' column. */
export interface Series {
  readonly value: Value
  readonly key: string
  readonly slot: Slot
}

/**
 * The values of a series, always in the same order, whatever their sizes: those that the header names as it names them,
 * then all others by themselves, NULL last. Where the header names none, the first five have a colour each.
 * @param values  as they come, with repetitions
 */
export function orderedSeries(values: Iterable<Value>, order: readonly string[]): readonly Series[] {
  const found = new Map<string, Value>()
  for (const value of values) found.set(keyOf(value), value)
  const placeIn = (value: Value): number => (value === null ? -1 : order.indexOf(String(value)))
  const known = [...found].map(([key, value]) => ({ key, value, place: placeIn(value) }))
  const named = known.filter(({ place }) => place >= 0).sort((a, b) => a.place - b.place)
  const others = known.filter(({ place }) => place < 0).sort((a, b) => compareValues(a.value, b.value))
  const slotOf = (place: number): Slot => SLOTS[place] ?? 'other'
  return [
    ...named.map(({ key, value, place }) => ({ key, value, slot: slotOf(place) })),
    ...others.map(({ key, value }, at) => ({ key, value, slot: order.length === 0 ? slotOf(at) : 'other' }) as const),
  ]
}

/** Where a series lies in a stack: from `low` to `high`; null where nothing is known. */
export interface Band {
  readonly low: readonly (number | null)[]
  readonly high: readonly (number | null)[]
}

/**
 * Amounts on top of each other: the first series is on top, whatever the sizes, as it is first in every list. A missing
 * amount adds nothing; where all are missing, nothing is known.
 */
export function stack(series: readonly (readonly (number | null)[])[], count: number): readonly Band[] {
  const isKnown = Array.from({ length: count }, (_, index) => series.some((values) => isAmount(values[index])))
  let floor: readonly (number | null)[] = isKnown.map((known) => (known ? 0 : null))
  const bands: Band[] = []
  for (const values of [...series].reverse()) {
    const low = floor
    // What is below zero has no place in a stack; the read-out still says it.
    const high = low.map((from, index) => (from === null ? null : from + Math.max(0, values[index] ?? 0)))
    bands.unshift({ low, high })
    floor = high
  }
  return bands
}

function isAmount(value: number | null | undefined): boolean {
  return value !== null && value !== undefined
}

/** The sum of all series at each place; null where nothing is known. */
export function totalsOfStack(bands: readonly Band[]): readonly (number | null)[] {
  return bands[0]?.high ?? []
}

/** The index of the band that a value lies in; undefined if it is above all of them. */
export function bandAt(bands: readonly Band[], place: number, value: number): number | undefined {
  const index = bands.findIndex(({ low, high }) => {
    const from = low[place]
    const to = high[place]
    return isAmount(from) && isAmount(to) && value >= (from ?? 0) && value < (to ?? 0)
  })
  return index < 0 ? undefined : index
}

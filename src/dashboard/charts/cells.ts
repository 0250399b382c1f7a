// The values of a series, one for each place of a timeline; null is a gap.

/** The lowest and the highest of some values; undefined if there is none. */
export function extentOf(lists: readonly (readonly (number | null)[])[]): readonly [number, number] | undefined {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (const values of lists) {
    for (const value of values) {
      if (value === null) continue
      if (value < least) least = value
      if (value > most) most = value
    }
  }
  return least > most ? undefined : [least, most]
}

/** The mean of a value and its neighbours; none from beyond a gap, and null where the value itself is missing. */
export function meanOf(values: readonly (number | null)[], width: number): readonly (number | null)[] {
  const reach = Math.floor(width / 2)
  return values.map((own, index) => {
    if (own === null) return null
    let sum = own
    let count = 1
    for (const direction of [-1, 1]) {
      for (let away = 1; away <= reach; away++) {
        const near = values[index + direction * away]
        if (near === null || near === undefined) break
        sum += near
        count += 1
      }
    }
    return sum / count
  })
}

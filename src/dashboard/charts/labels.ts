/**
 * Moves labels apart: each at least `gap` from the next and all within `low` and `high`, as near to their marks as
 * possible and in the same order. Where there is not room for all, they stand evenly.
 */
export function pushedApart(
  marks: readonly number[],
  { gap, low, high }: { readonly gap: number; readonly low: number; readonly high: number },
): readonly number[] {
  const { length } = marks
  if (length === 0) return []
  const room = Math.min(gap, (high - low) / Math.max(1, length - 1))
  // Labels that touch form a group, which stands at the mean of the places that its members want.
  const groups: { wanted: number; size: number }[] = []
  const topOf = ({ wanted, size }: { wanted: number; size: number }): number =>
    Math.max(low, Math.min(high - (size - 1) * room, wanted / size))
  for (const mark of marks) {
    groups.push({ wanted: mark, size: 1 })
    for (let last = groups.length - 1; last > 0; last--) {
      const [above, below] = [groups[last - 1], groups[last]]
      if (above === undefined || below === undefined || topOf(above) + above.size * room <= topOf(below)) break
      // The place of a group is that of its first label: what a later one wants counts from there.
      above.wanted += below.wanted - above.size * below.size * room
      above.size += below.size
      groups.pop()
    }
  }
  return groups.flatMap((group) => Array.from({ length: group.size }, (_, index) => topOf(group) + index * room))
}

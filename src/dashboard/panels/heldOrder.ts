/** Something that has a place in a list. */
export interface Listed {
  readonly key: string
}

/** How long a list stays as it is after the pointer has moved over it. */
export const HOLD_MS = 2_000

/**
 * What a list shows while nobody may be surprised by it: who is about to click must not hit another row. The rows keep
 * their places and take their new values; those that are gone stay as they were, and new ones come after them.
 * @param count  how many rows the list has room for
 */
export function heldOrder<Row extends Listed>(
  shown: readonly Row[],
  wanted: readonly Row[],
  count: number,
): readonly Row[] {
  const now = new Map(wanted.map((row) => [row.key, row]))
  const kept = shown.map((row) => now.get(row.key) ?? row)
  const keys = new Set(kept.map(({ key }) => key))
  const added = wanted.filter(({ key }) => !keys.has(key))
  return [...kept, ...added.slice(0, Math.max(0, count - kept.length))]
}

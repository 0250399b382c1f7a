// Paths are text: one node for a whole series, however many points it has.

type Values = readonly (number | null)[]
type Scale = (value: number) => number

/** A tenth of a pixel is finer than any screen. */
function short(pixels: number): string {
  return String(Math.round(pixels * 10) / 10)
}

/** The stretches of values without a gap, each from a place to the one after its last. */
export function runsOf(values: Values, until = values.length): readonly (readonly [number, number])[] {
  const runs: [number, number][] = []
  let from: number | undefined
  for (let index = 0; index <= until; index++) {
    const isThere = index < until && values[index] !== null && values[index] !== undefined
    if (isThere && from === undefined) from = index
    if (!isThere && from !== undefined) {
      runs.push([from, index])
      from = undefined
    }
  }
  return runs
}

/** A line through values; gaps stay gaps. A value between two of them is a dot, by the round end of the line. */
export function linePath(values: Values, x: Scale, y: Scale, until = values.length): string {
  let path = ''
  for (const [from, to] of runsOf(values, until)) {
    path += edge(values, seenPlaces(values, from, to, x), x, y, 'M')
    if (to === from + 1) path += 'h0'
  }
  return path
}

/** The area between two lines. A place between two gaps is a column of `width`, or it could not be seen. */
export function bandPath(
  low: Values,
  high: Values,
  x: Scale,
  y: Scale,
  about: { readonly width: number; readonly until?: number },
): string {
  let path = ''
  for (const [from, to] of runsOf(high, about.until)) {
    if (to === from + 1) {
      const left = x(from) - about.width / 2
      const top = y(high[from] ?? 0)
      const bottom = y(low[from] ?? 0)
      path += `M${short(left)} ${short(top)}h${short(about.width)}V${short(bottom)}h${short(-about.width)}Z`
      continue
    }
    path += edge(high, seenPlaces(high, from, to, x), x, y, 'M')
    path += edge(low, [...seenPlaces(low, from, to, x)].reverse(), x, y, 'L')
    path += 'Z'
  }
  return path
}

function edge(values: Values, places: readonly number[], x: Scale, y: Scale, first: 'M' | 'L'): string {
  let path = ''
  for (const [position, index] of places.entries()) {
    path += `${position === 0 ? first : 'L'}${short(x(index))} ${short(y(values[index] ?? 0))}`
  }
  return path
}

/** Closer to each other than this, in pixels, places are drawn by pixel. */
const LEAST_STEP = 0.5

/**
 * The places of a stretch that can be seen. Of those that share a pixel these are the first, the last, the lowest and
 * the highest: the line looks the same, and ten thousand minutes are drawn as fast as a thousand.
 */
function seenPlaces(values: Values, from: number, to: number, x: Scale): readonly number[] {
  const all = Array.from({ length: to - from }, (_, offset) => from + offset)
  if (to - from < 2 || Math.abs(x(from + 1) - x(from)) >= LEAST_STEP) return all
  const seen: number[] = []
  for (let first = from; first < to; ) {
    const pixel = Math.floor(x(first))
    let last = first
    let least = first
    let most = first
    for (let index = first + 1; index < to && Math.floor(x(index)) === pixel; index++) {
      last = index
      if ((values[index] ?? 0) < (values[least] ?? 0)) least = index
      if ((values[index] ?? 0) > (values[most] ?? 0)) most = index
    }
    seen.push(...new Set([first, Math.min(least, most), Math.max(least, most), last]))
    first = last + 1
  }
  return seen
}

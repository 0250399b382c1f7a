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
    path += edge(values, from, to, x, y, 'M')
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
    path += edge(high, from, to, x, y, 'M')
    for (let index = to - 1; index >= from; index--) path += `L${short(x(index))} ${short(y(low[index] ?? 0))}`
    path += 'Z'
  }
  return path
}

function edge(values: Values, from: number, to: number, x: Scale, y: Scale, first: 'M' | 'L'): string {
  let path = ''
  for (let index = from; index < to; index++) {
    path += `${index === from ? first : 'L'}${short(x(index))} ${short(y(values[index] ?? 0))}`
  }
  return path
}

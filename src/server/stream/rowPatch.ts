/** A part of some rows: a run of those before, as first row and number of rows, or new rows, each as its JSON. */
export type PatchStep = readonly [first: number, count: number] | readonly string[]

/**
 * How rows become other rows: by copying runs of them and by adding what is new. It is exact for any two lists, also
 * where rows repeat, move or vanish: it needs to know neither a key nor an order. The rows of a chart over time, of
 * which the oldest leave and the newest change, are one run and a few rows.
 * @param before  each row as a text
 */
export function patchBetween(before: readonly string[], after: readonly string[]): PatchStep[] {
  const places = new Map<string, number>()
  // Of equal rows the first, so that a run is as long as it can be.
  for (let place = before.length - 1; place >= 0; place--) places.set(before[place] ?? '', place)
  const steps: PatchStep[] = []
  let index = 0
  while (index < after.length) {
    const first = places.get(after[index] ?? '')
    if (first === undefined) {
      const start = index
      while (index < after.length && !places.has(after[index] ?? '')) index++
      steps.push(after.slice(start, index))
      continue
    }
    let count = 1
    while (index + count < after.length && before[first + count] === after[index + count]) count++
    steps.push([first, count])
    index += count
  }
  return steps
}

/** A patch as JSON: `[first, count]` copies, `{"rows": […]}` adds. Undefined if it copies nothing. */
export function patchText(steps: readonly PatchStep[]): string | undefined {
  if (!steps.some(isRun)) return undefined
  const texts = steps.map((step) => (isRun(step) ? `[${step[0]},${step[1]}]` : `{"rows":[${step.join(',')}]}`))
  return `[${texts.join(',')}]`
}

function isRun(step: PatchStep): step is readonly [number, number] {
  return typeof step[0] === 'number'
}

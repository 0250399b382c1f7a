/** Contender → its measurements, one per round. */
export type Samples<Name extends string = string> = Readonly<Record<Name, readonly number[]>>

/** How long something takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  await work()
  return performance.now() - startMs
}

/**
 * Measures contenders round by round, so that all of them see the machine in the same state. A different one comes
 * first in each round. The first round is not counted: it fills the page cache and warms up the code.
 * @param contenders  each does its work once, cleans up, and returns the milliseconds that count
 */
export async function interleaved<Name extends string>(
  rounds: number,
  contenders: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Samples<Name>> {
  const names = Object.keys(contenders) as Name[]
  const samples = {} as Record<Name, number[]>
  for (const name of names) samples[name] = []
  for (let round = 0; round <= rounds; round++) {
    const first = round % names.length
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const ms = await contenders[name]()
      if (round > 0) samples[name].push(ms)
    }
  }
  return samples
}

/** The p-th quantile (0 to 1) of some measurements, interpolated between the two nearest ranks. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const rank = p * (sorted.length - 1)
  const below = sorted[Math.floor(rank)] ?? Number.NaN
  const above = sorted[Math.ceil(rank)] ?? Number.NaN
  return below + (above - below) * (rank - Math.floor(rank))
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The median of each key over records with the same keys. */
export function medians(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const names = Object.keys(records[0] ?? {})
  return Object.fromEntries(names.map((name) => [name, median(records.map((record) => record[name] ?? Number.NaN))]))
}

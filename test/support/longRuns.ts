// A soak runs a test for minutes where it usually runs for seconds, each time over other rows: see scripts/soak.

const { LAKEWEIR_TEST_RUNS: runs, LAKEWEIR_TEST_SEED: soaked } = process.env

/** How often a test repeats what it does; a soak says another number. */
export function runsOr(usual: number): number {
  return runs === undefined ? usual : Number(runs)
}

/** The seed of a test: always the same, except in a soak. */
export function seedOr(usual: number): number {
  return soaked === undefined ? usual : usual + 1_000 * Number(soaked)
}

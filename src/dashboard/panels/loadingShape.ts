const POINTS = 45

/** The path of a quiet wave that stands where a chart will be, in a box of 100 by 100. It shows no numbers. */
export function loadingWave(): string {
  const heights = Array.from({ length: POINTS + 1 }, (_, at) => 46 + 7 * Math.sin(at / 5) - 4 * Math.sin(at / 2.3))
  const line = heights.map((height, at) => `L${((at * 100) / POINTS).toFixed(1)} ${height.toFixed(1)}`)
  return `M0 100${line.join('')}L100 100Z`
}

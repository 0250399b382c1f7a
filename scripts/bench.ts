// Measures Lakeweir beside raw DuckDB, interleaved in one process, so that only their ratio counts:
//   npm run bench -- core            the figures of the README
//   npm run bench -- silver latency  some of them
// Prints a table and writes bench-results.json. Exit 1 where a figure is not reached.
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { latencyFigure } from './bench/latency.ts'
import { type Figure, isReached } from './bench/measure.ts'
import { silverFigure, smallBatchFigure } from './bench/silver.ts'

const suites: Readonly<Record<string, () => Promise<Figure[]>>> = {
  silver: async () => [await silverFigure(10_000_000, 5, 0.8)],
  small: async () => [await smallBatchFigure(100, 3)],
  latency: async () => [await latencyFigure(60, 100)],
}

const asked = process.argv.slice(2).filter((name) => name !== 'core')
const names = asked.length > 0 ? asked : Object.keys(suites)
const figures: Figure[] = []
console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`)
for (const name of names) {
  const suite = suites[name]
  if (suite === undefined) {
    console.error(`there is no suite "${name}"; there are ${Object.keys(suites).join(', ')} and core`)
    process.exit(2)
  }
  for (const figure of await suite()) {
    figures.push(figure)
    console.log(lineOf(figure))
  }
}
writeFileSync('bench-results.json', `${JSON.stringify(figures, undefined, 2)}\n`)
process.exitCode = figures.every(isReached) ? 0 : 1

function lineOf(figure: Figure): string {
  const { name, unit, value, reach, samples, detail } = figure
  const shown = unit === 'ratio' ? value.toFixed(2) : `${value.toFixed(1)} ms`
  const wanted = 'atLeast' in reach ? `≥ ${reach.atLeast}` : `≤ ${reach.atMost}`
  const parts = Object.entries(detail).map(([part, ms]) => `${part} ${ms.toFixed(1)} ms`)
  const mark = isReached(figure) ? 'reached' : 'NOT REACHED'
  return `${name.padEnd(46)} ${shown.padStart(9)}  (${wanted}: ${mark}; ${samples} samples; ${parts.join(', ')})`
}

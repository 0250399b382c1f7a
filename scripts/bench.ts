// Measures Lakeweir against raw DuckDB, interleaved in one run, because only their ratios count:
//   npm run bench                      every figure, in about 40 minutes
//   npm run bench -- --quick           every figure on fewer samples, in about 10
//   npm run bench -- silver served     only these suites, or parts of the suites live and tables
//   npm run bench -- spark             DuckDB, Spark and plain PySpark on the same rows, in about 40 minutes
// Builds dist/ first, prints a table and writes bench-results.json. Exits with 1 if a figure misses its reach.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Figure, isReached } from './bench/figure.ts'
import { thisMachine } from './bench/machine.ts'
import { runSuite } from './bench/runSuite.ts'
import { named, parts, suites } from './bench/suites.ts'
import { tableHead, tableLine } from './bench/table.ts'

const REPOSITORY = join(import.meta.dirname, '..')

const { names, isQuick } = argumentsOf(process.argv.slice(2))
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())

execFileSync('npm', ['run', '--silent', 'build'], { cwd: REPOSITORY, stdio: 'inherit' })
const machine = thisMachine()
const startedAt = new Date()
console.log(`${Object.values(machine).join(', ')}${isQuick ? ', quick' : ''}\n\n${tableHead()}`)

const figures: (Figure & { readonly suite: string; readonly isReached: boolean })[] = []
const failed: string[] = []
for (const suite of names) {
  const outcome = await runSuite(suite, isQuick, stop.signal, (figure) => {
    figures.push({ suite, ...figure, isReached: isReached(figure) })
    console.log(tableLine(figure))
  })
  if (stop.signal.aborted) process.exit(130)
  if (outcome === 'failed') failed.push(suite)
}

const results = { startedAt, endedAt: new Date(), isQuick, machine, failed, figures }
writeFileSync(join(REPOSITORY, 'bench-results.json'), `${JSON.stringify(results, undefined, 2)}\n`)
if (failed.length > 0) console.error(`\nthese suites failed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 && figures.every(isReached) ? 0 : 1

function argumentsOf(argv: string[]): { names: string[]; isQuick: boolean } {
  const { values, positionals } = parseArgs({
    args: argv,
    options: { quick: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const known = [...Object.keys(suites), ...Object.keys(parts), ...Object.keys(named)]
  const unknown = positionals.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    console.error(`there is no suite ${unknown.join(', ')}; available: ${known.join(', ')}`)
    process.exit(2)
  }
  return { names: positionals.length > 0 ? positionals : Object.keys(suites), isQuick: values.quick }
}

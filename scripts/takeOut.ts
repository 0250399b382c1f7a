// Takes safeguards out of the source, one at a time, and reports whether a test notices: npx jiti scripts/takeOut.ts
//
// With words, only the safeguards whose name or file has one of them: npx jiti scripts/takeOut.ts landingClaims lock
// With --lanes=N, N of them are tried side by side. Everything happens in copies of the checkout in the system's folder
// for temporary files. First the tests must pass unchanged; --believe skips that. Tests of the built program notice
// nothing, because it is not built again. The last lines are a table. The exit code is 1 if a safeguard was missed. The
// whole list takes half an hour on one core.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { safeguards } from '../test/safeguards/list.ts'
import { type Safeguard, takenOut } from '../test/safeguards/safeguard.ts'

/** A test that hangs without the safeguard has noticed too; those that start Spark several times take minutes. */
const PATIENCE_MS = 150_000
const SPARK_PATIENCE_MS = 600_000

const root = resolve(import.meta.dirname, '..')

interface Outcome {
  readonly safeguard: Safeguard
  /** Undefined if no test noticed. */
  readonly noticedBy: string | undefined
}

/** A copy of the checkout with its uncommitted changes, built; it shares the checkout's packages. */
function copyCheckout(): string {
  const copy = newFolder()
  const options = { cwd: root, encoding: 'utf8' } as const
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], options)
  for (const path of listed.split('\0').filter((name) => name !== '')) {
    cpSync(join(root, path), join(copy, path), { preserveTimestamps: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  // Without it, tests that need Spark are skipped, and notice nothing.
  mkdirSync(join(copy, '.cache'))
  symlinkSync(join(root, '.cache/spark'), join(copy, '.cache/spark'))
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: copy, stdio: 'inherit' })
  return copy
}

function copyOf(copy: string): string {
  const another = newFolder()
  cpSync(copy, another, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
  return another
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'lakeweir-take-out-'))
}

/** @returns the first test that failed; undefined where all passed */
async function failureOf(copy: string, tests: readonly string[]): Promise<string | undefined> {
  const vitest = join(copy, 'node_modules/vitest/vitest.mjs')
  const args = [vitest, 'run', '--bail=1', '--maxWorkers=1', '--reporter=default', ...tests]
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' }
  // A process group of its own, so that a worker that hangs in a system call is ended too.
  const run = spawn(process.execPath, args, { cwd: copy, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const end = (): void => {
    if (run.exitCode === null && run.pid !== undefined) process.kill(-run.pid, 'SIGKILL')
  }
  const needsSpark = tests.some((path) => /\/spark\..*test\.ts$/.test(path))
  const timer = setTimeout(end, needsSpark ? SPARK_PATIENCE_MS : PATIENCE_MS)
  process.prependOnceListener('exit', end)
  let said = ''
  for (const stream of [run.stdout, run.stderr]) stream.on('data', (chunk) => (said += String(chunk)))
  const [exitCode] = (await once(run, 'close')) as [number | null]
  clearTimeout(timer)
  process.off('exit', end)
  if (exitCode === 0) return undefined
  const failed = /^ FAIL {2}(.*)$/m.exec(said)?.[1]
  if (failed !== undefined) return failed
  if (exitCode === null) return 'it did not end'
  if (said.includes('Vitest caught')) return 'an error that nobody handled'
  throw new Error(`the tests did not run:\n${said}`)
}

/** Runs the tests one after another: the first notices most safeguards. */
async function tryWithout(copy: string, safeguard: Safeguard): Promise<Outcome> {
  const path = join(copy, safeguard.file)
  const text = readFileSync(path, 'utf8')
  const { atime, mtime } = statSync(path)
  const put = (content: string): void => {
    writeFileSync(path, content)
    utimesSync(path, atime, mtime) // otherwise the program would be built again, for tests that do not notice anyway
  }
  put(takenOut(safeguard, text))
  try {
    for (const test of safeguard.tests) {
      const failure = await failureOf(copy, [test])
      if (failure !== undefined) return { safeguard, noticedBy: failure }
    }
    return { safeguard, noticedBy: undefined }
  } finally {
    put(text)
  }
}

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { lanes: { type: 'string', default: '1' }, believe: { type: 'boolean', default: false } },
})
const words = positionals.map((word) => word.toLowerCase())
const chosen = safeguards.filter(({ name, file }) => {
  const about = `${name} ${file}`.toLowerCase()
  return words.length === 0 || words.some((word) => about.includes(word))
})
if (chosen.length === 0) {
  console.error(`no safeguard has ${words.join(' or ')} in its name or file`)
  process.exit(2)
}

const first = copyCheckout()
const copies = [first, ...Array.from({ length: Number(flags.lanes) - 1 }, () => copyOf(first))]
process.once('exit', () => {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true, maxRetries: 10 })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const tests = [...new Set(chosen.flatMap((safeguard) => safeguard.tests))]
if (!flags.believe) {
  console.error(`take out: ${tests.length} test files, with nothing taken out`)
  const failing = await failureOf(first, tests)
  if (failing !== undefined) {
    console.error(`take out: a test fails with nothing taken out: ${failing}`)
    process.exit(2)
  }
}

const outcomes: Outcome[] = []
const queue = chosen.values()
await Promise.all(
  copies.map(async (copy) => {
    for (const safeguard of queue) {
      const outcome = await tryWithout(copy, safeguard)
      outcomes.push(outcome)
      const result = outcome.noticedBy === undefined ? 'MISSED' : `noticed by ${outcome.noticedBy}`
      console.error(`take out: ${outcomes.length}/${chosen.length} ${safeguard.file}: ${safeguard.name}: ${result}`)
    }
  }),
)

const missed = outcomes.filter(({ noticedBy }) => noticedBy === undefined)
console.log('| safeguard | file | noticed by |\n|---|---|---|')
for (const { safeguard, noticedBy } of outcomes) {
  console.log(`| ${safeguard.name} | \`${safeguard.file}\` | ${(noticedBy ?? '**missed**').replaceAll('|', '\\|')} |`)
}
console.log(`\n${outcomes.length - missed.length} of ${outcomes.length} safeguards were noticed.`)
process.exit(missed.length === 0 ? 0 : 1)

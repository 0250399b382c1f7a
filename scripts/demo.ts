// The main job from end to end, with the very commands that a person would type: messages are produced while silver
// follows them, then everything is validated and reported. `npm run demo -- --for 10s` shortens it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parseDurationMs } from '../src/lake/duration.ts'

const bin = join(import.meta.dirname, '../dist/cli/bin.cjs')
const { values } = parseArgs({
  options: { for: { type: 'string', default: '60s' }, lake: { type: 'string' }, config: { type: 'string' } },
})
parseDurationMs(values.for, '--for')
const where = (['lake', 'config'] as const).flatMap((name) => {
  const value = values[name]
  return value === undefined ? [] : [`--${name}`, value]
})

function start(...args: string[]): ChildProcess {
  process.stderr.write(`\n$ lakeweir ${args.join(' ')}\n`)
  return spawn(process.execPath, [bin, ...args, ...where], { stdio: 'inherit' })
}

/** Waits for a command; one that failed ends the demo with its exit code. */
async function finish(command: ChildProcess, expected: readonly number[] = [0]): Promise<void> {
  const [code] = command.exitCode === null ? await once(command, 'exit') : [command.exitCode]
  if (!expected.includes(code ?? 1)) process.exit(code ?? 1)
}

// A Ctrl-C reaches the commands too; each leaves in good order.
process.on('SIGINT', () => undefined)

const follower = start('run', 'land', 'silver')
// Also when another command fails: nobody else would end it.
process.on('exit', () => follower.kill('SIGINT'))
await finish(start('run', 'produce', '--for', values.for))
follower.kill('SIGINT')
await finish(follower, [130])
await finish(start('run', 'land', 'silver', '--available-now'))
await finish(start('validate'))
await finish(start('report', 'event-types'))
await finish(start('report', 'user-activity'))

process.stderr.write(`
Next:
  npm run status                                        what is where
  npm run sql -- "FROM messages ORDER BY value LIMIT 5" your own questions
  npm run produce -- --rows 1M                          many messages at once, then: npm run silver -- --available-now
  cp your.parquet lake/landing/messages/                your own messages, while npm run silver is up
  duckdb -init lake/lake.sql                            the same views in the DuckDB CLI
`)

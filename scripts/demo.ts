// The main job from end to end, with the same commands that a person would type: messages are produced while silver
// follows, then everything is validated and reported. `npm run demo -- --for 10s` makes it shorter. With `--serve`,
// files with messages of three days land, then one a second, and a page shows them until Ctrl-C.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { COMMON_OPTIONS } from '../src/cli/command.ts'
import { keptByNpm, keptError } from '../src/cli/npmFlags.ts'
import { RUN_OPTIONS } from '../src/cli/runOptions.ts'
import { SERVER_OPTIONS } from '../src/cli/serverOptions.ts'
import { LakeError, messageOf } from '../src/errors.ts'
import type { OpenOptions } from '../src/index.ts'
import { parseDurationMs } from '../src/lake/config/duration.ts'
import { DemoFeed } from './demo/feed.ts'
import { DEMO_HELP, DEMO_NEXT } from './demoTexts.ts'

const bin = join(import.meta.dirname, '../dist/cli/bin.cjs')
const { forText, serving, where, options } = demoArguments()

interface DemoArguments {
  /** How long to produce; undefined: until Ctrl-C. */
  readonly forText: string | undefined
  /** The options of the command that serves; undefined: none does. */
  readonly serving: readonly string[] | undefined
  readonly where: readonly string[]
  /** The same for a lake that is opened here. */
  readonly options: OpenOptions
}

function demoArguments(): DemoArguments {
  try {
    const options = { for: RUN_OPTIONS.for, serve: RUN_OPTIONS.serve, port: SERVER_OPTIONS.port, ...COMMON_OPTIONS }
    const kept = keptByNpm(process.argv.slice(2), process.env, options, /\bdemo\.ts\b/)
    if (kept !== undefined) throw keptError(kept)
    const parsed = parseArgs({
      options: {
        for: { type: 'string' },
        serve: { type: 'boolean' },
        port: { type: 'string' },
        lake: { type: 'string' },
        config: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (parsed.values.help === true) {
      process.stdout.write(DEMO_HELP)
      process.exit(0)
    }
    const { serve, port } = parsed.values
    if (port !== undefined && serve !== true) throw new LakeError('LAKE_USAGE', '--port is for --serve.')
    const forText = parsed.values.for ?? (serve === true ? undefined : '60s')
    if (forText !== undefined) parseDurationMs(forText, '--for')
    const { lake, config } = parsed.values
    const named = { ...(lake === undefined ? {} : { lake }), ...(config === undefined ? {} : { config }) }
    const places = Object.entries(named).flatMap(([name, value]) => [`--${name}`, value])
    const serving = serve === true ? ['--serve', ...(port === undefined ? [] : ['--port', port])] : undefined
    return { forText, serving, where: places, options: named }
  } catch (error) {
    const remedy = error instanceof LakeError && error.remedy !== undefined ? `${error.remedy}\n` : ''
    process.stderr.write(`LAKE_USAGE: ${messageOf(error)}\n${remedy}See: npm run demo -- --help\n`)
    process.exit(2)
  }
}

interface Held {
  readonly name: string
  readonly held: { readonly held: boolean; readonly processId?: number }
}

interface Status {
  readonly streams?: readonly Held[]
  readonly live?: Omit<Held, 'name'>
}

/** A stream that another process runs would stop the demo halfway. A lake that does not exist yet has none. */
function assertNobodyRuns(): void {
  const status = spawnSync(process.execPath, [bin, 'status', '--json', ...where], { encoding: 'utf8' })
  if (status.status !== 0) return
  const { streams = [], live } = JSON.parse(status.stdout) as Status
  const all = live === undefined || serving === undefined ? streams : [...streams, { name: 'live', ...live }]
  const held = all.filter((stream) => stream.held.held)
  if (held.length === 0) return
  const names = held.map(
    ({ name, held: { processId } }) => `${name}${processId === undefined ? '' : ` (process ${processId})`}`,
  )
  process.stderr.write(`The demo runs all streams itself, but another process already runs ${names.join(', ')}.
Nothing was changed. Stop that process, or run the demo in a lake of its own: npm run demo -- --lake /tmp/demo
`)
  process.exit(4)
}

function start(...args: string[]): ChildProcess {
  process.stderr.write(`\n$ lakeweir ${args.join(' ')}\n`)
  return spawn(process.execPath, [bin, ...args, ...where], { stdio: 'inherit' })
}

const INTERRUPTED = 130

/** Waits for a command; if it failed, the demo ends with its exit code. */
async function finish(command: ChildProcess, expected: readonly number[] = [0]): Promise<void> {
  const [code] = command.exitCode === null ? await once(command, 'exit') : [command.exitCode]
  if (expected.includes(code ?? 1)) return
  // Ctrl-C has reached the follower too: a second signal, as below, would not let it finish its batch.
  if (code === INTERRUPTED && follower.exitCode === null) await once(follower, 'exit')
  process.exit(code ?? 1)
}

assertNobodyRuns()

// Ctrl-C reaches the commands too, and each of them shuts down by itself.
const interrupted = new Promise<'interrupted'>((resolve) => {
  process.on('SIGINT', () => resolve('interrupted'))
})

/** Ends after the time that was asked for; after Ctrl-C, the demo ends as the follower does. */
async function feedUntilEnd(messages: DemoFeed): Promise<void> {
  const ended = new AbortController()
  const failed = new Promise<never>((_, reject) => messages.start(reject))
  const over =
    forText === undefined
      ? failed
      : sleep(parseDurationMs(forText, '--for'), 'over' as const, { signal: ended.signal }).catch(() => 'over' as const)
  const why = await Promise.race([interrupted, over, failed])
  ended.abort()
  await messages.close()
  // A follower that has ended by Ctrl-C ends the demo with its own exit code.
  if (why === 'interrupted') await once(follower, 'exit')
}

/** Files of messages for a page to show; without one, the generator of the lake is enough. */
const feed = serving === undefined ? undefined : await DemoFeed.open(options)
const follower = start('run', 'land', 'silver', ...(serving ?? []))
const producer = feed === undefined ? start('run', 'produce', '--for', forText ?? '60s') : undefined
// Also when another command fails: nothing else would end these two.
process.on('exit', () => {
  follower.kill('SIGINT')
  producer?.kill('SIGINT')
})
let isProduced = false
// A follower that ends by itself has printed why; later messages would not be split.
follower.on('exit', (code) => {
  if (!isProduced) process.exit(code ?? 1)
})
if (producer !== undefined) await finish(producer)
if (feed !== undefined) await feedUntilEnd(feed)
isProduced = true
follower.kill('SIGINT')
await finish(follower, [INTERRUPTED])
await finish(start('run', 'land', 'silver', ...(serving === undefined ? [] : ['live']), '--available-now'))
await finish(start('validate'))
await finish(start('report', 'event-types'))
await finish(start('report', 'user-activity'))

process.stderr.write(DEMO_NEXT)

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { BatchProgress } from '../../src/index.ts'
import { CONFIG, REPOSITORY } from './lakes.ts'

const BIN = join(REPOSITORY, 'dist/cli/bin.cjs')
const PEAK_MEMORY = join(import.meta.dirname, 'peakMemory.mjs')

/** How long to wait for the next batch of a following program, in milliseconds. */
const SILENCE_MS = 60_000

/** How long a tick of /proc is on Linux. */
const TICK_MS = 10

/** Runs node to its end. @returns how many milliseconds it took @throws if it fails */
export async function runNode(...args: readonly string[]): Promise<number> {
  return (await runToEnd(args)).ms
}

/** Runs the built command line over a lake, the same way. */
export async function runProgram(args: readonly string[], lake: string): Promise<number> {
  return (await runToEnd([BIN, ...args, ...placeOf(lake)])).ms
}

/** The same. @returns its largest resident memory, in bytes */
export async function runProgramForPeak(args: readonly string[], lake: string): Promise<number> {
  return Number((await runToEnd(['--import', PEAK_MEMORY, BIN, ...args, ...placeOf(lake)])).peak)
}

/** Starts the same; words after `--` stay at the end. */
export function startProgram(args: readonly string[], lake: string): ChildProcess {
  return spawn(process.execPath, [BIN, ...withPlace(args, lake)], {
    cwd: REPOSITORY,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
}

async function runToEnd(args: readonly string[]): Promise<{ readonly ms: number; readonly peak: string }> {
  const startMs = performance.now()
  const child = spawn(process.execPath, args, { cwd: REPOSITORY, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
  const said = Promise.all([2, 3].map((descriptor) => text(child.stdio[descriptor] as NodeJS.ReadableStream)))
  const [exitCode] = await once(child, 'exit')
  const ms = performance.now() - startMs
  const [errors = '', peak = ''] = await said
  if (exitCode !== 0) throw new Error(`node ${args.join(' ')} ended with ${exitCode}: ${errors}`)
  return { ms, peak }
}

/** The built command line while it follows a source: a process of its own that prints each batch. */
export class FollowingProgram {
  readonly #child: ChildProcess
  readonly #lines: Interface
  readonly #ended: Promise<never>
  readonly #unread: BatchProgress[] = []

  readonly #silenceMs: number

  /**
   * Starts streams of a lake.
   * @param words  more words of the command, such as options
   * @param silenceMs  how long to wait for a batch
   */
  constructor(
    streams: readonly string[],
    lake: string,
    { words = [], silenceMs = SILENCE_MS }: { readonly words?: readonly string[]; readonly silenceMs?: number } = {},
  ) {
    this.#silenceMs = silenceMs
    this.#child = spawn(process.execPath, [BIN, ...withPlace(['run', ...streams, '--json', ...words], lake)], {
      cwd: REPOSITORY,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const said = text(this.#child.stderr as NodeJS.ReadableStream)
    this.#ended = once(this.#child, 'exit').then(async ([exitCode]) => {
      throw new Error(`lakeweir run ${streams.join(' ')} ended with ${exitCode}: ${await said}`)
    })
    this.#ended.catch(() => undefined) // thrown to whoever waits for a batch; at `stop` it is not an error
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })
    this.#lines.on('line', (line) => this.#unread.push(JSON.parse(line) as BatchProgress))
  }

  /** The next batch of a stream; each is returned once. */
  async batchOf(stream: string): Promise<BatchProgress> {
    for (;;) {
      const index = this.#unread.findIndex((batch) => batch.stream === stream)
      const [batch] = index < 0 ? [] : this.#unread.splice(index, 1)
      if (batch !== undefined) return batch
      await Promise.race([once(this.#lines, 'line', { signal: AbortSignal.timeout(this.#silenceMs) }), this.#ended])
    }
  }

  /** Its resident memory now, in bytes. */
  residentBytes(): number {
    return residentBytesOf(this.#child)
  }

  /** The processors' time that it has used, in milliseconds. */
  cpuMs(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')
    // The second field, the program's name, may hold spaces; user and system time are the 14th and 15th.
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
    return (Number(user) + Number(system)) * TICK_MS
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGINT')
    await this.#ended.catch(() => undefined)
  }
}

function withPlace(args: readonly string[], lake: string): string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length
  return [...args.slice(0, end), ...placeOf(lake), ...args.slice(end)]
}

function placeOf(lake: string): string[] {
  return ['--config', CONFIG, '--lake', lake]
}

/** The resident memory of a process now, in bytes. */
export function residentBytesOf({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { durationFigure, type Figure } from './figure.ts'
import { REPOSITORY } from './lakes.ts'
import { RawDuckdb } from './raw.ts'
import { writeSmallFile } from './small.ts'
import type { SuiteContext } from './suiteContext.ts'

const PYTHON = join(REPOSITORY, '.cache/spark/bin/python')
const ROWS = 1_000
const PERIOD_MS = 1_000
/** The JVM compiles what it runs often: its first batches are several times slower. */
const WARM_UP = 20
const LOOK_MS = 1
const PATIENCE_MS = 120_000

/**
 * Messages per minute and channel by Spark Structured Streaming: the time from renaming a file into its landing folder
 * until the changed counts are in its sink. The same use, files and pace as our own line.
 */
export async function* sparkStreaming({ folder, isQuick }: SuiteContext): AsyncGenerator<Figure> {
  if (!existsSync(PYTHON)) {
    console.error('sparkStreaming: left out, because Spark is not installed: npx jiti scripts/install-spark.ts')
    return
  }
  const raw = await RawDuckdb.open()
  const file = await writeSmallFile(raw, join(folder, 'some.parquet'), ROWS)
  raw.close()
  const query = await StreamingQuery.start(folder)
  const latenciesMs: number[] = []
  try {
    const files = WARM_UP + (isQuick ? 60 : 300)
    const firstMs = performance.now()
    for (let index = 1; index <= files; index++) {
      latenciesMs.push(await query.msUntilCounted(file, index * ROWS))
      await delay(Math.max(0, firstMs + index * PERIOD_MS - performance.now()))
    }
  } finally {
    await query.stop()
  }
  const samples = { latency: latenciesMs.slice(WARM_UP) }
  const name = 'Spark Structured Streaming: landing rename → count in its sink'
  yield durationFigure(`${name}, p50`, samples, 'latency', 0.5, {})
  yield durationFigure(`${name}, p95`, samples, 'latency', 0.95, {})
}

/** `messages_per_minute.py` in a process of its own. */
class StreamingQuery {
  readonly #child: ChildProcess
  readonly #said: Promise<string>
  readonly #folder: string
  #files = 0
  /** Group → its newest count. */
  readonly #counts = new Map<string, number>()
  #batches = 0

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child
    this.#folder = folder
    this.#said = text(child.stderr as NodeJS.ReadableStream)
  }

  static async start(folder: string): Promise<StreamingQuery> {
    const folders = ['landing', 'sink', 'checkpoint'].map((name) => join(folder, name))
    for (const made of folders) mkdirSync(made)
    const script = join(import.meta.dirname, 'spark/messages_per_minute.py')
    const child = spawn(PYTHON, [script, ...folders], {
      env: { ...process.env, SPARK_LOCAL_IP: '127.0.0.1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const query = new StreamingQuery(child, folder)
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
    const ended = once(child, 'exit').then(async () => {
      throw new Error(`Spark ended before its query ran: ${await query.#said}`)
    })
    await Promise.race([once(lines, 'line', { signal: AbortSignal.timeout(PATIENCE_MS) }), ended])
    ended.catch(() => undefined) // from here on, a sink that stays as it is shows it
    return query
  }

  /** Lands a file. @returns how long it takes until the sink has counted `rows` rows in all */
  async msUntilCounted(file: string, rows: number): Promise<number> {
    this.#files += 1
    const written = join(this.#folder, `${this.#files}.parquet`)
    copyFileSync(file, written)
    const renamedMs = performance.now()
    renameSync(written, join(this.#folder, 'landing', `${this.#files}.parquet`))
    while (this.#counted() < rows) {
      if (performance.now() - renamedMs > PATIENCE_MS) throw new Error(`no count in ${PATIENCE_MS} ms`)
      await delay(LOOK_MS)
    }
    return performance.now() - renamedMs
  }

  #counted(): number {
    const files = readdirSync(join(this.#folder, 'sink')).filter((name) => name.endsWith('.jsonl'))
    for (; this.#batches < files.length; this.#batches++) {
      const lines = readFileSync(join(this.#folder, 'sink', `${this.#batches}.jsonl`), 'utf8')
      for (const line of lines.split('\n').filter((each) => each !== '')) {
        const { minute, channel, messages } = JSON.parse(line) as Record<string, string | number>
        this.#counts.set(`${minute} ${channel}`, Number(messages))
      }
    }
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.stdin?.end()
    await ended
  }
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { peakBytesOfTree } from '../processes.ts'
import { durationFigure, type Figure, peakFigure, ratioFigure } from './figure.ts'
import { DAYS, REPOSITORY, removeWritten, SEED, START_MS, spreadOver, withLake } from './lakes.ts'
import { interleaved, timed } from './measure.ts'
import { FollowingProgram, runProgram, startProgram } from './program.ts'
import type { SuiteContext } from './suiteContext.ts'

const PYTHON = join(REPOSITORY, '.cache/spark/bin/python')
const COUNTRIES = join(REPOSITORY, 'sql/reference/countries.csv')
/** In bronze; each is a commit of one file. */
const FILES = 10
/** What the Spark of both jobs may use: two threads, and the heap of one process. */
const SPARK = ['--engine', 'spark', '--spark-master', 'local[2]', '--', '--driver-memory', '2g']
/** How long a batch may take, in milliseconds. */
const PATIENCE_MS = 900_000
/** How often the memory of a program is looked at, in milliseconds. */
const LOOK_MS = 250

const SIZES: readonly { readonly rows: number; readonly rounds: number }[] = [
  { rows: 1_000_000, rounds: 5 },
  { rows: 10_000_000, rounds: 3 },
  { rows: 20_000_000, rounds: 3 },
]

/** Silver on DuckDB, on Spark, and as the job that a notebook has in plain PySpark: the same rows, one by one. */
export async function* sparkEngine(context: SuiteContext): AsyncGenerator<Figure> {
  if (!existsSync(PYTHON) || spawnSync('java', ['-version']).status !== 0) {
    console.error('spark: left out, because Spark or Java is not there: npx jiti scripts/install-spark.ts')
    return
  }
  process.env.PYSPARK_PYTHON = PYTHON
  for (const { rows, rounds } of context.isQuick ? SIZES.slice(0, 1) : SIZES) {
    const size = { rows, rounds: context.isQuick ? 2 : rounds, folder: context.folder }
    yield* coldFigures(size)
    yield* warmFigures(size)
  }
}

interface Size {
  readonly rows: number
  readonly rounds: number
  readonly folder: string
}

const named = ({ rows }: Size, what: string): string => `silver, ${rows / 1e6}M rows, ${what}`

/** Programs from their start to their end. */
async function* coldFigures(size: Size): AsyncGenerator<Figure> {
  const root = join(size.folder, 'lake')
  const plain = join(size.folder, 'plain')
  await produce(root, size.rows)
  const peaks = { DuckDB: [] as number[], Spark: [] as number[], 'plain PySpark': [] as number[] }
  const ours = async (engine: 'DuckDB' | 'Spark'): Promise<number> => {
    const words = ['run', 'silver', '--available-now', ...(engine === 'Spark' ? SPARK : [])]
    const { ms, peakBytes } = await watched(() => startProgram(words, root))
    peaks[engine].push(peakBytes)
    await withLake(root, (lake) => lake.empty(['silver']))
    return ms
  }
  const samples = await interleaved(size.rounds, {
    DuckDB: () => ours('DuckDB'),
    Spark: () => ours('Spark'),
    'plain PySpark': async () => {
      const { ms, peakBytes } = await watched(() => startPlain(root, plain, 'once'))
      peaks['plain PySpark'].push(peakBytes)
      await removeWritten(plain)
      return ms
    },
  })
  yield* timeFigures(size, 'a program from start to end', samples)
  for (const [name, bytes] of Object.entries(peaks))
    yield peakFigure(named(size, `most memory, ${name}`), bytes, undefined)
  await removeWritten(root)
}

/** Batches of programs that stay up: sessions are warm from the first round on, which is not counted. */
async function* warmFigures(size: Size): AsyncGenerator<Figure> {
  const roots = { DuckDB: join(size.folder, 'onDuckdb'), Spark: join(size.folder, 'onSpark') }
  const plain = join(size.folder, 'plain')
  for (const root of Object.values(roots)) await produce(root, 1_000)
  const followers = {
    DuckDB: new FollowingProgram(['silver'], roots.DuckDB),
    Spark: new FollowingProgram(['silver'], roots.Spark, { words: SPARK, silenceMs: PATIENCE_MS }),
  }
  const job = await PlainJob.start(join(roots.DuckDB, 'bronze/messages/data'), plain)
  try {
    await job.batchMs()
    for (const follower of Object.values(followers)) await follower.batchOf('silver')
    // Its rows come in one commit: a program that follows takes them in one batch.
    const batchOf = async (engine: 'DuckDB' | 'Spark'): Promise<number> => {
      await produce(roots[engine], size.rows, size.rows)
      const { inputRows, durationMs } = await followers[engine].batchOf('silver')
      if (inputRows !== size.rows) throw new Error(`a batch took ${inputRows} rows, not ${size.rows}`)
      return durationMs.total
    }
    const samples = { DuckDB: [] as number[], Spark: [] as number[], 'plain PySpark': [] as number[] }
    for (let round = 0; round <= size.rounds; round++) {
      // The plain job reads the bronze of the lake on DuckDB, so it comes after that.
      const found = [await batchOf('Spark'), await batchOf('DuckDB'), await job.batchMs(size.rows)] as const
      if (round === 0) continue
      samples.Spark.push(found[0])
      samples.DuckDB.push(found[1])
      samples['plain PySpark'].push(found[2])
    }
    yield* timeFigures(size, 'a batch of a warm session', samples)
  } finally {
    await job.stop()
    for (const follower of Object.values(followers)) await follower.stop()
    for (const written of [...Object.values(roots), plain]) rmSync(written, { recursive: true, force: true })
    await removeWritten(join(size.folder, 'nothing'))
  }
}

type Contender = 'DuckDB' | 'Spark' | 'plain PySpark'

function* timeFigures(
  size: Size,
  what: string,
  samples: Readonly<Record<Contender, readonly number[]>>,
): Generator<Figure> {
  for (const name of ['DuckDB', 'Spark', 'plain PySpark'] as const) {
    yield durationFigure(named(size, `${what}: ${name}`), samples, name, 0.5, {})
  }
  const compare = (under: 'DuckDB' | 'Spark', atLeast: number): Figure =>
    ratioFigure(named(size, `${what}: plain PySpark ÷ ours on ${under}`), samples, 'plain PySpark', under, {
      reach: { atLeast },
    })
  yield compare('Spark', 1)
  yield compare('DuckDB', 5)
}

/** Makes rows of 30 days in bronze. */
async function produce(root: string, rows: number, rowsPerCommit = Math.ceil(rows / FILES)): Promise<void> {
  const pace = ['--rows-per-second', String(spreadOver(rows, DAYS)), '--start-time', new Date(START_MS).toISOString()]
  const size = ['--rows', String(rows), '--max-rows-per-batch', String(rowsPerCommit)]
  await runProgram(['run', 'produce', ...size, ...pace, '--seed', String(SEED)], root)
}

/** Runs a program to its end, and looks at the memory of it and of all that it starts. */
async function watched(start: () => ChildProcess): Promise<{ readonly ms: number; readonly peakBytes: number }> {
  let peak = 0
  const ms = await timed(async () => {
    const child = start()
    const said = text(child.stderr as NodeJS.ReadableStream)
    const looking = setInterval(() => {
      peak = Math.max(peak, peakBytesOfTree(child.pid ?? 0))
    }, LOOK_MS)
    const [exitCode] = await once(child, 'exit')
    clearInterval(looking)
    if (exitCode !== 0) throw new Error(`it ended with ${exitCode}: ${await said}`)
  })
  return { ms, peakBytes: peak }
}

function startPlain(root: string, folder: string, how: 'once' | 'follow'): ChildProcess {
  const script = join(import.meta.dirname, 'spark/silver_streaming.py')
  const bronze = how === 'once' ? join(root, 'bronze/messages/data') : root
  const child = spawn(PYTHON, [script, bronze, COUNTRIES, join(folder, 'sink'), join(folder, 'checkpoint')], {
    env: { ...process.env, SPARK_LOCAL_IP: '127.0.0.1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  if (how === 'once') child.stdin?.end('\n')
  return child
}

/** The plain job in a session that stays. */
class PlainJob {
  readonly #child: ChildProcess
  readonly #lines: Interface
  readonly #ended: Promise<never>

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
    const said = text(child.stderr as NodeJS.ReadableStream)
    this.#ended = once(child, 'exit').then(async () => {
      throw new Error(`the plain job has ended: ${await said}`)
    })
    this.#ended.catch(() => undefined) // thrown to whoever waits for a batch
  }

  static async start(bronze: string, folder: string): Promise<PlainJob> {
    const job = new PlainJob(startPlain(bronze, folder, 'follow'))
    await Promise.race([once(job.#lines, 'line'), job.#ended])
    return job
  }

  /** Lets it take what is new. @returns how long its batch took */
  async batchMs(rows?: number): Promise<number> {
    this.#child.stdin?.write('\n')
    const [line] = (await Promise.race([once(this.#lines, 'line'), this.#ended])) as [string]
    const [ms = Number.NaN, taken] = line.split(' ').map(Number)
    if (rows !== undefined && taken !== rows) throw new Error(`the plain job took ${taken} rows, not ${rows}`)
    return ms
  }

  async stop(): Promise<void> {
    this.#child.stdin?.end()
    await this.#ended.catch(() => undefined)
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { descendants, isAlive } from '../../scripts/processes.ts'
import { runsOr, seedOr } from '../support/longRuns.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { describeWith } from '../support/optionalTool.ts'
import { Program } from '../support/program.ts'
import { seededRandom } from '../support/random.ts'
import { hasSpark, SPARK_NEED, SPARK_PYTHON } from '../support/spark.ts'

const ROWS = 6_000
const ROWS_PER_BATCH = 2_000
/** The longest time from the start of the driver, or of the program, until somebody is killed. */
const MAX_MS = { driver: 15_000, program: 1_500 }

const SPARK = ['--engine', 'spark', '--spark-master', 'local[2]', '--', '--driver-memory', '1g']

/** What happens in a round: who takes the rows, and who is killed meanwhile. */
type Victim = 'nobody' | 'driver' | 'program'

interface Round {
  readonly engine: 'duckdb' | 'spark'
  readonly victim: Victim
}

/** Each engine follows the other, after every kind of end. */
const ROUNDS: readonly Round[] = [
  { engine: 'spark', victim: 'nobody' },
  { engine: 'duckdb', victim: 'program' },
  { engine: 'spark', victim: 'program' },
  { engine: 'duckdb', victim: 'nobody' },
  { engine: 'spark', victim: 'driver' },
]

/** Runs silver until nothing is left, or until it is killed at a moment that chance says. */
async function run(lake: MessagesLake, { engine, victim }: Round, random: () => number): Promise<void> {
  const words = ['run', 'silver', '--available-now', '--max-rows-per-batch', String(ROWS_PER_BATCH)]
  const program = Program.start([...words, ...(engine === 'spark' ? SPARK : [])], {
    lake: lake.root,
    env: { PYSPARK_PYTHON: SPARK_PYTHON },
  })
  const pid = program.process.pid ?? 0
  const isDone = program.ended.then(() => true)
  const driver = engine === 'spark' ? await driverOf(pid, isDone) : undefined
  if (victim !== 'nobody') {
    await Promise.race([isDone, delay(random() * MAX_MS[engine === 'spark' ? 'driver' : 'program'])])
    if (victim === 'program') program.kill('SIGKILL')
    else if (driver !== undefined && isAlive(driver)) process.kill(driver, 'SIGKILL')
  }
  const { exitCode, signal, stderr } = await program.ended
  if (victim === 'program') expect([exitCode, signal]).toContainEqual(signal === null ? 0 : 'SIGKILL')
  else expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
  // Nothing that was started goes on without us.
  if (driver !== undefined) await vi.waitFor(() => expect(isAlive(driver)).toBe(false), { timeout: 30_000 })
}

/** Waits for Spark's driver. */
async function driverOf(program: number, isDone: Promise<boolean>): Promise<number | undefined> {
  for (;;) {
    const [java] = descendants(program, /java .*SparkSubmit/)
    if (java !== undefined) return java
    if (await Promise.race([isDone, delay(20, false)])) return undefined
  }
}

describeWith(hasSpark, SPARK_NEED, 'batches that alternate between DuckDB and Spark', () => {
  test('leave what DuckDB alone leaves, whoever is killed and when', { timeout: 900_000 }, async () => {
    const random = seededRandom(seedOr(13))
    const [lake, other] = [await MessagesLake.open(), await MessagesLake.open()]
    onTestFinished(() => {
      lake.close()
      other.close()
    })
    for (let times = 0; times < runsOr(1); times++) {
      for (const round of ROUNDS) {
        for (const each of [lake, other]) await each.produce(ROWS, ROWS_PER_BATCH)
        await run(lake, round, random)
      }
    }
    await run(lake, { engine: 'duckdb', victim: 'nobody' }, random)
    await other.run(['silver'])

    expect(await lake.faults()).toEqual([])
    for (const table of ['messages', 'messages_corrupted']) {
      expect(await lake.rowsOf(table, '*')).toEqual(await other.rowsOf(table, '*'))
    }
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [], notCompared: [] })
    const engines = new Set<string | undefined>()
    for await (const { batch, engine } of lake.lake.history('messages')) {
      if (batch !== undefined) engines.add(engine?.split(' ').at(-2)) // lakeweir, the engine, its version
    }
    expect(engines).toEqual(new Set(['duckdb', 'spark']))
  })
})

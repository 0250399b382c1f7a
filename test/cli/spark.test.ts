import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { descendants, isAlive } from '../../scripts/processes.ts'
import { Lake } from '../../src/lake/lake.ts'
import { withSession } from '../../src/lake/sessions.ts'
import { lakeFolder } from '../support/lakeFolder.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { describeWith } from '../support/optionalTool.ts'
import { Program, type ProgramEnd, type ProgramOptions } from '../support/program.ts'
import { hasSpark, SPARK_NEED, SPARK_PYTHON } from '../support/spark.ts'
import { rawSql } from '../support/sql.ts'

// The built program with a real Spark: what it writes and prints, and what Ctrl-C leaves.

const LONG_MS = 600_000
const SPARK = ['--engine', 'spark', '--spark-master', 'local[2]', '--', '--driver-memory', '1g']
const env = { PYSPARK_PYTHON: SPARK_PYTHON }

/** The end of a command that must end well. */
async function good(words: readonly string[], options: ProgramOptions): Promise<ProgramEnd> {
  const end = await Program.run(words, options)
  expect(end.exitCode, end.stderr).toBe(0)
  return end
}

describeWith(hasSpark, SPARK_NEED, 'the command line on Spark', () => {
  vi.setConfig({ testTimeout: LONG_MS, hookTimeout: LONG_MS })
  let lake: MessagesLake
  let other: MessagesLake
  let made: ProgramEnd

  beforeAll(async () => {
    lake = await MessagesLake.open()
    other = await MessagesLake.open()
    for (const each of [lake, other]) await each.produce(3_000, 1_500)
    await other.run(['silver'], { limits: { maxRows: 1_500 } })
    const words = ['run', 'silver', '--available-now', '--max-rows-per-batch', '1500']
    made = await good([...words, ...SPARK], { lake: lake.root, env })
  })

  afterAll(() => {
    lake?.close()
    other?.close()
  })

  test('makes the tables that DuckDB makes, and says which engine did', async () => {
    expect(made.stdout).toBe('')
    expect(made.stderr.match(/ on spark 4\.\d\S*$/gm)).toHaveLength(2)
    expect(made.stderr).not.toContain('tasks') // nobody sees a line drawn again
    expect(await lake.faults()).toEqual([])
    for (const table of ['messages', 'messages_corrupted']) {
      expect(await lake.rowsOf(table, '*')).toEqual(await other.rowsOf(table, '*'))
    }
  })

  test.each([
    ['event-types', []],
    ['user-activity', []],
    ['event-types', ['--as-of', 'silver=1']],
  ])('prints the report %s %j as DuckDB does', async (report, words) => {
    const ours = await good(['report', report, '--csv', ...words], { lake: other.root })
    const theirs = await good(['report', report, '--csv', ...words, ...SPARK], { lake: lake.root, env })
    expect(ours.stdout.split('\n').length).toBeGreaterThan(3)
    expect(theirs).toMatchObject({ stdout: ours.stdout, stderr: '' })
    expect(queriesIn(lake.root)).toEqual([])
  })
})

/** What queries have left in a lake. */
function queriesIn(root: string): string[] {
  return readdirSync(join(root, '.queries')).filter((name) => name.startsWith('query'))
}

/** Rows that DuckDB makes at once and Spark never: it looks for one among 10¹⁴ that is not there. */
const ENDLESS = {
  'copy.sql': `-- copy.sql: the rows that landed; one row per row.
--
-- in   landed   the batch
-- out  the columns of copied
SELECT id FROM landed
`,
  'copy.spark.sql': `-- copy.spark.sql: rows that are never found; no row.
--
-- in   landed   the batch
-- out  the columns of copied
SELECT a.id FROM range(10000000) AS a CROSS JOIN range(10000000) AS b WHERE (a.id * 31 + b.id) % 1000003 = -1
`,
  'reports/copies.sql': `-- reports/copies.sql: the rows that landed; one row per row.
--
-- in   landed   what landed
-- out  id
SELECT id FROM landed ORDER BY id NULLS LAST
`,
}

const columns = { id: 'BIGINT' } as const

const CONFIG = {
  root: 'lake',
  tables: { landed: { path: 'landed', columns }, copied: { path: 'copied', columns } },
  streams: {
    land: { from: { kind: 'parquetFolder', path: 'landing', afterCommit: 'delete' }, into: ['landed'] },
    copy: {
      from: { kind: 'deltaTable', table: 'landed', skipChangeCommits: false },
      select: 'copy.sql',
      rows: 'any',
      into: ['copied'],
    },
  },
  reports: 'reports',
}

interface Stopped {
  readonly folder: string
  readonly lake: Lake
  readonly options: ProgramOptions
  /** Waits until nothing of a program is left that was started for it. */
  readonly gone: (started: readonly number[]) => Promise<void>
  /** That nothing was published, and that the batch is there for the next run. */
  readonly expectWhole: () => Promise<void>
}

async function endlessLake(): Promise<Stopped> {
  const folder = lakeFolder({ ...ENDLESS, 'lakeweir.config.mjs': `export default ${JSON.stringify(CONFIG)}` })
  const config = join(folder, 'lakeweir.config.mjs')
  const lake = await Lake.open({ config, database: { threads: 1 } })
  onTestFinished(() => lake.close())
  const landing = join(folder, 'lake/landing')
  mkdirSync(landing, { recursive: true })
  await withSession(Lake.opened(lake), (session) =>
    session.run(rawSql`COPY (SELECT range AS id FROM range(10)) TO '${landing}/a.parquet' (FORMAT parquet)`),
  )
  await lake.run({ streams: ['land'], availableNow: true })
  return {
    folder,
    lake,
    options: { lake: join(folder, 'lake'), config, env },
    gone: (started) => vi.waitFor(() => expect(started.filter(isAlive)).toEqual([]), { timeout: 30_000 }),
    expectWhole: async () => {
      expect((await lake.query('FROM copied')).rows).toEqual([])
      await lake.run({ streams: ['copy'], availableNow: true })
      expect((await lake.query('FROM copied')).rows).toHaveLength(10)
      expect(await lake.validate({ deep: true })).toMatchObject({ ok: true, pending: 0 })
    },
  }
}

/** All processes that a program has started, once a fact holds of them. */
async function startedBy(program: Program, holds: (processes: readonly number[]) => boolean): Promise<number[]> {
  const hasEnded = program.ended.then(() => true)
  for (;;) {
    const processes = descendants(program.process.pid ?? 0)
    if (holds(processes)) return processes
    if (await Promise.race([hasEnded, delay(20, false)])) throw new Error(`it ended: ${(await program.ended).stderr}`)
  }
}

/** Whether Java runs, which takes seconds until Spark is up. */
function isStarting(program: Program): boolean {
  return descendants(program.process.pid ?? 0, /java .*SparkSubmit/).length > 0
}

/** Whether tasks of a batch write. */
function isWriting(folder: string): boolean {
  const staging = join(folder, 'lake/copied/checkpoint/copy/staging')
  if (!existsSync(staging)) return false
  return readdirSync(staging, { recursive: true, encoding: 'utf8' }).some((path) => path.includes('/_temporary/'))
}

describeWith(hasSpark, SPARK_NEED, 'Ctrl-C', () => {
  vi.setConfig({ testTimeout: LONG_MS })
  const run = ['run', 'copy', '--available-now', ...SPARK]

  test('while Spark starts ends the run, and Spark with it', async () => {
    const { options, gone, expectWhole } = await endlessLake()
    const program = Program.start(run, options)
    const started = await startedBy(program, () => isStarting(program))
    program.kill('SIGINT')
    const { exitCode, signal, stderr } = await program.ended
    expect({ exitCode, signal, stderr }).toMatchObject({ exitCode: 130, signal: null })
    expect(stderr).toContain('LAKE_INTERRUPTED: copy was stopped before its engine had started.')
    expect(stderr).toContain('Nothing was begun.')
    await gone(started)
    await expectWhole()
  })

  test('while Spark works on a batch gives it up after a moment, and publishes nothing', async () => {
    const { folder, options, gone, expectWhole } = await endlessLake()
    const program = Program.start(run, options)
    const started = await startedBy(program, () => isStarting(program) && isWriting(folder))
    program.kill('SIGINT')
    const { exitCode, signal, stderr } = await program.ended
    expect({ exitCode, signal, stderr }).toMatchObject({ exitCode: 130, signal: null })
    expect(stderr).toContain('stopping after this batch; Ctrl-C again stops at once (nothing is lost)')
    expect(stderr).toMatch(/LAKE_INTERRUPTED: copy batch 1 was abandoned\./)
    await gone(started)
    expect(readdirSync(join(folder, 'lake/copied/checkpoint/copy/staging'))).toEqual([])
    await expectWhole()
  })

  test('twice ends the program at once, and Spark with it', async () => {
    const { folder, options, gone, expectWhole } = await endlessLake()
    const program = Program.start(run, options)
    const started = await startedBy(program, () => isStarting(program) && isWriting(folder))
    program.kill('SIGINT')
    await program.said(/stopping after this batch/)
    program.kill('SIGINT')
    expect(await program.ended).toMatchObject({ exitCode: null, signal: 'SIGINT' })
    await gone(started)
    await expectWhole()
  })

  test('while Spark starts for a report ends that, and leaves nothing of it', async () => {
    const { folder, options, gone } = await endlessLake()
    const program = Program.start(['report', 'copies', ...SPARK], options)
    const started = await startedBy(program, () => isStarting(program))
    program.kill('SIGINT')
    expect(await program.ended).toMatchObject({ exitCode: 130, signal: null, stdout: '' })
    await gone(started)
    expect(queriesIn(join(folder, 'lake'))).toEqual([])
  })
})

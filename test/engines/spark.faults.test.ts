import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { isGroupAlive } from '../../src/files/processGroup.ts'
import { ID_SHAPE } from '../support/emptyPlan.ts'
import { canMount, mountSmall, unmount } from '../support/mounts.ts'
import { describeWith } from '../support/optionalTool.ts'
import { type SharedSpark, shareSpark } from '../support/sharedSpark.ts'
import { hasSpark, SPARK_NEED } from '../support/spark.ts'
import { type EngineOptions, TestEngine } from '../support/stagedRows.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { treeFingerprint } from '../support/tree.ts'

// What goes wrong on Spark is told in the words of the contract, and the next batch runs.

/** A session starts in seconds, on a machine that has nothing else to do. */
const LONG_MS = 300_000

describeWith(hasSpark, SPARK_NEED, 'what goes wrong on Spark', () => {
  vi.setConfig({ testTimeout: LONG_MS, hookTimeout: LONG_MS })
  let shared: SharedSpark
  beforeAll(async () => {
    shared = await shareSpark()
  })
  afterAll(() => shared?.end())

  const columns = { id: 'BIGINT', name: 'VARCHAR', day: 'DATE' }
  const ONE = "SELECT 1::BIGINT AS id, 'x' AS name, DATE '2026-11-22' AS day"
  const table = { name: 't', columns }

  async function spark(options: Partial<EngineOptions> = {}): Promise<TestEngine> {
    return TestEngine.open(temporaryFolder(), { columns, tables: [table], ...options, engine: shared.engine })
  }

  test.each([
    {
      what: 'a column that is not there, with the line',
      select: 'SELECT id,\n  nothing AS name, day FROM input_rows',
      says: /^route\.sql line 2: Spark says: \[UNRESOLVED_COLUMN.*`nothing`/,
    },
    { what: 'a relation that is not there', select: 'SELECT * FROM elsewhere', says: /TABLE_OR_VIEW_NOT_FOUND/ },
    {
      what: 'what does not parse',
      select: 'SELECT id name day FROM',
      says: /^route\.sql line 1: Spark says: \[PARSE_SYNTAX/,
    },
    {
      what: 'a column of another type',
      select: 'SELECT CAST(id AS INT) AS id, name, day FROM input_rows',
      says: /^route\.sql: returns id as INTEGER in Spark, but its table needs BIGINT: use CAST$/,
    },
    {
      what: 'a column without a type',
      select: 'SELECT id, NULL AS name, day FROM input_rows',
      says: /^route\.sql: returns name as VOID in Spark/,
    },
    {
      what: 'a column too few',
      select: 'SELECT id, name FROM input_rows',
      says: /^route\.sql: returns no column day in Spark; it returns id, name$/,
    },
    {
      what: 'a column too many',
      select: 'SELECT *, 1 AS more FROM input_rows',
      says: /^route\.sql: returns a column more that no table has$/,
    },
    { what: 'a column twice', select: 'SELECT *, 1 AS id FROM input_rows', says: /two columns named id/ },
  ])('$what is named before any batch', async ({ select, says }) => {
    await expect(spark({ select })).rejects.toThrow(
      expect.objectContaining({ code: 'LAKE_SQL_INVALID', message: expect.stringMatching(says) }),
    )
  })

  test.each([
    {
      what: 'a destination that is no table',
      select: "SELECT *, 'else''where' AS destination FROM input_rows",
      tables: [table, { ...table, name: 'u' }],
      error: {
        code: 'LAKE_SPLIT_FAILED',
        message: "route.sql returns a row with the destination 'else'where'.",
        remedy: 'Every row needs one of: t, u. Fix its CASE.',
      },
    },
    {
      what: 'a destination that is NULL',
      select: 'SELECT *, CAST(NULL AS STRING) AS destination FROM input_rows',
      tables: [table, { ...table, name: 'u' }],
      error: { code: 'LAKE_SPLIT_FAILED', message: 'route.sql returns a row with the destination NULL.' },
    },
    {
      what: 'a text that is too long for the name of a folder',
      select: "SELECT id, repeat('é', 60) AS name, day FROM input_rows",
      tables: [{ ...table, partitionBy: ['name'] }],
      rows: `SELECT 1::BIGINT AS id, repeat('/', 90) AS name, DATE '2026-11-22' AS day`,
      error: {},
    },
    {
      what: 'a text of too many bytes for the name of a folder',
      select: "SELECT id, repeat('=', 90) AS name, day FROM input_rows",
      tables: [{ ...table, partitionBy: ['name'] }],
      error: {
        code: 'LAKE_SPLIT_FAILED',
        message: `a row of t has '${'='.repeat(40)}…' (90 bytes) as its name.`,
        remedy:
          "Its folder's name would have 275 bytes; a disk allows 255: shorten it in the stream's SQL, or do not partition by it.",
      },
    },
    {
      what: 'a date that no folder can have',
      select: "SELECT id, name, DATE '+10000-01-01' AS day FROM input_rows",
      tables: [{ ...table, partitionBy: ['day'] }],
      error: { code: 'LAKE_SPLIT_FAILED', message: 'a row of t has +10000-01-01 as its day.' },
    },
    {
      what: 'a value that cannot be cast',
      select: 'SELECT CAST(name AS BIGINT) AS id, name, day FROM input_rows',
      tables: [table],
      error: { message: expect.stringMatching(/^route\.sql: Spark says: \[CAST_INVALID_INPUT\] .*'x'/) },
    },
  ])('$what fails its batch', async ({ select, tables, error, rows = ONE }) => {
    const engine = await spark({ select, tables })
    const staged = engine.stage(rows)
    if (Object.keys(error).length === 0) await expect(staged).resolves.toHaveLength(1)
    else await expect(staged).rejects.toThrow(expect.objectContaining(error))
  })

  test('an input that it cannot read is refused before any batch, with the reason', async () => {
    for (const inputKind of ['generated', 'foreign'] as const) {
      const checked = shared.spark.check({ version: 1, shape: ID_SHAPE, inputKind, variables: {} })
      await expect(checked).rejects.toThrow(/^Spark cannot run this stream: the (rows|files) of a /)
    }
  })

  test('a file that is not there fails the batch, and the session goes on', async () => {
    const engine = await spark()
    const { group } = shared.spark
    const gone = join(engine.folder, 'gone.parquet')
    await expect(engine.stageInput({ kind: 'table', files: [gone], columns, partitionBy: [] })).rejects.toThrow(
      'gone.parquet',
    )
    await expect(engine.stage(ONE)).resolves.toHaveLength(1)
    expect(shared.spark.group).toBe(group)
  })

  test.skipIf(!canMount())('a full disk is passed on as one', async () => {
    const folder = temporaryFolder()
    mountSmall(folder, 3)
    try {
      const engine = await TestEngine.open(folder, {
        columns,
        select:
          'SELECT id, name || uuid() || uuid() AS name, day FROM (SELECT *, explode(sequence(1, 200000)) FROM input_rows)',
        rows: 'any',
        tables: [{ name: 't', columns: { id: 'BIGINT', name: 'VARCHAR', day: 'DATE' } }],
        engine: shared.engine,
      })
      await expect(engine.stage(ONE)).rejects.toThrow(expect.objectContaining({ code: 'ENOSPC' }))
    } finally {
      unmount(folder)
    }
  })

  test('a second runner in a staging folder is refused, and what the first one wrote is left', async () => {
    const engine = await spark()
    const plan = engine.planOf({ kind: 'table', files: [], columns, partitionBy: [] })
    const { signal } = new AbortController()
    await expect(shared.spark.stage(plan, signal)).resolves.toMatchObject({ files: [] })
    const before = treeFingerprint(plan.stagingFolder)
    await expect(shared.spark.stage(plan, signal)).rejects.toMatchObject({
      message: `another runner has begun a batch in the staging folder ${plan.stagingFolder}.\nIts log: ${shared.logFile}`,
      remedy: 'Each attempt at a batch needs a staging folder of its own.',
    })
    expect(treeFingerprint(plan.stagingFolder)).toBe(before)
  })

  /** A batch that takes for ever. */
  const ENDLESS: Partial<EngineOptions> = {
    select: 'SELECT CAST(sum(a.id % 7 + b.id % 5) AS BIGINT) AS id FROM range(10000000) AS a, range(10000000) AS b',
    rows: 'any',
    tables: [{ name: 't', columns: { id: 'BIGINT' } }],
  }

  async function endless(onProgress: (text: string) => void, signal = new AbortController().signal): Promise<unknown> {
    const engine = await spark(ENDLESS)
    const plan = engine.planOf({ kind: 'table', files: [], columns, partitionBy: [] })
    return shared.spark.stage(plan, signal, onProgress)
  }

  test('a driver that is killed between two batches is started again', async () => {
    const engine = await spark()
    await engine.stage(ONE)
    const before = shared.spark.group ?? 0
    process.kill(javaIn(before), 'SIGKILL')
    await vi.waitFor(() => expect(shared.spark.group).toBeUndefined(), 10_000)
    await expect(engine.stage(ONE)).resolves.toHaveLength(1)
    expect(shared.spark.group).not.toBe(before)
    expect(isGroupAlive(before)).toBe(false)
  })

  test('a driver that is killed in a batch fails it, says where its log is, and is started again', async () => {
    const told: string[] = []
    const failed = endless((text) => {
      if (told.push(text) === 1) process.kill(javaIn(shared.spark.group ?? 0), 'SIGKILL')
    })
    await expect(failed).rejects.toThrow(
      expect.objectContaining({
        code: 'LAKE_ENGINE_FAILED',
        message: expect.stringMatching(/^Spark's driver was ended by SIGKILL\. Its log, .*engine\.log, ends with:/),
        state: 'Nothing was published.',
        canRetry: true,
      }),
    )
    expect(told[0]).toMatch(/^\d+ of \d+ tasks/)
    await expect((await spark()).stage(ONE)).resolves.toHaveLength(1)
  })

  test('a batch that is abandoned has ended when it fails, and the next one is run by another session', async () => {
    const abort = new AbortController()
    let group = 0
    const failed = endless(() => {
      group = shared.spark.group ?? 0
      abort.abort()
    }, abort.signal)
    await expect(failed).rejects.toThrow(/^spark 4\..* was told to stop, and has ended without an answer\.$/)
    expect(group).toBeGreaterThan(0)
    expect(isGroupAlive(group)).toBe(false)
    await expect((await spark()).stage(ONE)).resolves.toHaveLength(1)
  })
})

/** The id of Java in a process group. */
function javaIn(group: number): number {
  const found = execFileSync('ps', ['-eo', 'pid,pgid,comm'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, of, name]) => Number(of) === group && name === 'java')
  return Number(found?.[0])
}

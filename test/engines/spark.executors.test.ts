import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { descendants } from '../../scripts/processes.ts'
import { SparkCluster } from '../../scripts/sparkCluster.ts'
import { isGroupAlive } from '../../src/files/processGroup.ts'
import type { LakeError } from '../../src/index.ts'
import { DELTA_SPARK_PYTHON, deltaSparkJars } from '../support/deltaSpark.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { canView, type View, withView } from '../support/mounts.ts'
import { describeWith } from '../support/optionalTool.ts'
import { type SharedSpark, shareSpark } from '../support/sharedSpark.ts'
import { hasSpark, SPARK_NEED, SPARK_PYTHON } from '../support/spark.ts'
import { TestEngine } from '../support/stagedRows.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

// What goes wrong in the executors of a cluster.

/** A session starts in seconds, on a machine that has nothing else to do. */
const LONG_MS = 600_000

const SMALL = ['--driver-memory', '1g', '--executor-cores', '1']
/** Nothing of it listens at an address that others reach. */
const LOOPBACK = ['--conf', 'spark.driver.host=127.0.0.1', '--conf', 'spark.driver.bindAddress=127.0.0.1']
/** So that the batch begins once both executors are there. */
const BOTH = ['--conf', 'spark.cores.max=2', '--conf', 'spark.scheduler.minRegisteredResourcesRatio=1.0']

/** The processors' time after which a task has begun for the driver too, in hundredths of a second. */
const BEGUN = 20

describeWith(hasSpark, SPARK_NEED, 'an executor', () => {
  vi.setConfig({ testTimeout: LONG_MS, hookTimeout: LONG_MS })
  let lake: MessagesLake
  let cluster: SparkCluster

  beforeAll(async () => {
    lake = await MessagesLake.open()
    await lake.produce(1_000)
    cluster = await SparkCluster.start(SPARK_PYTHON, join(lake.folder, 'cluster'), 1)
  })

  afterAll(() => {
    cluster?.stop()
    lake?.close()
  })

  function runSilver(words: readonly string[]): Promise<unknown> {
    const spark = { master: cluster.master, python: SPARK_PYTHON, arguments: [...SMALL, ...LOOPBACK, ...words] }
    return lake.run(['silver'], { engine: 'spark', engines: { spark }, retry: false })
  }

  async function expectNothing(): Promise<void> {
    const { commits, staging } = lake.checkpoint('silver')
    expect(readdirSync(commits)).toEqual([])
    expect(readdirSync(staging)).toEqual([])
    expect(await lake.rowsOf('messages')).toEqual([])
    expect(await lake.rowsOf('messages_corrupted')).toEqual([])
  }

  describe('that sees the folder of the lake otherwise than the driver is named, and nothing is published', () => {
    const CASES: readonly {
      readonly view: View
      readonly what: string
      readonly code: string
      readonly says: RegExp
    }[] = [
      {
        view: 'empty',
        what: 'another folder is in its place',
        code: 'LAKE_ENGINE_FAILED',
        says: /Spark's executor \d+ on 127\.0\.0\.1 cannot read and write the folder \/.*\/staging\/.*\/probe\/0 as this machine does: .*/,
      },
      {
        view: 'readOnly',
        what: 'it may only read it',
        code: 'LAKE_ENGINE_FAILED',
        says: /Spark's executor \d+ on 127\.0\.0\.1 cannot read and write the folder \/.*\/staging\/.*\/probe\/0 as this machine does: .*/,
      },
      {
        view: 'copied',
        what: 'what it writes goes elsewhere',
        code: 'LAKE_ENGINE_FAILED',
        says: /of 2 files that Spark's executors wrote to the folder \/.*\/probe\/0, this machine sees 1; the others were written by executor \d+ on 127\.0\.0\.1\./,
      },
    ]

    for (const { view, what, code, says } of CASES) {
      test.skipIf(!canView(view))(what, async () => {
        const spare = join(lake.folder, view)
        mkdirSync(spare)
        const number = await cluster.addWorker(withView(view, lake.root, spare))
        onTestFinished(() => {
          cluster.killWorker(number)
        })
        const error = await runSilver([...BOTH, '--executor-memory', '500m']).catch((thrown: LakeError) => thrown)
        expect(error).toMatchObject({
          code,
          message: expect.stringMatching(says),
          state: expect.stringContaining('published'),
          remedy: expect.stringContaining('Every executor needs the lake at the same path'),
        })
        await expectNothing()
      })
    }
  })

  test('is asked before the first batch, which runs once all see the same folder', async () => {
    await runSilver(['--executor-memory', '500m'])
    expect(await lake.faults()).toEqual([])
  })

  test.skipIf(deltaSparkJars === undefined)('of another version of Spark than the driver is told of', async () => {
    await lake.produce(1_000)
    const spark = { master: cluster.master, python: DELTA_SPARK_PYTHON, arguments: [...SMALL, ...LOOPBACK] }
    const options = { engine: 'spark', engines: { spark }, retry: false } as const
    const error = await lake.run(['silver'], options).catch((thrown: LakeError) => thrown)
    expect(error).toMatchObject({
      code: 'LAKE_ENGINE_FAILED',
      message: expect.stringMatching(/^Spark did not start with the master spark:/),
      remedy: expect.stringContaining('A cluster must be of the same version of Spark, 4.2.1.'),
    })
  })

  const columns = { id: 'BIGINT', name: 'VARCHAR' }
  const ONE = "SELECT 1::BIGINT AS id, 'x' AS name"

  async function shared(words: readonly string[]): Promise<SharedSpark> {
    const made = await shareSpark([...LOOPBACK, '--conf', 'spark.task.maxFailures=2', ...words], cluster.master)
    onTestFinished(() => made.end())
    return made
  }

  function engineOn(spark: SharedSpark, select: string): Promise<TestEngine> {
    const tables = [{ name: 't', columns: { id: 'BIGINT' } }]
    return TestEngine.open(temporaryFolder(), { columns, select, rows: 'any', tables, engine: spark.engine })
  }

  /** One value that takes 600 MB. */
  const LARGE = 'SELECT CAST(length(repeat(name, 600000000)) AS BIGINT) AS id FROM input_rows'
  const ENDLESS =
    'SELECT CAST(sum(a.id % 7 + b.id % 5) AS BIGINT) AS id FROM range(10000000) AS a, range(10000000) AS b'

  test.skipIf(!canView('copied'))('that joins while a batch runs is asked before that is believed', async () => {
    const spark = await shared(['--executor-memory', '500m'])
    const slow = "coalesce(java_method('java.lang.Thread', 'sleep', CAST(100 AS BIGINT)), '') = ''"
    const engine = await engineOn(
      spark,
      `SELECT r.id FROM input_rows CROSS JOIN range(0, 400, 1, 400) AS r WHERE ${slow}`,
    )
    const spare = temporaryFolder()
    let joined: Promise<number> | undefined
    onTestFinished(async () => {
      if (joined !== undefined) cluster.killWorker(await joined)
    })
    const plan = engine.planOf({ kind: 'table', files: [await engine.written(ONE)], columns, partitionBy: [] })
    const staged = spark.spark.stage(plan, new AbortController().signal, () => {
      joined ??= cluster.addWorker(withView('copied', engine.folder, spare))
    })
    await expect(staged).rejects.toMatchObject({
      code: 'LAKE_ENGINE_FAILED',
      message: expect.stringMatching(
        /, this machine sees 1; the others were written by executor 1 on 127\.0\.0\.1\. Its log, /,
      ),
    })
  })

  test('that runs out of memory again and again is named, and the batch runs once there is enough', async () => {
    const little = await shared(['--executor-memory', '480m'])
    const error = await (await engineOn(little, LARGE)).stage(ONE).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'ENOMEM',
      message: expect.stringMatching(
        /^Spark('s executor \d+ on 127\.0\.0\.1 ran out of memory: Java heap space| lost an executor that ran out of memory: .*52).*\nIts log: .*engine\.log$/,
      ),
      remedy: 'Give each executor more: -- --executor-memory 4g, for example.',
    })
    await little.end()
    await expect(
      (await engineOn(await shared(['--executor-memory', '1000m']), LARGE)).stage(ONE),
    ).resolves.toHaveLength(1)
  })

  test('that is killed again and again ends the batch, and it is said what may kill it', async () => {
    const spark = await shared(['--executor-memory', '500m'])
    const engine = await engineOn(spark, ENDLESS)
    const killed = new Set<number>()
    const over = new AbortController()
    const failed = engine.stage(ONE).finally(() => over.abort())
    failed.catch(() => undefined) // looked at below
    while (!over.signal.aborted) {
      for (const id of descendants(process.pid, /CoarseGrainedExecutorBackend/).filter(isWorking)) {
        process.kill(id, 'SIGKILL')
        killed.add(id)
      }
      await delay(20)
    }
    await expect(failed).rejects.toMatchObject({
      code: 'LAKE_ENGINE_FAILED',
      message: expect.stringMatching(
        /^Spark lost executors until it gave the batch up: executor \d+ .*137.* Its log, /s,
      ),
      remedy: expect.stringMatching(/^Somebody killed them: often the system, because memory ran out\./),
      state: 'Nothing was published.',
      canRetry: true,
    })
    expect(killed.size).toBeGreaterThanOrEqual(2)
    expect(spark.spark.group === undefined || !isGroupAlive(spark.spark.group)).toBe(true)
    await expect((await engineOn(spark, 'SELECT id FROM input_rows')).stage(ONE)).resolves.toHaveLength(1)
  })
})

/**
 * Whether an executor works on a task, as the names of Java's threads say. A task that has just begun does not count:
 * until the driver knows that it runs, Spark does not count its loss as a failure, and starts it a twelfth time.
 */
function isWorking(id: number): boolean {
  const tasks = `/proc/${id}/task`
  if (!existsSync(tasks)) return false
  return readdirSync(tasks).some((thread) => {
    // Its name is the second field, in brackets; what it has used, in hundredths of a second, the 14th and the 15th.
    const [, name = '', rest = ''] = /\((.*)\) (.*)/.exec(textOf(`${tasks}/${thread}/stat`)) ?? []
    const [user, system] = rest.split(' ').slice(11, 13)
    return name.startsWith('Executor task') && Number(user) + Number(system) >= BEGUN
  })
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return '' // it has ended in between
  }
}

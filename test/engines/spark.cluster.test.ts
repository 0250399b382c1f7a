import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { descendants } from '../../scripts/processes.ts'
import { SparkCluster } from '../../scripts/sparkCluster.ts'
import type { LakeError, RunOptions } from '../../src/index.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { describeWith } from '../support/optionalTool.ts'
import { hasSpark, SPARK_NEED, SPARK_PYTHON } from '../support/spark.ts'

const ROWS = 200_000
const ROWS_PER_FILE = 20_000
const TIMEOUT = { timeout: 600_000 }

/** So that a batch has many tasks, and those of a worker that is killed have to be done by the other. */
const MANY_TASKS = ['--conf', 'spark.sql.files.maxPartitionBytes=256k', '--conf', 'spark.sql.files.openCostInBytes=1k']
const SMALL = ['--driver-memory', '1g', '--executor-memory', '600m', '--executor-cores', '1']
/** Nothing of it listens at an address that others reach. */
const LOOPBACK = ['--conf', 'spark.driver.host=127.0.0.1', '--conf', 'spark.driver.bindAddress=127.0.0.1']

describeWith(hasSpark, SPARK_NEED, 'a cluster of two workers', () => {
  let lake: MessagesLake
  let other: MessagesLake
  let cluster: SparkCluster

  beforeAll(async () => {
    lake = await MessagesLake.open()
    other = await MessagesLake.open()
    cluster = await SparkCluster.start(SPARK_PYTHON, join(lake.folder, 'cluster'), 2)
  }, 300_000)

  afterAll(() => {
    cluster?.stop()
    lake?.close()
    other?.close()
  })

  /**
   * Takes what is new, by Spark with a master.
   * @param whileWriting  called once tasks are writing
   * @returns the codes of failures after which the stream was tried again
   */
  async function runOn(master: string, whileWriting: () => void = () => undefined): Promise<string[]> {
    for (const each of [lake, other]) await each.produce(ROWS, ROWS_PER_FILE)
    await other.run(['silver'])
    let hasBegun = false
    const onProgress: RunOptions['onProgress'] = (_, text) => {
      if (hasBegun || !text.includes('tasks') || !isWriting(lake)) return
      hasBegun = true
      whileWriting()
    }
    const spark = { master, python: SPARK_PYTHON, arguments: [...SMALL, ...LOOPBACK, ...MANY_TASKS] }
    const failures: string[] = []
    const onFailure: RunOptions['onFailure'] = ({ error }) => failures.push((error as LakeError).code)
    const options = { engine: 'spark', engines: { spark }, retry: true, onProgress, onFailure } as const
    const batches = await lake.run(['silver'], options)
    expect(hasBegun).toBe(true)
    expect(batches.reduce((sum, { inputRows }) => sum + inputRows, 0)).toBe(ROWS)
    return failures
  }

  async function expectSameLakes(): Promise<void> {
    expect(await lake.faults()).toEqual([])
    const count = 'count(*)::INTEGER AS rows, sum(hash(COLUMNS(*)))::VARCHAR'
    for (const table of ['messages', 'messages_corrupted']) {
      expect(await lake.rowsOf(table, count)).toEqual(await other.rowsOf(table, count))
    }
  }

  test('makes the lake that DuckDB makes', TIMEOUT, async () => {
    expect(await runOn(cluster.master)).toEqual([])
    await expectSameLakes()
  })

  test('ends a batch while a worker and its executor are killed', TIMEOUT, async () => {
    let killed = 0
    const failures = await runOn(cluster.master, () => {
      killed = cluster.killWorker(1)
    })
    expect(failures).toEqual([])
    expect(killed).toBeGreaterThanOrEqual(2)
    await expectSameLakes()
  })

  test('runs a batch again whose driver is killed', TIMEOUT, async () => {
    const drivers: number[] = []
    const failures = await runOn(cluster.master, () => {
      drivers.push(...descendants(process.pid, /java .*SparkSubmit/))
      for (const driver of drivers) process.kill(driver, 'SIGKILL')
    })
    expect(drivers).toHaveLength(1)
    expect(new Set(failures)).toEqual(new Set(['LAKE_ENGINE_FAILED']))
    await expectSameLakes()
  })
})

/** Whether tasks of Spark have begun to write for a batch. */
function isWriting(lake: MessagesLake): boolean {
  const { staging } = lake.checkpoint('silver')
  if (!existsSync(staging)) return false
  return readdirSync(staging, { recursive: true, encoding: 'utf8' }).some((path) => path.includes('/_temporary/'))
}

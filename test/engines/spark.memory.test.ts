import { afterEach, expect, test, vi } from 'vitest'
import { describeWith } from '../support/optionalTool.ts'
import { type SharedSpark, shareSpark } from '../support/sharedSpark.ts'
import { hasSpark, SPARK_NEED } from '../support/spark.ts'
import { TestEngine } from '../support/stagedRows.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

// What is said where Spark's driver has too little memory. That of executors is in spark.executors.test.ts.

/** A session starts in seconds, on a machine that has nothing else to do. */
const LONG_MS = 600_000

const columns = { id: 'BIGINT', name: 'VARCHAR' }
const ONE = "SELECT 1::BIGINT AS id, 'x' AS name"
/** One value that takes 600 MB. */
const LARGE = 'SELECT CAST(length(repeat(name, 600000000)) AS BIGINT) AS id FROM input_rows'
const MORE = /^Give it more: driverMemory in the config, or -- --driver-memory 4g, for example\.$/

describeWith(hasSpark, SPARK_NEED, 'the driver of Spark', () => {
  vi.setConfig({ testTimeout: LONG_MS, hookTimeout: LONG_MS })
  let spark: SharedSpark | undefined
  afterEach(() => spark?.end())

  async function open(memory: string, select: string): Promise<TestEngine> {
    spark = await shareSpark(['--driver-memory', memory])
    const tables = [{ name: 't', columns: { id: 'BIGINT' } }]
    return TestEngine.open(temporaryFolder(), { columns, select, rows: 'any', tables, engine: spark.engine })
  }

  test('with too little memory to start says how much it needs', async () => {
    await expect(open('300m', LARGE)).rejects.toMatchObject({
      code: 'LAKE_ENGINE_FAILED',
      message: expect.stringMatching(
        /^Spark did not start with the master local\[2\]: \[INVALID_DRIVER_MEMORY\..*at least/,
      ),
      remedy: expect.stringMatching(MORE),
    })
  })

  test('that runs out of memory says so, and is started again', async () => {
    const engine = await open('480m', LARGE)
    const before = spark?.spark.group
    const error = await engine.stage(ONE).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'ENOMEM',
      message: expect.stringMatching(/^Spark's driver ran out of memory.*\nIts log: .*engine\.log$/),
      remedy: expect.stringMatching(MORE),
    })
    const tables = [{ name: 't', columns }]
    const other = { columns, tables, ...(spark === undefined ? {} : { engine: spark.engine }) }
    const next = await TestEngine.open(temporaryFolder(), other)
    await expect(next.stage(ONE)).resolves.toHaveLength(1)
    expect(spark?.spark.group).not.toBe(before)
  })

  test('with enough of it makes the batch', async () => {
    await expect((await open('1000m', LARGE)).stage(ONE)).resolves.toHaveLength(1)
  })
})

import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { MessagesLake } from '../support/messagesLake.ts'
import { describeWith } from '../support/optionalTool.ts'
import { Program } from '../support/program.ts'
import { hasSpark, SPARK_NEED, SPARK_PYTHON } from '../support/spark.ts'

const ROWS = 2_000

describeWith(hasSpark, SPARK_NEED, 'a master that starts executors of its own', () => {
  test('makes the lake that DuckDB makes, and leaves nothing in the folder of Spark', {
    timeout: 300_000,
  }, async () => {
    const [lake, other] = [await MessagesLake.open(), await MessagesLake.open()]
    onTestFinished(() => {
      lake.close()
      other.close()
    })
    for (const each of [lake, other]) await each.produce(ROWS)
    await other.run(['silver'])
    const before = readdirSync(sparkHome(), { recursive: true })
    const words = ['--engine', 'spark', '--spark-master', 'local-cluster[2,1,512]']
    const { exitCode, stderr } = await Program.run(['run', 'silver', '--available-now', ...words], {
      lake: lake.root,
      env: { PYSPARK_PYTHON: SPARK_PYTHON },
    })
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(await lake.faults()).toEqual([])
    for (const table of ['messages', 'messages_corrupted']) {
      expect(await lake.rowsOf(table, '*')).toEqual(await other.rowsOf(table, '*'))
    }
    expect(readdirSync(sparkHome(), { recursive: true })).toEqual(before)
    expect(readdirSync(join(dirname(lake.checkpoint('silver').engineLog), 'spark-scratch'))).toEqual([])
  })
})

function sparkHome(): string {
  const program = 'import os, pyspark; print(os.path.dirname(pyspark.__file__))'
  return execFileSync(SPARK_PYTHON, ['-c', program], { encoding: 'utf8' }).trim()
}

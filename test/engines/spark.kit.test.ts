import { expect, test } from 'vitest'
import { kitCases } from '../../src/engines/kit/cases/index.ts'
import { spark } from '../../src/engines/spark/kind.ts'
import { openKit } from '../support/kitRun.ts'
import { describeWith } from '../support/optionalTool.ts'
import { hasSpark, SPARK_NEED, SPARK_PYTHON } from '../support/spark.ts'

describeWith(hasSpark, SPARK_NEED, 'Spark as an engine', () => {
  test('passes every case of the inputs that it supports', { timeout: 600_000 }, async () => {
    const { means, run } = await openKit()
    const engine = spark.schema.parse({ master: 'local[2]', python: SPARK_PYTHON, driverMemory: '1GB' })
    const report = await run(() => engine.open(means), { patienceMs: 180_000 })
    expect(report.cases.filter(({ outcome }) => outcome === 'failed')).toEqual([])
    const supported = kitCases.filter(({ input }) => !['foreign', 'generated'].includes(input)).length
    expect(report).toMatchObject({ ok: true, engine: expect.stringMatching(/^spark 4\./), passed: supported })
  })
})

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DELTA_SPARK_NEED, deltaSparkJars, sparkPython } from '../support/deltaSpark.ts'
import { describeWith } from '../support/optionalTool.ts'
import {
  differencesBy,
  NO_DIFFERENCES,
  type Question,
  questionsOf,
  type ReadersFound,
  ReadersLake,
} from '../support/readersLake.ts'

/** So long it may take on a busy machine: a JVM that starts, and hundreds of queries. */
const LIMIT_MS = 900_000

describeWith(deltaSparkJars !== undefined, DELTA_SPARK_NEED, 'a lake that our commands made is read by Spark', () => {
  let lake: ReadersLake
  let found: ReadersFound

  beforeAll(async () => {
    lake = await ReadersLake.make()
    const out = join(lake.folder, 'rows')
    mkdirSync(out)
    const code = readFileSync(new URL('../support/sparkReader.py', import.meta.url), 'utf8')
    const { tables } = lake
    const questions = firstOfEach(await questionsOf(lake))
    found = await sparkPython<ReadersFound>(code, { jars: deltaSparkJars, out, tables, questions })
  }, LIMIT_MS)

  afterAll(() => lake.remove())

  test.each(['log', 'glob'])('by its %s, row for row', async (reader) => {
    expect(await differencesBy(reader, lake, found)).toEqual(NO_DIFFERENCES)
  })

  test('with filters on every column', () => {
    expect(found.asked).toBe(
      Object.values(lake.tables).reduce((all, { columns }) => all + 5 * Object.keys(columns).length, 0),
    )
    expect(found.differences).toEqual([])
  })
})

/** A question of each column and sign: Spark takes its time. */
function firstOfEach(questions: readonly Question[]): Question[] {
  const first = new Map<string, Question>()
  for (const question of questions) {
    const key = `${question.table} ${question.column} ${question.sign}`
    if (!first.has(key)) first.set(key, question)
  }
  return [...first.values()]
}

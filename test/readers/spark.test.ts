import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DELTA_SPARK_NEED, deltaSparkJars, sparkPython } from '../support/deltaSpark.ts'
import { describeWith } from '../support/optionalTool.ts'
import { differences, type Question, questionsOf, ReadersLake } from '../support/readersLake.ts'

/** So long it may take on a busy machine: a JVM that starts, and hundreds of queries. */
const LIMIT_MS = 900_000

interface Found {
  readonly rows: readonly { readonly reader: string; readonly table: string; readonly file: string }[]
  readonly asked: number
  readonly differences: readonly unknown[]
}

describeWith(deltaSparkJars !== undefined, DELTA_SPARK_NEED, 'a lake that our commands made is read by Spark', () => {
  let lake: ReadersLake
  let found: Found

  beforeAll(async () => {
    lake = await ReadersLake.make()
    const out = join(lake.folder, 'rows')
    mkdirSync(out)
    const code = readFileSync(new URL('../support/sparkReader.py', import.meta.url), 'utf8')
    const { tables } = lake
    const questions = firstOfEach(await questionsOf(lake))
    found = await sparkPython<Found>(code, { jars: deltaSparkJars, out, tables, questions })
  }, LIMIT_MS)

  afterAll(() => lake.remove())

  test.each(['log', 'glob'])('by its %s, row for row', async (reader) => {
    const read = found.rows.filter((each) => each.reader === reader)
    expect(read.map(({ table }) => table)).toEqual(lake.tables.map(({ name }) => name))
    for (const { table, file } of read) {
      const [made] = lake.tables.filter(({ name }) => name === table)
      if (made !== undefined) expect(await differences(lake, made, file), table).toEqual([])
    }
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

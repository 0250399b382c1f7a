import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith } from '../support/optionalTool.ts'
import { hasPython, PYTHON_NEED, python } from '../support/python.ts'
import { differencesBy, NO_DIFFERENCES, questionsOf, type ReadersFound, ReadersLake } from '../support/readersLake.ts'

/** So long it may take on a busy machine: some thousand queries. */
const LIMIT_MS = 300_000

describeWith(hasPython, PYTHON_NEED, 'a lake that our commands made is read', () => {
  let lake: ReadersLake
  let found: ReadersFound

  beforeAll(async () => {
    lake = await ReadersLake.make()
    const out = join(lake.folder, 'rows')
    mkdirSync(out)
    const code = readFileSync(new URL('../support/readers.py', import.meta.url), 'utf8')
    const { tables } = lake
    found = await python<ReadersFound>(code, { out, tables, questions: await questionsOf(lake) })
  }, LIMIT_MS)

  afterAll(() => lake.remove())

  test.each(['deltalake', "deltalake's SQL", 'polars'])('by %s, row for row', async (reader) => {
    expect(await differencesBy(reader, lake, found)).toEqual(NO_DIFFERENCES)
  })

  test('with filters on every column, which all readers answer alike', () => {
    expect(found.asked).toBeGreaterThan(3 * lake.tables.length * 100)
    expect(found.differences).toEqual([])
  })
})

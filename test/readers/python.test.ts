import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith } from '../support/optionalTool.ts'
import { hasPython, PYTHON_NEED, python } from '../support/python.ts'
import { differences, questionsOf, ReadersLake } from '../support/readersLake.ts'

/** So long it may take on a busy machine: some thousand queries. */
const LIMIT_MS = 300_000

interface Found {
  readonly rows: readonly { readonly reader: string; readonly table: string; readonly file: string }[]
  readonly asked: number
  readonly differences: readonly unknown[]
}

describeWith(hasPython, PYTHON_NEED, 'a lake that our commands made is read', () => {
  let lake: ReadersLake
  let found: Found

  beforeAll(async () => {
    lake = await ReadersLake.make()
    const out = join(lake.folder, 'rows')
    mkdirSync(out)
    const code = readFileSync(new URL('../support/readers.py', import.meta.url), 'utf8')
    const { tables } = lake
    found = await python<Found>(code, { out, tables, questions: await questionsOf(lake) })
  }, LIMIT_MS)

  afterAll(() => lake.remove())

  test.each(['deltalake', "deltalake's SQL", 'polars'])('by %s, row for row', async (reader) => {
    const read = found.rows.filter((each) => each.reader === reader)
    expect(read.map(({ table }) => table)).toEqual(lake.tables.map(({ name }) => name))
    for (const { table, file } of read) {
      const [made] = lake.tables.filter(({ name }) => name === table)
      if (made !== undefined) expect(await differences(lake, made, file), table).toEqual([])
    }
  })

  test('with filters on every column, which all readers answer alike', () => {
    expect(found.asked).toBeGreaterThan(3 * lake.tables.length * 100)
    expect(found.differences).toEqual([])
  })
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Columns } from '../../src/columns.ts'
import { text } from '../../src/duckdb/sql/literals.ts'
import type { Row } from '../../src/duckdb/values.ts'
import { rawSql } from '../support/sql.ts'
import { openEngine, type TestEngine } from '../support/stagedRows.ts'

const COLUMNS: Columns = {
  id: 'BIGINT',
  name: 'VARCHAR',
  amount: 'DECIMAL(20,2)',
  ratio: 'DOUBLE',
  is_new: 'BOOLEAN',
  day: 'DATE',
  at: 'TIMESTAMPTZ',
  body: 'BLOB',
}

function open(columns = COLUMNS): Promise<TestEngine> {
  return openEngine({ columns, select: 'FROM input_rows', tables: [{ name: 't', columns }] })
}

/** The rows that a batch of spooled lines makes. */
async function rowsOf(engine: TestEngine, lines: readonly string[], columns = COLUMNS): Promise<Row[]> {
  const file = join(engine.folder, 'spool [1]*.ndjson')
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
  const staged = await engine.stageInput({ kind: 'spooled', format: 'ndjson', files: [file], columns })
  return engine.rowsIn(staged, '*')
}

describe('a batch of rows that its source has spooled as JSON', () => {
  test('has them by the types of their columns, exactly', async () => {
    const sent = {
      id: '9223372036854775807',
      name: 'a\u0000b "é" \u{1f600}\n',
      amount: '123456789012345678.91',
      ratio: 1e-7,
      is_new: true,
      day: '2026-11-22',
      at: '2026-11-22T10:00:00.123456+02:00',
      body: Buffer.from([0, 255, 10]).toString('base64'),
    }
    const [row, ...others] = await rowsOf(await open(), [JSON.stringify(sent)])
    expect(others).toEqual([])
    expect(row).toEqual({
      ...sent,
      at: '2026-11-22 08:00:00.123456+00',
      body: '\\x00\\xFF\\x0A',
    })
  })

  test('takes numbers as numbers, NULL for what is missing, and leaves out what is not declared', async () => {
    const columns = { id: 'BIGINT', name: 'VARCHAR' }
    const lines = ['{"id": 9007199254740993, "other": {"a": [1]}}', '{"name": null, "ID": 5}', '{"id":-1,"name":""}']
    const rows = await rowsOf(await open(columns), lines, columns)
    expect(rows.map(({ id, name }) => [id, name])).toEqual(
      expect.arrayContaining([
        ['9007199254740993', null],
        [null, null],
        [-1, ''],
      ]),
    )
    expect(rows).toHaveLength(3)
  })

  // biome-ignore format: a table
  test.each([
    ['id', '"x"', "column id of a spooled row has 'x', which is not a valid BIGINT"],
    ['id', '1.5', "column id of a spooled row has '1.5', which is not a valid BIGINT"],
    ['id', '9223372036854775808', 'which is not a valid BIGINT'],
    ['amount', '"1.005"', "column amount of a spooled row has '1.005', which is not a valid DECIMAL(20,2)"],
    ['is_new', '"perhaps"', 'which is not a valid BOOLEAN'],
    ['day', '"2026-11-22 10:00:00"', 'which is not a valid DATE'],
    ['day', '"10000-01-01"', 'which is not a valid DATE'],
    ['at', '"infinity"', 'which is not a valid TIMESTAMPTZ'],
    ['body', '"%"', "column body of a spooled row has '%', which is not valid base64"],
  ])('is refused where a value is none of its type: %s %s', async (name, value, says) => {
    await expect(rowsOf(await open(), [`{"${name}": ${value}}`])).rejects.toThrow(says)
  })

  test.each(['{"id": ', '[1]', '7', '"id"'])('is refused where a line is no object: %s', async (line) => {
    await expect(rowsOf(await open(), ['{"id": 1}', line])).rejects.toThrow(/JSON .*spool/)
  })

  test('has no rows where there is no file, and those of the next one afterwards', async () => {
    const engine = await open()
    for (const format of ['ndjson', 'parquet'] as const) {
      expect(await engine.stageInput({ kind: 'spooled', format, files: [], columns: COLUMNS })).toEqual([])
      expect(await rowsOf(engine, ['{"id": 1}', '{"id": 2}'])).toHaveLength(2)
    }
  })
})

test('a batch of rows that its source has spooled as Parquet has them, in whatever order their columns are', async () => {
  const columns = { id: 'BIGINT', name: 'VARCHAR', at: 'TIMESTAMPTZ' }
  const engine = await open(columns)
  const files = ['one %41', 'two*'].map((name) => join(engine.folder, `${name}.parquet`))
  for (const [index, file] of files.entries()) {
    await engine.session.run(
      rawSql`COPY (SELECT '${String(index)}' AS name, 5::BIGINT AS id) TO ${text(file)} (FORMAT parquet)`,
    )
  }
  const staged = await engine.stageInput({ kind: 'spooled', format: 'parquet', files, columns })
  const rows = await engine.rowsIn(staged, '*')
  expect(rows).toEqual(expect.arrayContaining(['0', '1'].map((name) => ({ id: 5, name, at: null }))))
  expect(rows).toHaveLength(2)
})

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { text } from '../../src/duckdb/sql/literals.ts'
import type { DeltaFile, DeltaInput } from '../../src/stream/input.ts'
import { roaringBitmap } from '../support/deletionVectors.ts'
import { rawSql } from '../support/sql.ts'
import { openEngine, type TestEngine } from '../support/stagedRows.ts'

/** Stages the rows of Delta files and returns them in the order of `id`. */
async function rowsOf(input: Omit<DeltaInput, 'kind'>, engine: TestEngine): Promise<unknown[]> {
  const files = await engine.stageInput({ kind: 'delta', ...input })
  const rows = await engine.rowsIn(files, '*')
  return rows.toSorted((one, other) => Number(one.id) - Number(other.id))
}

async function engineOf(columns: Readonly<Record<string, string>>): Promise<TestEngine> {
  return openEngine({ columns, tables: [{ name: 't', columns }] })
}

/** Writes the rows of a SELECT to a file. */
async function written(engine: TestEngine, name: string, rows: string): Promise<string> {
  const file = join(engine.folder, name)
  await engine.session.run(rawSql`COPY (${rows}) TO ${text(file)} (FORMAT parquet)`)
  return file
}

function whole(file: string, partitionValues: DeltaFile['partitionValues'] = {}): DeltaFile {
  return { file, partitionValues, deleted: null }
}

const base64 = (positions: readonly number[]): string => roaringBitmap(positions).toString('base64')

describe('an input of Delta files', () => {
  test('is read without the rows that are deleted, whatever chunk of the file they are in', async () => {
    const engine = await engineOf({ id: 'BIGINT' })
    const first = await written(engine, 'odd [1] *.parquet', 'SELECT range AS id FROM range(150000)')
    const second = await written(engine, 'b.parquet', 'SELECT range + 200000 AS id FROM range(3)')
    const gone = [0, 1, 65_535, 65_536, 131_072, 149_999]
    const files = await engine.stageInput({
      kind: 'delta',
      files: [
        { file: first, partitionValues: {}, deleted: base64(gone) },
        { file: second, partitionValues: {}, deleted: base64([1]) },
      ],
      columns: { id: 'BIGINT' },
      partitionBy: [],
      storedAs: {},
    })
    const wrong = `id IN (${gone.join(', ')}, 200001)`
    expect(
      await engine.rowsIn(files, `count(*) AS rows, count(DISTINCT id) AS ids, count_if(${wrong}) AS wrong`),
    ).toEqual([{ rows: 150_003 - gone.length - 1, ids: 150_003 - gone.length - 1, wrong: 0 }])
  })

  test('has the next batch read its own files, with the vectors and values of its own', async () => {
    const columns = { id: 'BIGINT', day: 'DATE' }
    const engine = await engineOf(columns)
    const file = await written(engine, 'a.parquet', 'SELECT range AS id FROM range(3)')
    const read = (deleted: readonly number[], day: string | null): Promise<unknown[]> =>
      rowsOf(
        {
          files: [{ file, partitionValues: { day }, deleted: deleted.length === 0 ? null : base64(deleted) }],
          columns,
          partitionBy: ['day'],
          storedAs: {},
        },
        engine,
      )
    expect(await read([0, 2], '2026-11-22')).toEqual([{ id: 1, day: '2026-11-22' }])
    expect(await read([1], null)).toEqual([
      { id: 0, day: null },
      { id: 2, day: null },
    ])
    expect(await read([0, 1, 2], '2026-11-23')).toEqual([])
    expect(await read([], '')).toHaveLength(3)
  })

  test('is read by the names that its columns have in the files, and NULL where a file is older than a column', async () => {
    const columns = { id: 'BIGINT', 'a b': 'VARCHAR', file_row_number: 'BIGINT', 'file=': 'VARCHAR', c0: 'DOUBLE' }
    const engine = await engineOf(columns)
    const old = await written(engine, 'old.parquet', 'SELECT 1::INTEGER AS "col-1"')
    const now = await written(
      engine,
      'now.parquet',
      `SELECT 'x' AS "col-2", 2::BIGINT AS "col-1", 7 AS file_row_number, 'f' AS "file=", 0.5::FLOAT AS "id"`,
    )
    const rows = await rowsOf(
      {
        files: [whole(old), whole(now)],
        columns,
        partitionBy: [],
        storedAs: { id: 'col-1', 'a b': 'col-2', c0: 'id' },
      },
      engine,
    )
    const nothing = { 'a b': null, file_row_number: null, 'file=': null, c0: null }
    expect(rows).toEqual([
      { id: 1, ...nothing },
      { id: 2, 'a b': 'x', file_row_number: 7, 'file=': 'f', c0: 0.5 },
    ])
  })

  const values: readonly (readonly [type: string, value: string | null, reads: string])[] = [
    ['VARCHAR', 'a=b/c %20 ü', "'a=b/c %20 ü'"],
    ['VARCHAR', '', 'NULL'],
    ['BOOLEAN', 'true', 'true'],
    ['TINYINT', '-128', '-128'],
    ['SMALLINT', '32767', '32767'],
    ['INTEGER', '-5', '-5'],
    ['BIGINT', '9223372036854775807', '9223372036854775807'],
    ['FLOAT', '0.1', '0.1::FLOAT'],
    ['DOUBLE', 'NaN', "'NaN'::DOUBLE"],
    ['DOUBLE', '1.7976931348623157E308', '1.7976931348623157E308'],
    ['DECIMAL(12,5)', '-2342342.23423', '-2342342.23423'],
    ['DATE', '0001-01-01', "DATE '0001-01-01'"],
    ['TIMESTAMPTZ', '2021-11-18 02:30:00.123456', "TIMESTAMPTZ '2021-11-18 02:30:00.123456+00'"],
    ['TIMESTAMPTZ', '2021-11-18T02:30:00.5Z', "TIMESTAMPTZ '2021-11-18 02:30:00.5+00'"],
    ['BLOB', 'a\u0000\u00e9', "'a\\x00\\xC3\\xA9'::BLOB"],
    ['BIGINT', null, 'NULL'],
  ]
  for (const [type, value, reads] of values) {
    test(`takes ${JSON.stringify(value)} for a partition's ${type} as the log writes it`, async () => {
      const columns = { p: type }
      const engine = await engineOf(columns)
      const file = await written(engine, 'a.parquet', 'SELECT 1 AS other')
      const files = await engine.stageInput({
        kind: 'delta',
        files: [whole(file, { p: value })],
        columns,
        partitionBy: ['p'],
        storedAs: {},
      })
      const [row] = await engine.rowsIn(files, `p IS NOT DISTINCT FROM CAST(${reads} AS ${type}) AS same, p`)
      expect(row).toMatchObject({ same: true })
    })
  }
})

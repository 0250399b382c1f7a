import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  assertRecord,
  type CommitRecord,
  type RecordedFile,
  readTail,
  recordName,
  rowsPartOf,
} from '../../src/tables/record.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

function recordOf(inputRows: number, outputRows: number, part: Partial<CommitRecord> = {}): CommitRecord {
  const file: RecordedFile = {
    table: 't',
    stagedPath: 'a.parquet',
    path: 'a.parquet',
    partitionValues: {},
    rows: outputRows,
    bytes: 1,
    stats: '{}',
  }
  return {
    format: 1,
    streamId: 'split@1',
    batch: 7,
    attempt: 'a',
    batchTime: '2026-11-22T10:00:00.000Z',
    engine: 'duckdb',
    sqlHash: '',
    references: {},
    source: { kind: 'deltaTable', start: null, end: {}, detail: {} },
    inputRows,
    inputFiles: 1,
    tables: { t: [file] },
    ...part,
  }
}

test.each([
  [4, 3, 'it returns 1 fewer row than it read: 3 for 4.', /^Its SELECT drops none/],
  [4, 0, 'it returns 4 fewer rows than it read: 0 for 4.', /^Its SELECT drops none/],
  [4, 5, 'it returns 1 more row than it read: 5 for 4.', /^A join found several rows for one/],
  [0, 2, 'it returns 2 more rows than it read: 2 for 0.', /^A join found several rows for one/],
])('a record of %d rows in and %d out is refused', (inputRows, outputRows, message, remedy) => {
  const refusal = expect.objectContaining({
    code: 'LAKE_SPLIT_FAILED',
    message,
    remedy: expect.stringMatching(remedy),
  })
  expect(() => assertRecord(recordOf(inputRows, outputRows))).toThrow(refusal)
  // Batches before it were free to change rows; this one is not.
  expect(() => assertRecord(recordOf(inputRows, outputRows, { anyRowsUntil: 6 }))).toThrow(refusal)
})

test('a record of a batch that was free to change rows may say any numbers', () => {
  for (const rows of [0, 3, 4, 5]) assertRecord(recordOf(4, rows, { anyRowsUntil: 7 }))
})

test('that a batch was free to change rows is carried on, in a format that an older Lakeweir refuses', () => {
  expect(rowsPartOf('kept', 1, undefined)).toEqual({ format: 1 })
  expect(rowsPartOf('kept', 8, recordOf(4, 4))).toEqual({ format: 1 })
  expect(rowsPartOf('any', 8, recordOf(4, 4))).toEqual({ format: 2, anyRowsUntil: 8 })
  expect(rowsPartOf('kept', 8, recordOf(4, 3, { anyRowsUntil: 7 }))).toEqual({ format: 2, anyRowsUntil: 7 })
})

test('the last record is checked again when it is read: nothing is published that lost rows', async () => {
  const folder = temporaryFolder()
  const put = (record: CommitRecord): void => {
    writeFileSync(join(folder, recordName(record.batch)), JSON.stringify(record))
  }
  put(recordOf(4, 4, { batch: 1 }))
  put(recordOf(4, 4, { batch: 2 }))
  expect(await readTail(folder)).toMatchObject({ last: { batch: 2 }, strays: [] })
  put(recordOf(4, 3, { batch: 2 }))
  await expect(readTail(folder)).rejects.toMatchObject({ code: 'LAKE_SPLIT_FAILED' })
})

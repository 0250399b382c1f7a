import { expect, test } from 'vitest'
import type { ColumnValues } from '../../src/columns.ts'
import { deltaStats } from '../../src/delta/stats.ts'

// What engines tell of real files, and what readers find by it, is tested with DuckDB's: engines/stats*. Here is what
// another engine may tell.

const COLUMNS = { id: 'BIGINT', at: 'TIMESTAMPTZ' }

const IDS: ColumnValues = { nulls: 0, bounds: { min: '1', max: '3' } }
const TIMES: ColumnValues = {
  nulls: 1,
  bounds: { min: '2026-11-22T10:00:00.123456Z', max: '2026-11-22T10:00:00.123456Z' },
}

test('the stats of a file are those that its engine knows', () => {
  expect(deltaStats(3, COLUMNS, { id: IDS, at: TIMES })).toBe(
    '{"numRecords":3,"minValues":{"id":1,"at":"2026-11-22T10:00:00.123Z"},' +
      '"maxValues":{"id":3,"at":"2026-11-22T10:00:00.124Z"},"nullCount":{"id":0,"at":1}}',
  )
})

// Some readers skip a file that lacks the bound of a single column.
test.each<readonly [string, Readonly<Record<string, ColumnValues>>]>([
  ['a column is not told of', { id: IDS }],
  ['it is not known how often a column is NULL', { id: IDS, at: { ...TIMES, nulls: null } }],
  ['bounds are not known', { id: IDS, at: { nulls: 1, bounds: null } }],
  ['a number is none', { id: { nulls: 0, bounds: { min: '1e3', max: '3000' } }, at: TIMES }],
  ['a time has another form', { id: IDS, at: { nulls: 1, bounds: { min: '2026-11-22', max: '2026-11-22' } } }],
  [
    'a time is outside the years',
    { id: IDS, at: { nulls: 1, bounds: { ...bounds('+010000-01-01T00:00:00.000000Z') } } },
  ],
])('the stats of a file are the count of its rows alone where %s', (_, values) => {
  expect(deltaStats(3, COLUMNS, values)).toBe('{"numRecords":3}')
})

function bounds(value: string): { readonly min: string; readonly max: string } {
  return { min: value, max: value }
}

test('a column without a value needs no bounds, and bytes have none', () => {
  const columns = { id: 'BIGINT', body: 'BLOB' }
  const values = { id: { nulls: 3, bounds: null }, body: { nulls: 1, bounds: null } }
  expect(deltaStats(3, columns, values)).toBe(
    '{"numRecords":3,"minValues":{},"maxValues":{},"nullCount":{"id":3,"body":1}}',
  )
})

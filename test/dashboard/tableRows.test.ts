import { describe, expect, test } from 'vitest'
import type { Value } from '../../src/client/index.ts'
import { tableColumns, tableRows } from '../../src/dashboard/panels/table/tableRows.ts'

const COLUMNS = [
  { name: 'shop', type: 'VARCHAR' },
  { name: 'at', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'number', type: 'INTEGER' },
  { name: 'orders', type: 'BIGINT' },
  { name: 'returns', type: 'BIGINT' },
  { name: 'lost', type: 'BIGINT' },
  { name: 'orders_before', type: 'BIGINT' },
]

const HEAD = {
  kind: 'table',
  x: 'shop',
  y: ['orders', 'returns', 'lost'],
  series: null,
  before: 'orders_before',
  compared: null,
  units: {},
} as const

const row = (shop: Value, orders: Value, before: Value): Value[] => [shop, null, 1, orders, 0, 0, before]

describe('the columns of a table', () => {
  test('are those of the answer in their order; what was a day before is the change of the first measure', () => {
    const columns = tableColumns(HEAD, COLUMNS)
    expect(columns.map(({ column, isRight, hasChange }) => [column.name, isRight, hasChange])).toEqual([
      ['shop', false, false],
      ['at', false, false],
      ['number', false, false],
      ['orders', true, true],
      ['returns', true, false],
      ['lost', true, false],
    ])
  })

  test('are all columns where it is the table view of another kind, as in the CSV', () => {
    const columns = tableColumns({ ...HEAD, kind: 'bar' }, COLUMNS)
    expect(columns.map(({ column }) => column.name)).toEqual(COLUMNS.map(({ name }) => name))
    expect(columns.some(({ hasChange, isMinor }) => hasChange || isMinor)).toBe(false)
  })

  test('keep the first column and the first two measures where there is little room', () => {
    const shown = (y: readonly string[]): string[] =>
      tableColumns({ ...HEAD, y: [...y] }, COLUMNS).flatMap(({ column, isMinor }) => (isMinor ? [] : [column.name]))
    expect(shown(['orders', 'returns', 'lost'])).toEqual(['shop', 'orders', 'returns'])
    // Nothing says which of them matter.
    expect(shown([])).toEqual(['shop', 'at', 'number', 'orders', 'returns', 'lost'])
  })
})

describe('the rows of a table', () => {
  test('have the change against a day before, which is not known where nothing was', () => {
    const rows = tableRows(HEAD, COLUMNS, [row('a', 5, 2), row('b', 5, null), row('c', null, 3)])
    expect(rows.map(({ change }) => change)).toEqual([3, undefined, -3])
  })

  test('are found again by their x, also where several have the same', () => {
    const keys = (rows: Value[][]): string[] => tableRows(HEAD, COLUMNS, rows).map(({ key }) => key)
    const [a, b, again, none, text] = keys([
      row('a', 1, 0),
      row('b', 2, 0),
      row('a', 3, 0),
      row(null, 4, 0),
      row('null', 5, 0),
    ])
    expect(new Set([a, b, again, none, text]).size).toBe(5)
    expect(keys([row('b', 9, 0), row('a', 9, 0)])).toEqual([b, a])
  })

  test('of 10,000 without an x have a key each', () => {
    const rows = Array.from({ length: 10_000 }, () => row('a', 1, 0))
    expect(new Set(tableRows({ ...HEAD, x: null }, COLUMNS, rows).map(({ key }) => key)).size).toBe(10_000)
  })
})

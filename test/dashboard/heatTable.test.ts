import { describe, expect, test } from 'vitest'
import type { Value } from '../../src/client/index.ts'
import { type HeatHead, type HeatTable, heatTable } from '../../src/dashboard/panels/heat/heatTable.ts'

const HEAD: HeatHead = { x: 'kind', y: ['orders'], series: 'shop', group: 'day', order: [], unit: null }

const COLUMNS = [
  { name: 'day', type: 'DATE' },
  { name: 'shop', type: 'VARCHAR' },
  { name: 'kind', type: 'VARCHAR' },
  { name: 'orders', type: 'BIGINT' },
]

interface Given {
  readonly rows: readonly (readonly Value[])[]
  readonly head?: Partial<HeatHead>
  readonly type?: string
  readonly filters?: Readonly<Record<string, readonly string[]>>
}

function tableOf({ rows, head = {}, type = 'BIGINT', filters = {} }: Given): HeatTable {
  const columns = COLUMNS.map((column) => (column.name === 'orders' ? { ...column, type } : column))
  return heatTable({ ...HEAD, ...head }, { columns, rows, filters })
}

/** The table as somebody would read it. */
function read(table: HeatTable): unknown[] {
  const named = (key: { kind: string; value?: Value; count?: number }): Value =>
    key.kind === 'rest' ? `rest of ${key.count}` : (key.value ?? null)
  return [
    table.columns.map((column) => `${named(column)} ${column.slot ?? '-'}`),
    ...table.groups.map(({ value, rows, total }) => ({
      day: value,
      total,
      rows: rows.map(({ row, cells, total: all }) => [named(row), ...cells.map((cell) => cell.value), all]),
    })),
  ]
}

const TWO_DAYS: Value[][] = [
  ['2026-11-25', 'b', 'ship', 8],
  ['2026-11-25', 'a', 'buy', 4],
  ['2026-11-24', 'a', 'buy', 100],
  ['2026-11-24', 'b', 'ship', 50],
  ['2026-11-24', 'b', 'buy', 1],
]

describe('a heat table', () => {
  test('has groups in the order of the answer, rows and columns by their values, and totals', () => {
    expect(read(tableOf({ rows: TWO_DAYS }))).toEqual([
      ['a 1', 'b 2'],
      {
        day: '2026-11-25',
        total: 12,
        rows: [
          ['buy', 4, undefined, 4],
          ['ship', undefined, 8, 8],
        ],
      },
      {
        day: '2026-11-24',
        total: 151,
        rows: [
          ['buy', 100, 1, 101],
          ['ship', undefined, 50, 50],
        ],
      },
    ])
  })

  test('shades a cell by its share of the largest of its own group, so that a day that has begun can be read', () => {
    const steps = tableOf({ rows: TWO_DAYS }).groups.map(({ rows }) =>
      rows.map(({ cells }) => cells.map(({ step }) => step)),
    )
    expect(steps).toEqual([
      [
        [4, 0],
        [0, 8],
      ],
      [
        [8, 1],
        [0, 4],
      ],
    ])
  })

  test.each<{ name: string; value: Value; type?: string; step: number; total: Value | undefined }>([
    { name: '0 is a value without a shade', value: 0, step: 0, total: 1000 },
    { name: 'the smallest of all has a shade', value: 1, step: 1, total: 1001 },
    { name: 'below nothing there is no shade', value: -5, step: 0, total: 995 },
    { name: 'NULL is no number', value: null, step: 0, total: 1000 },
    {
      name: 'an integer beyond 2^53 is added digit for digit',
      value: '9007199254740993',
      step: 8,
      total: '9007199254741993',
    },
    { name: 'an average is not added', value: 499.5, type: 'DOUBLE', step: 4, total: undefined },
    { name: 'a decimal is added with its places', value: '0.50', type: 'DECIMAL(9,2)', step: 1, total: '1000.50' },
    { name: 'what is no number is shown as it is', value: 'NaN', type: 'DOUBLE', step: 0, total: undefined },
  ])('$name', ({ value, type, step, total }) => {
    const rows: Value[][] = [
      ['2026-11-25', 'a', 'buy', value],
      ['2026-11-25', 'a', 'ship', 1000],
    ]
    const [group] = tableOf({ rows, ...(type === undefined ? {} : { type }) }).groups
    expect(group?.rows[0]?.cells[0]).toEqual({ value, step })
    expect(group?.total).toBe(total)
  })

  test('keeps the columns that its header names in their order, with and without rows, and others after them', () => {
    const order = ['sold', 'b', 'a']
    const names = (given: Partial<Given>): string[] =>
      tableOf({ rows: TWO_DAYS, head: { order }, ...given }).columns.map(({ slot, ...key }) => {
        return `${key.kind === 'value' ? key.value : 'rest'} ${slot}`
      })
    expect(names({})).toEqual(['sold 1', 'b 2', 'a 3'])
    expect(names({ rows: [...TWO_DAYS, ['2026-11-25', null, 'buy', 1], ['2026-11-25', 'c', 'buy', 1]] })).toEqual([
      'sold 1',
      'b 2',
      'a 3',
      'c other',
      'null other',
    ])
    expect(names({ rows: TWO_DAYS.slice(1, 3), filters: { shop: ['a'] } })).toEqual(['a 3'])
  })

  test('shows a kind that appears for the first time as a new row of every group', () => {
    const before = tableOf({ rows: TWO_DAYS })
    const after = tableOf({ rows: [['2026-11-25', 'a', 'return', 1], ...TWO_DAYS] })
    expect(before.groups.map(({ rows }) => rows.length)).toEqual([2, 2])
    expect(after.groups.map(({ rows }) => rows.map(({ row }) => row.kind === 'value' && row.value))).toEqual([
      ['buy', 'return', 'ship'],
      ['buy', 'return', 'ship'],
    ])
    expect(after.groups[1]?.rows[1]?.cells.map(({ value }) => value)).toEqual([undefined, undefined])
  })

  test('adds up several rows of one cell', () => {
    const [group] = tableOf({ rows: [...TWO_DAYS, ['2026-11-25', 'a', 'buy', 3]] }).groups
    expect(group?.rows[0]?.cells[0]?.value).toBe(7)
  })

  test('needs neither groups nor a series: each measure is a column then, which nothing adds up', () => {
    const table = heatTable(
      { ...HEAD, group: null, series: null, y: ['orders', 'returns'] },
      {
        columns: [
          { name: 'kind', type: 'INTEGER' },
          { name: 'returns', type: 'BIGINT' },
          { name: 'orders', type: 'BIGINT' },
        ],
        rows: [
          [10, 1, 2],
          [9, 3, 4],
        ],
        filters: {},
      },
    )
    expect(read(table)).toEqual([
      ['orders -', 'returns -'],
      {
        day: undefined,
        total: undefined,
        rows: [
          [9, 4, 3, undefined],
          [10, 2, 1, undefined],
        ],
      },
    ])
  })

  test('has bounds: 10,000 columns and rows become the rest, which is in the totals, and old groups are left out', () => {
    const rows = Array.from({ length: 10_000 }, (_, at): Value[] => {
      return [`day ${at % 40}`, `shop ${at}`, `kind ${at % 100}`, at < 11 ? 1_000_000 : 1]
    })
    const table = tableOf({ rows })
    expect(table.columns.length).toBe(12)
    expect(table.columns.at(-1)).toEqual({ kind: 'rest', key: 'rest', count: 9_989, slot: 'other' })
    expect(table.groups.length).toBe(31)
    expect(table.groups[0]?.rows.length).toBe(40)
    expect(table.left).toEqual({ groups: 9, rows: 61, columns: 9_989 })
    expect(table.groups[0]?.total).toBe(1_000_249)
    // What does not add up has no rest: it is left out, and said so.
    const means = tableOf({ rows, type: 'DOUBLE' })
    expect(means.columns.length).toBe(11)
    expect(means.left.columns).toBe(9_989)
  })

  test.each<{ name: string; given: Given }>([
    { name: 'no rows', given: { rows: [], head: { order: ['a'] } } },
    { name: 'a column that is not there', given: { rows: TWO_DAYS, head: { y: ['nothing'] } } },
  ])('of $name shows no number', ({ given }) => {
    const cells = tableOf(given).groups.flatMap(({ rows }) => rows.flatMap((row) => row.cells))
    expect(cells.filter(({ value }) => value !== undefined && value !== null)).toEqual([])
  })
})

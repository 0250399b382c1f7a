import { describe, expect, test } from 'vitest'
import type { Column, Value } from '../../src/client/index.ts'
import { type BarHead, type BarList, barList } from '../../src/dashboard/panels/bar/barList.ts'

const HEAD: BarHead = { x: 'user', y: ['n'], series: null, before: null, compared: null, order: [], unit: null }

interface Given {
  readonly head?: Partial<BarHead>
  /** The columns, as `name TYPE`. */
  readonly columns?: readonly string[]
  readonly rows: readonly (readonly Value[])[]
  readonly isCut?: boolean
}

function listOf({ head = {}, columns = ['user VARCHAR', 'n BIGINT'], rows, isCut = false }: Given): BarList {
  const named = columns.map((column): Column => {
    const [name = '', type = ''] = column.split(' ')
    return { name, type }
  })
  return barList({ ...HEAD, ...head }, { columns: named, rows, isCut })
}

const SERIES = { head: { series: 'shop', order: ['a', 'b'] }, columns: ['user INTEGER', 'shop VARCHAR', 'n BIGINT'] }

describe('a list of bars', () => {
  test('is in the order of the answer, with the share of each', () => {
    const { bars, hasShares, hasChanges } = listOf({
      rows: [
        ['x', 1],
        ['y', 3],
        [null, 0],
        ['z', null],
      ],
    })
    expect(
      bars.map(({ value, amount, share, parts }) => [value, amount, share, ...parts.map(({ from, to }) => [from, to])]),
    ).toEqual([
      ['x', 1, 0.25, [0, 1 / 3]],
      ['y', 3, 0.75, [0, 1]],
      [null, 0, 0, [0, 0]],
      ['z', undefined, undefined],
    ])
    expect([hasShares, hasChanges]).toEqual([true, false])
  })

  test.each<{ name: string; given: Partial<Given> }>([
    { name: 'an average', given: { columns: ['user VARCHAR', 'n DOUBLE'] } },
    { name: 'a per cent', given: { columns: ['user VARCHAR', 'n DECIMAL(5,2)'], head: { unit: '%' } } },
    { name: 'an answer that was cut', given: { isCut: true } },
    {
      name: 'amounts of which one is below nothing',
      given: {
        rows: [
          ['x', 1],
          ['y', -1],
        ],
      },
    },
  ])('of $name has no shares', ({ given }) => {
    const list = listOf({ rows: [['x', 1]], ...given })
    expect([list.hasShares, list.bars[0]?.share]).toEqual([false, undefined])
  })

  test('stacks the series in their order, whatever the sizes, and adds them up', () => {
    const { bars, series } = listOf({
      ...SERIES,
      rows: [
        [7, 'b', 3],
        [7, 'a', 1],
        [8, 'b', 2],
      ],
    })
    expect(series.map(({ value, slot }) => [value, slot])).toEqual([
      ['a', 1],
      ['b', 2],
    ])
    expect(
      bars.map(({ value, amount, parts }) => [value, amount, ...parts.map((part) => [part.value, part.from, part.to])]),
    ).toEqual([
      [7, 4, ['a', 0, 0.25], ['b', 0.25, 1]],
      [8, 2, ['b', 0, 0.5]],
    ])
  })

  test('makes one piece of all values without a colour of their own, also of 10,000', () => {
    const rows = Array.from({ length: 10_000 }, (_, at): Value[] => [7, `shop ${at}`, 1])
    const { bars } = listOf({ ...SERIES, rows: [[7, 'a', 1], ...rows] })
    expect(bars[0]?.parts).toEqual([
      { key: "'a", value: 'a', slot: 1, count: 1, amount: 1, from: 0, to: 1 / 10_001 },
      { key: 'rest', value: undefined, slot: 'other', count: 10_000, amount: 10_000, from: 1 / 10_001, to: 1 },
    ])
  })

  test.each<{ name: string; rows: Value[][]; compared?: string; changes: (Value | undefined)[] }>([
    { name: 'is the difference', rows: [['x', 10, 0, 8]], changes: [2] },
    { name: 'is all of it where a zero was', rows: [['x', 10, 0, 0]], changes: [10] },
    { name: 'is not known where nothing was', rows: [['x', 10, 0, null]], changes: [undefined] },
    { name: 'is what was lost where nothing is now', rows: [['x', null, 0, 3]], changes: [-3] },
    { name: 'is of what may be compared', rows: [['x', 10, 7, 8]], compared: 'whole', changes: [-1] },
    {
      name: 'is added up over the rows of a bar',
      rows: [
        ['x', 1, 0, 5],
        ['x', 2, 0, null],
      ],
      changes: [-2],
    },
    { name: 'has all digits', rows: [['x', '9007199254740995', 0, 1]], changes: ['9007199254740994'] },
  ])('the change to a day before $name', ({ rows, compared = null, changes }) => {
    const columns = ['user VARCHAR', 'n BIGINT', 'whole BIGINT', 'earlier BIGINT']
    const list = listOf({ head: { before: 'earlier', compared }, columns, rows })
    expect(list.bars.map(({ change }) => change)).toEqual(changes)
    expect(list.hasChanges).toBe(true)
  })

  test('goes to both sides where something is below nothing', () => {
    const { bars, zero } = listOf({
      rows: [
        ['x', -1],
        ['y', 3],
      ],
    })
    expect(zero).toBe(0.25)
    expect(bars.map(({ parts }) => parts.map(({ from, to }) => [from, to]))).toEqual([[[0, 0.25]], [[0.25, 1]]])
  })

  test('shows further columns as they are', () => {
    const { further, bars } = listOf({
      head: { y: ['n', 'm'] },
      columns: ['user VARCHAR', 'n BIGINT', 'm BIGINT', 'since DATE'],
      rows: [['x', 1, 2, '2026-11-25']],
    })
    expect(further.map(({ name }) => name)).toEqual(['m', 'since'])
    expect(bars[0]?.further).toEqual([2, '2026-11-25'])
  })

  test.each<{ name: string; given: Given; count: number }>([
    { name: 'no rows', given: { rows: [] }, count: 0 },
    { name: 'a measure that is not there', given: { rows: [['x', 1]], head: { y: ['m'] } }, count: 1 },
    { name: 'only zeros', given: { rows: [['x', 0]] }, count: 1 },
  ])('of $name draws nothing', ({ given, count }) => {
    const { bars, zero } = listOf(given)
    expect(bars.length).toBe(count)
    expect(zero).toBe(0)
    expect(bars.flatMap(({ parts }) => parts).every(({ from, to }) => from === to)).toBe(true)
  })
})

import { describe, expect, test } from 'vitest'
import type { Value } from '../../../src/client/index.ts'
import { meanOf } from '../../../src/dashboard/charts/cells.ts'
import { type PlotHead, type PlotKind, type Plotted, plot } from '../../../src/dashboard/charts/plotted.ts'
import { bandAt, stack, totalsOfStack } from '../../../src/dashboard/charts/stack.ts'
import { keyOf } from '../../../src/dashboard/values.ts'

const HEAD: PlotHead = { x: 'minute', y: ['count'], series: 'kind', before: null, order: [] }
const COLUMNS = [
  { name: 'minute', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'kind', type: 'VARCHAR' },
  { name: 'count', type: 'BIGINT' },
  { name: 'count_before', type: 'BIGINT' },
]
const minute = (number: number): string => new Date(Date.UTC(2026, 10, 25, 14, number)).toISOString()

function plotted(
  rows: readonly (readonly Value[])[],
  about: {
    readonly kind?: PlotKind
    readonly head?: Partial<PlotHead>
    readonly kept?: readonly string[]
    readonly minutes?: number
  } = {},
): Plotted {
  const { kind = 'amounts', head = {}, kept = [], minutes = 4 } = about
  const answer = { columns: COLUMNS, rows, range: { from: minute(0), to: minute(minutes) } }
  const time = {
    grainMs: 60_000,
    nowMs: Date.parse(minute(3)) + 8_000,
    completeToMs: Date.parse(minute(3)),
    isBehind: false,
  }
  return plot({ ...HEAD, ...head }, answer, { kind, time, kept })
}

const valuesOf = ({ series }: Plotted): Readonly<Record<string, readonly (number | null)[]>> =>
  Object.fromEntries(series.map(({ value, values }) => [value === undefined ? 'others' : String(value), values]))

describe('rows that are missing', () => {
  const rows = [
    [minute(0), 'a', 5, null],
    [minute(2), 'a', 7, null],
    [minute(3), 'a', 2, null],
  ]
  test('of an amount are zero where all is counted', () => {
    expect(valuesOf(plotted(rows))).toEqual({ a: [5, 0, 7, 2] })
  })
  test('of a measure are not known', () => {
    expect(valuesOf(plotted(rows, { kind: 'measures' }))).toEqual({ a: [5, null, 7, 2] })
  })
  test('after the open minute are not known, whatever they are', () => {
    expect(valuesOf(plotted(rows, { minutes: 6 }))).toEqual({ a: [5, 0, 7, 2, null, null] })
  })
  test('NULL is zero for an amount and a gap for a measure', () => {
    const empty = [
      [minute(0), 'a', null, null],
      [minute(1), 'a', 1, null],
    ]
    expect(valuesOf(plotted(empty)).a).toEqual([0, 1, 0, 0])
    expect(valuesOf(plotted(empty, { kind: 'measures' })).a).toEqual([null, 1, null, null])
  })
  test('no row at all is no series', () => expect(plotted([]).series).toEqual([]))
  test('a single row is one', () => expect(valuesOf(plotted([[minute(1), 'a', 5, null]]))).toEqual({ a: [0, 5, 0, 0] }))
})

describe('the day before', () => {
  const rows = [
    [minute(0), 'a', 5, 4],
    [minute(0), 'b', 5, 3],
    [minute(1), 'a', null, 2],
  ]
  test('of amounts is the sum of all series, also where today has none', () => {
    expect(plotted(rows, { head: { before: 'count_before' } }).before).toEqual([7, 2, 0, null])
  })
  test('of a measure is as it is', () => {
    expect(plotted(rows.slice(1), { kind: 'measures', head: { before: 'count_before' } }).before).toEqual([
      3,
      2,
      null,
      null,
    ])
  })
  test('is not there if the header does not name it', () => expect(plotted(rows).before).toEqual([]))
})

describe('series', () => {
  const keys = (values: readonly Value[], about: Parameters<typeof plotted>[1] = {}): readonly string[] =>
    plotted(
      values.map((value, index) => [minute(0), value, 20_000 - index, null]),
      about,
    ).series.map(
      ({ value, slot, valueCount }) => `${JSON.stringify(value)} ${slot}${valueCount === 1 ? '' : ` of ${valueCount}`}`,
    )

  test('stand in the order of the header, and any other after them in the ink of others', () => {
    expect(keys(['b', 'x', null, 'a'], { head: { order: ['a', 'b', 'c'] } })).toEqual([
      '"a" 1',
      '"b" 2',
      '"x" other',
      'null other',
    ])
  })
  test('have the ink of their place in the header, also where those before them have no rows', () => {
    expect(keys(['c'], { head: { order: ['a', 'b', 'c'] } })).toEqual(['"c" 3'])
  })
  test('that are not listed have their own inks, by name', () => {
    expect(keys(['n10', 'n9', null])).toEqual(['"n9" 1', '"n10" 2', 'null 3'])
  })
  test('of numbers and of text are not the same', () => expect(keys([1, '1'])).toHaveLength(2))
  test('10,000 of them are the five largest and the rest', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => `n${index}`)
    expect(keys(many)).toEqual(['"n0" 1', '"n1" 2', '"n2" 3', '"n3" 4', '"n4" 5', 'undefined other of 9995'])
  })
  test('of a chart of measures leave the rest out, because measures do not add up', () => {
    const rows = Array.from({ length: 9 }, (_, index) => [minute(0), `n${index}`, 9 - index, null])
    const { series, leftOutCount } = plotted(rows, { kind: 'measures' })
    expect([series.length, leftOutCount]).toEqual([5, 4])
  })
  test('that were shown stay, though others have become larger', () => {
    const shown = ['n2', 'n3', 'n4', 'n5', 'n6']
    const about = { kept: shown.map(keyOf) }
    const many = Array.from({ length: 10 }, (_, index) => `n${index}`)
    expect(keys(many, about)).toEqual(['"n2" 1', '"n3" 2', '"n4" 3', '"n5" 4', '"n6" 5', 'undefined other of 5'])
  })
  test('the rest is their sum', () => {
    const rows = Array.from({ length: 7 }, (_, index) => [minute(1), `n${index}`, 7 - index, null])
    expect(valuesOf(plotted(rows)).others).toEqual([0, 3, 0, 0])
  })
  test('names of 200 characters are told apart to the last one', () => {
    expect(keys([`${'x'.repeat(199)}a`, `${'x'.repeat(199)}b`])).toHaveLength(2)
  })
  test('can be several measures', () => {
    const { series } = plotted([[minute(0), 'a', 5, 4]], { head: { series: null, y: ['count', 'count_before'] } })
    expect(series.map(({ value, slot, values }) => [value, slot, values[0]])).toEqual([
      ['count', 1, 5],
      ['count_before', 2, 4],
    ])
  })
  test('one measure alone has the accent', () => {
    expect(plotted([], { head: { series: null } }).series[0]?.slot).toBe('accent')
  })
})

describe('x that is no time', () => {
  test('stands in the order of the rows', () => {
    const rows = [
      ['', 'beta', 2],
      ['', 'alpha', 1],
      ['', null, 3],
    ]
    const { timeline, series } = plotted(rows, { head: { x: 'kind', series: null } })
    expect(timeline.labels).toEqual(['beta', 'alpha', null])
    expect(series[0]?.values).toEqual([2, 1, 3])
    expect(timeline.openIndex).toBeUndefined()
  })
})

describe('a mean', () => {
  test('the mean of five leaves gaps as they are', () => {
    expect(meanOf([1, 2, 3, 4, 5, null, 10], 5)).toEqual([2, 2.5, 3, 3.5, 4, null, 10])
  })
})

describe('a stack', () => {
  const bands = stack(
    [
      [3, 0, null],
      [2, null, null],
      [1, 1, null],
    ],
    3,
  )
  test('has the first series on top, and a gap where nothing is known', () => {
    expect(bands.map(({ low, high }) => [low, high])).toEqual([
      [
        [3, 1, null],
        [6, 1, null],
      ],
      [
        [1, 1, null],
        [3, 1, null],
      ],
      [
        [0, 0, null],
        [1, 1, null],
      ],
    ])
    expect(totalsOfStack(bands)).toEqual([6, 1, null])
  })
  test.each([
    [0, 0.5, 2],
    [0, 2.5, 1],
    [0, 5.9, 0],
    [0, 6, undefined],
    [2, 0.5, undefined],
  ])('at place %d, %d lies in band %s', (place, value, band) => expect(bandAt(bands, place, value)).toBe(band))
})

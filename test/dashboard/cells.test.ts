import { describe, expect, test } from 'vitest'
import type { PanelHead, Value } from '../../src/client/index.ts'
import { Numbers } from '../../src/dashboard/numbers.ts'
import { CellFormats } from '../../src/dashboard/panels/cellFormats.ts'
import { canFilter, headingOf, isMeasure, labelOf, unitOf } from '../../src/dashboard/panels/names.ts'
import { placeAfter, placeWithin } from '../../src/dashboard/panels/roving.ts'
import type { Exact } from '../../src/dashboard/values.ts'

const NOW_MS = Date.parse('2026-11-25T14:32:08Z')

const UNITS = { ms: 'ms', s: 's', min: 'min', h: 'h', days: 'days' }
const english = new CellFormats(new Numbers('en-GB', 'Europe/Berlin', UNITS))
const german = new CellFormats(new Numbers('de-DE', 'UTC', UNITS))

describe('a measure', () => {
  test.each<[Exact, string | null, string, string]>([
    [1_273_904, null, '1,273,904', '1.273.904'],
    ['9007199254740993', null, '9,007,199,254,740,993', '9.007.199.254.740.993'],
    [
      '170141183460469231731687303715884105727',
      null,
      '170,141,183,460,469,231,731,687,303,715,884,105,727',
      '170.141.183.460.469.231.731.687.303.715.884.105.727',
    ],
    ['-12.50', null, '−12.50', '−12,50'],
    [-3, null, '−3', '−3'],
    [0, null, '0', '0'],
    [20.456, null, '20.46', '20,46'],
    [0.000123, null, '0.000123', '0,000123'],
    [37.37, '%', '37.4%', '37,4\u00a0%'],
    ['100', '%', '100.0%', '100,0\u00a0%'],
    [38.4, 'ms', '38\u00a0ms', '38\u00a0ms'],
    [1200, '€', '1,200\u00a0€', '1.200\u00a0€'],
  ])('of %s %s is %s', (value, unit, inEnglish, inGerman) => {
    expect(english.measure(value, unit)).toBe(inEnglish)
    expect(german.measure(value, unit)).toBe(inGerman)
  })

  test.each<[Exact, string | null, string]>([
    [17, null, '+17'],
    [-5, null, '−5'],
    [0, null, '±0'],
    [-1234, null, '−1,234'],
    ['9007199254740993', null, '+9,007,199,254,740,993'],
    ['-0.50', null, '−0.50'],
    [0.73, '%', '+0.7'],
  ])('that changed by %s %s has the sign: %s', (value, unit, text) => expect(english.change(value, unit)).toBe(text))

  test.each([
    [0, '0'],
    [999, '999'],
    [4_304, '4.3k'],
    [40_000, '40.0k'],
    [99_940, '99.9k'],
    [99_960, '100k'],
    [123_982, '124k'],
    [1_273_904, '1.3m'],
    [-41_533, '−41.5k'],
  ])('of %s is short where there is no room: %s', (value, text) => expect(english.short(value)).toBe(text))
})

test.each([
  [12_400, '12\u00a0s'],
  [400_000, '6\u00a0min\u00a040\u00a0s'],
  [200_000_000, '2\u00a0days'],
])('a length of %s ms is %s', (lengthMs, text) => expect(english.length(lengthMs)).toBe(text))

describe('any other value', () => {
  test.each<[string, Value, string]>([
    ['INTEGER', 48213, '48213'],
    ['BIGINT', '9007199254740993', '9007199254740993'],
    ['DECIMAL(9,2)', '1234.50', '1234.50'],
    ['DOUBLE', 'NaN', 'NaN'],
    ['DOUBLE', 1e-7, '1e-7'],
    ['VARCHAR', '007', '007'],
    ['VARCHAR', '2026-11-25', '2026-11-25'],
    ['BOOLEAN', false, 'false'],
    ['DATE', '2026-11-25', 'Wed 25 Nov'],
    ['DATE', '2025-01-02', 'Thu, 2 Jan 2025'],
    ['DATE', 'infinity', 'infinity'],
    ['TIMESTAMP WITH TIME ZONE', '2026-11-25T13:31:46.5Z', '14:31:46'],
    ['TIMESTAMP WITH TIME ZONE', '2026-11-24T23:30:00Z', '00:30:00'],
    ['TIMESTAMP WITH TIME ZONE', '2026-11-24T13:31:46Z', '24 Nov, 14:31:46'],
    ['TIMESTAMP WITH TIME ZONE', '2026-10-25T14:31:46Z', '25 Oct, 15:31:46'],
    ['TIMESTAMP', '2026-11-25 13:31:46.123456', '2026-11-25 13:31:46.123456'],
    ['TIME', '13:31:46', '13:31:46'],
    ['INTERVAL', '1 day 02:00:00', '1 day 02:00:00'],
    ['UUID', 'a3f0c2d1-0000-0000-0000-000000000000', 'a3f0c2d1-0000-0000-0000-000000000000'],
    ['VARCHAR[]', ['a.parquet', null, ''], 'a.parquet, NULL, '],
    [
      'MAP(VARCHAR, BIGINT)',
      [
        { key: 'a', value: 1 },
        { key: 'b', value: '9007199254740993' },
      ],
      'a: 1, b: 9007199254740993',
    ],
    ['STRUCT(a INTEGER, b STRUCT(c VARCHAR)[])', { a: 1000, b: [{ c: 'x' }] }, 'a: 1000, b: (c: x)'],
    ['VARCHAR', null, ''],
  ])('of %s: %j is %s', (type, value, text) => expect(english.value(value, type, NOW_MS)).toBe(text))

  test.each([
    ['2026-11-25T13:31:00Z', 60_000, '14:31'],
    ['2026-11-25T13:00:00Z', 3_600_000, '14:00'],
    ['2026-11-23T13:00:00Z', 3_600_000, '23 Nov, 14:00'],
    ['2026-11-25T13:31:10Z', 10_000, '14:31:10'],
    ['infinity', 60_000, 'infinity'],
  ])('that is the grain %s of %s ms is %s', (time, grainMs, text) => {
    expect(english.grain(time, grainMs, NOW_MS)).toBe(text)
  })

  test('has its days in the calendar and its times in the zone of the reader', () => {
    expect(german.value('2026-11-25T13:31:46Z', 'TIMESTAMP WITH TIME ZONE', NOW_MS)).toBe('13:31:46')
    expect(german.value('2026-11-25', 'DATE', NOW_MS)).toBe('Mi., 25. Nov.')
  })
})

const HEAD = {
  x: 'user_id',
  y: ['orders', 'late'],
  unit: null,
  units: { late: '%', lag_ms: 'ms' },
  before: 'orders_before',
  compared: null,
  headings: { user_id: 'User' },
  labels: [
    { value: null, label: 'no country' },
    { value: '', label: "'' (empty)" },
    { value: '7', label: 'seven' },
  ],
  filters: [{ name: 'user_id', type: 'INTEGER' }],
} satisfies Partial<PanelHead>

describe('names', () => {
  test.each([
    ['user_id', 'User'],
    ['batch_time', 'Batch time'],
    ['x', 'X'],
    ['Ünïcode', 'Ünïcode'],
    ['_', '_'],
    ['constructor', 'Constructor'],
  ])('the column %s is called %s', (column, heading) => expect(headingOf(HEAD, column)).toBe(heading))

  test.each<[Value, string | undefined]>([
    [null, 'no country'],
    ['', "'' (empty)"],
    [7, 'seven'],
    ['null', undefined],
    ['Brazil', undefined],
  ])('the value %j is called %s', (value, label) => expect(labelOf(HEAD, value)).toBe(label))

  test.each([
    ['orders', true, null],
    ['late', true, '%'],
    ['orders_before', true, null],
    ['lag_ms', true, 'ms'],
    ['user_id', false, null],
    ['constructor', false, null],
  ])('whether the column %s is a measure: %s, with the unit %s', (name, measure, unit) => {
    expect(isMeasure(HEAD, { name, type: 'BIGINT' })).toBe(measure)
    expect(unitOf({ ...HEAD, unit: null }, name)).toBe(unit)
  })

  test.each([
    ['DOUBLE', true],
    ['DECIMAL(9,2)', true],
    ['DECIMAL(38,0)', false],
    ['HUGEINT', false],
    ['DECIMAL(9,2)[]', false],
  ])('whether any column of the type %s is a measure: %s', (type, measure) => {
    expect(isMeasure(HEAD, { name: 'any', type })).toBe(measure)
  })

  test('a unit of all measures is that of each, but of nothing else', () => {
    expect(['orders', 'late', 'orders_before', 'user_id'].map((name) => unitOf({ ...HEAD, unit: '€' }, name))).toEqual([
      '€',
      '%',
      '€',
      null,
    ])
  })

  test.each<[string | null, Value, boolean]>([
    ['user_id', 7, true],
    ['user_id', '', true],
    ['user_id', null, false],
    ['user_id', [7], false],
    ['country', 'x', false],
    [null, 'x', false],
  ])('whether %s can be narrowed to %j: %s', (column, value, can) => expect(canFilter(HEAD, column, value)).toBe(can))
})

describe('a table that is one stop', () => {
  const SIZE = { rows: 3, columns: 4 }

  test.each([
    ['ArrowUp', false, { row: 1, column: 1 }, { row: 0, column: 1 }],
    ['ArrowUp', false, { row: 0, column: 1 }, { row: 0, column: 1 }],
    ['ArrowDown', false, { row: 2, column: 1 }, { row: 2, column: 1 }],
    ['ArrowRight', false, { row: 1, column: 3 }, { row: 1, column: 3 }],
    ['ArrowLeft', false, { row: 1, column: 3 }, { row: 1, column: 2 }],
    ['Home', false, { row: 1, column: 3 }, { row: 1, column: 0 }],
    ['End', false, { row: 1, column: 0 }, { row: 1, column: 3 }],
    ['Home', true, { row: 1, column: 3 }, { row: 0, column: 0 }],
    ['End', true, { row: 1, column: 0 }, { row: 2, column: 3 }],
    ['PageDown', false, { row: 0, column: 1 }, { row: 2, column: 1 }],
    ['Enter', false, { row: 0, column: 1 }, undefined],
    ['constructor', false, { row: 0, column: 1 }, undefined],
  ])('%s, with Ctrl: %s, moves from %j to %j', (key, ctrlKey, from, to) => {
    expect(placeAfter(from, { key, ctrlKey }, SIZE)).toEqual(to)
  })

  test('of one column goes to its ends with Home and End', () => {
    const list = { rows: 5, columns: 1 }
    expect(placeAfter({ row: 2, column: 0 }, { key: 'Home', ctrlKey: false }, list)).toEqual({ row: 0, column: 0 })
    expect(placeAfter({ row: 2, column: 0 }, { key: 'End', ctrlKey: false }, list)).toEqual({ row: 4, column: 0 })
  })

  test('stays within a table that has become smaller', () => {
    expect(placeWithin({ row: 9, column: 9 }, SIZE)).toEqual({ row: 2, column: 3 })
    expect(placeWithin({ row: 9, column: 9 }, { rows: 0, columns: 0 })).toEqual({ row: 0, column: 0 })
  })
})

import { describe, expect, test } from 'vitest'
import type { Value } from '../../src/client/index.ts'
import {
  addsUp,
  amountOf,
  compareValues,
  difference,
  exactOf,
  keyOf,
  shapeOf,
  sum,
  sumOf,
} from '../../src/dashboard/values.ts'

describe('values as the server writes them', () => {
  test.each([
    ['BIGINT', 'integer'],
    ['UHUGEINT', 'integer'],
    ['DECIMAL(12,2)', 'decimal'],
    ['DOUBLE', 'float'],
    ['BOOLEAN', 'boolean'],
    ['DATE', 'date'],
    ['TIME', 'time'],
    ['TIME WITH TIME ZONE', 'time'],
    ['TIMESTAMP WITH TIME ZONE', 'moment'],
    ['TIMESTAMP', 'timestamp'],
    ['TIMESTAMP_NS', 'timestamp'],
    ['INTERVAL', 'interval'],
    ['VARCHAR', 'text'],
    ['UUID', 'text'],
    ["ENUM('INTEGER', 'DATE')", 'text'],
    ['BLOB', 'text'],
    ['INTEGER[]', 'nested'],
    ['DOUBLE[3]', 'nested'],
    ['MAP(VARCHAR, BIGINT)', 'nested'],
    ['STRUCT(a INTEGER)', 'nested'],
    ['UNION(num INTEGER, str VARCHAR)', 'nested'],
  ])('%s is %s', (type, shape) => expect(shapeOf(type)).toBe(shape))

  test.each([
    ['BIGINT', null, true],
    ['DECIMAL(18,3)', '€', true],
    ['DECIMAL(5,2)', '%', false],
    ['DOUBLE', null, false],
    ['VARCHAR', null, false],
  ])('whether %s with the unit %s adds up: %s', (type, unit, adds) => expect(addsUp(type, unit)).toBe(adds))

  test.each<[Value | undefined, string | number | undefined, number | undefined]>([
    [12, 12, 12],
    ['9007199254740993', '9007199254740993', 9007199254740992],
    ['-12.50', '-12.50', -12.5],
    [null, undefined, undefined],
    [undefined, undefined, undefined],
    ['NaN', undefined, undefined],
    ['-Infinity', undefined, undefined],
    ['', undefined, undefined],
    ['12a', undefined, undefined],
    [true, undefined, undefined],
    [[1], undefined, undefined],
  ])('%j is the number %s', (value, exact, amount) => {
    expect(exactOf(value)).toBe(exact)
    expect(amountOf(value)).toBe(amount)
  })

  test.each([
    [1, 2, 3, -1],
    ['9007199254740993', 1, '9007199254740994', '9007199254740992'],
    [Number.MAX_SAFE_INTEGER, 1, '9007199254740992', Number.MAX_SAFE_INTEGER - 1],
    ['0.10', '0.2', '0.30', '-0.10'],
    ['-0.05', '0.05', '0.00', '-0.10'],
    [
      '170141183460469231731687303715884105727',
      '-1',
      '170141183460469231731687303715884105726',
      '170141183460469231731687303715884105728',
    ],
    ['9007199254740993', '9007199254740992', '18014398509481985', 1],
    [0.5, 0.25, '0.75', '0.25'],
    [1e21, 1, 1e21, 1e21],
  ])('%s and %s are %s, and %s apart', (a, b, added, apart) => {
    expect(sum(a, b)).toBe(added)
    expect(difference(a, b)).toBe(apart)
  })

  test('a sum leaves out what is not known, and of nothing there is none', () => {
    expect(sumOf([undefined, 2, undefined, 3])).toBe(5)
    expect(sumOf([undefined])).toBeUndefined()
    expect(sumOf([])).toBeUndefined()
  })

  test('values are ordered by size or characters, NULL comes last', () => {
    const order = (values: Value[]): Value[] => [...values].sort(compareValues)
    expect(order([10, null, 9, '9007199254740993', '9007199254740992'])).toEqual([
      9,
      10,
      '9007199254740992',
      '9007199254740993',
      null,
    ])
    expect(order(['b', '', null, 'a', 'null'])).toEqual(['', 'a', 'b', 'null', null])
    expect(order(['a10', 'a9', 'B1', 'A1'])).toEqual(['A1', 'a9', 'a10', 'B1'])
    expect(order(['2026-11-25', '2026-11-23'])).toEqual(['2026-11-23', '2026-11-25'])
    expect(order([true, false, null])).toEqual([false, true, null])
  })

  test('NULL, an empty text, and texts that look like other values are different values', () => {
    const values: Value[] = [null, '', 'null', 1, '1', true, 'true', [], '[]']
    expect(new Set(values.map(keyOf)).size).toBe(values.length)
  })
})

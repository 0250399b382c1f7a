import { describe, expect, test } from 'vitest'
import type { Value } from '../../../src/client/index.ts'
import { orderedSeries } from '../../../src/dashboard/charts/orderedSeries.ts'

describe('the order of series', () => {
  test.each<{ name: string; values: Value[]; order: string[]; expected: [Value, number | string][] }>([
    {
      name: 'is that of the header, whatever comes first; others come after them in the ink of all others',
      values: ['FAX', 'SMS', 'CHAT', 'SMS', null, 'AIR'],
      order: ['CHAT', 'EMAIL', 'PUSH', 'SMS'],
      expected: [
        ['CHAT', 1],
        ['SMS', 4],
        ['AIR', 'other'],
        ['FAX', 'other'],
        [null, 'other'],
      ],
    },
    {
      name: 'is that of the values themselves where the header names none, and five of them have a colour',
      values: ['f', 'b', 'a', 'd', 'c', 'e'],
      order: [],
      expected: [
        ['a', 1],
        ['b', 2],
        ['c', 3],
        ['d', 4],
        ['e', 5],
        ['f', 'other'],
      ],
    },
    {
      name: 'takes numbers by size and as the header writes them',
      values: [10, 9, 2],
      order: ['10'],
      expected: [
        [10, 1],
        [2, 'other'],
        [9, 'other'],
      ],
    },
    {
      name: 'gives the sixth of the header no colour of its own',
      values: ['f', 'e'],
      order: ['a', 'b', 'c', 'd', 'e', 'f'],
      expected: [
        ['e', 5],
        ['f', 'other'],
      ],
    },
    {
      name: 'does not take NULL for a value that is called null',
      values: [null],
      order: ['null'],
      expected: [[null, 'other']],
    },
    { name: 'of nothing is empty', values: [], order: ['a'], expected: [] },
  ])('$name', ({ values, order, expected }) => {
    expect(orderedSeries(values, order).map(({ value, slot }) => [value, slot])).toEqual(expected)
  })
})

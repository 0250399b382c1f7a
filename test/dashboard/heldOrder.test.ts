import { describe, expect, test } from 'vitest'
import { heldOrder } from '../../src/dashboard/panels/heldOrder.ts'

describe('a list that is held under the pointer', () => {
  test.each([
    { name: 'keeps its order and takes new values', shown: 'a1 b2 c3', wanted: 'c9 a4 b5', held: 'a4 b5 c9' },
    { name: 'keeps a row that is gone, as it was', shown: 'a1 b2', wanted: 'b3', held: 'a1 b3' },
    {
      name: 'adds new rows after the others, if there is room',
      shown: 'a1 b2',
      wanted: 'd9 c8 a1 b2',
      held: 'a1 b2 d9',
    },
    { name: 'adds none where there is no room', shown: 'a1 b2 c3', wanted: 'd9 a1', held: 'a1 b2 c3' },
    { name: 'shows what there is where it was empty', shown: '', wanted: 'a1 b2', held: 'a1 b2' },
  ])('$name', ({ shown, wanted, held }) => {
    const rows = (text: string): { key: string; value: number }[] =>
      text.split(' ').flatMap((row) => (row === '' ? [] : [{ key: row.slice(0, 1), value: Number(row.slice(1)) }]))
    expect(heldOrder(rows(shown), rows(wanted), 3)).toEqual(rows(held))
  })
})

import { expect, test } from 'vitest'
import { KeyIndex } from '../../src/serving/relations/keyIndex.ts'
import { lookUp, newKeys } from '../../src/serving/relations/lookUp.ts'

type Key = readonly [number, number, number, number]

const [A, B, C]: readonly [Key, Key, Key] = [
  [7, 7, 7, 1],
  [7, 7, 7, 2],
  [7, 7, 7, 3],
]

/** New rows in pieces, as DuckDB returns them: their places count up. */
function keysOf(...pieces: readonly (readonly (readonly [key: Key, lead: number])[])[]): ReturnType<typeof newKeys> {
  let place = 0
  return newKeys(
    pieces.map((rows) => ({
      rowCount: rows.length,
      columns: [
        Int32Array.from(rows, () => place++),
        Uint32Array.from(rows.flatMap(([key]) => key)),
        Float64Array.from(rows, ([, lead]) => lead),
      ],
    })),
  )
}

function indexOf(...rows: readonly (readonly [key: Key, id: number, lead: number])[]): KeyIndex {
  const index = new KeyIndex()
  for (const [key, id, lead] of rows) index.put(Uint32Array.from(key), 0, id, lead)
  return index
}

test('keys whose hashes differ in their last word alone are different keys, known or new', () => {
  const index = indexOf([A, 40, 5])
  const found = lookUp(
    keysOf(
      [
        [A, 6],
        [B, 6],
      ],
      [
        [C, 4],
        [B, 7],
      ],
    ),
    index,
  )
  expect(found).toEqual({ dropped: [0, 3], replaced: [], tied: { places: [], ids: [] } })
})

test('what the leads cannot decide is tied, among new rows and with the one that is known', () => {
  const index = indexOf([A, 2 ** 33 + 1, 5], [B, 41, 9])
  const rows = keysOf([
    [A, 5],
    [B, 8],
    [C, 1],
    [B, 8],
    [A, 5],
    [C, 0],
  ])
  const found = lookUp(rows, index)
  expect(found.dropped).toEqual([2])
  expect(found.replaced).toEqual([41])
  expect(found.tied.places.sort()).toEqual([0, 1, 3, 4])
  expect(found.tied.ids).toEqual([2 ** 33 + 1])
})

test('rows that tied are all dropped once an earlier one comes', () => {
  const rows = keysOf([
    [A, 3],
    [A, 3],
    [A, 3],
    [A, 2],
  ])
  const found = lookUp(rows, new KeyIndex())
  expect(found.dropped.sort()).toEqual([0, 1, 2])
  expect(found.tied.places).toEqual([])
})

import { describe, expect, test } from 'vitest'
import { KeyIndex } from '../../src/serving/relations/keyIndex.ts'
import { seededRandom } from '../support/random.ts'

const WORDS = 2 ** 32

/** Hashes of keys, four words each. */
function hashes(...keys: readonly (readonly number[])[]): Uint32Array {
  return Uint32Array.from(keys.flat())
}

function randomHashes(count: number, random: () => number): Uint32Array {
  return Uint32Array.from({ length: count * 4 }, () => random() * WORDS)
}

describe('an index of keys', () => {
  test('finds what was put in, and nothing else', () => {
    const index = new KeyIndex()
    const keys = hashes([1, 2, 3, 4], [5, 6, 7, 8])
    index.put(keys, 0, 7, -1.5)
    const entry = index.find(keys, 0)
    expect([index.idOf(entry), index.leadOf(entry), index.find(keys, 1), index.size]).toEqual([7, -1.5, -1, 1])
  })

  for (const [what, differs] of Object.entries({ first: 0, second: 1, third: 2, fourth: 3 })) {
    test(`tells keys apart whose hashes differ in the ${what} word alone`, () => {
      const index = new KeyIndex()
      const keys = hashes(
        ...Array.from({ length: 1000 }, (_, n) => [9, 9, 9, 9].map((w, at) => (at === differs ? n * 1024 : w))),
      )
      for (let row = 0; row < 1000; row++) index.put(keys, row, row, row)
      expect(index.size).toBe(1000)
      for (let row = 0; row < 1000; row++) expect(index.idOf(index.find(keys, row))).toBe(row)
    })
  }

  test('keeps the last row that was put in for a key, and tells which one it had', () => {
    const index = new KeyIndex()
    const key = hashes([1, 2, 3, 4])
    expect([index.put(key, 0, 5, 1), index.put(key, 0, 9, 0.5)]).toEqual([-1, 5])
    const entry = index.find(key, 0)
    expect([index.idOf(entry), index.leadOf(entry), index.size]).toEqual([9, 0.5, 1])
  })

  // 131,072 rows are given their slots at once.
  for (const rows of [0, 1, 131_072, 300_000]) {
    for (const expected of new Set([rows, 0])) {
      test(`of ${rows} rows, where ${expected} were expected, is the same as if they had come one by one`, async () => {
        const keys = randomHashes(rows + 1_000, seededRandom(2))
        const chunks = async function* () {
          for (let first = 0; first < rows; first += 2_048) {
            const rowCount = Math.min(2_048, rows - first)
            const ids = Float64Array.from({ length: rowCount }, (_, row) => first + row)
            yield { rowCount, hashes: keys.slice(first * 4, (first + rowCount) * 4), ids, leads: ids.map((id) => -id) }
          }
        }
        const index = await KeyIndex.of(chunks(), expected)
        for (let row = rows; row < rows + 1_000; row++) expect(index.find(keys, row)).toBe(-1)
        for (let row = rows; row < rows + 1_000; row++) expect(index.put(keys, row, row, -row)).toBe(-1)
        const wrong = Array.from({ length: rows + 1_000 }, (_, row) => row).filter((row) => {
          const entry = index.find(keys, row)
          return entry === -1 || index.idOf(entry) !== row || index.leadOf(entry) !== -row
        })
        expect([wrong, index.size]).toEqual([[], rows + 1_000])
        expect(index.bytes).toBeLessThanOrEqual(KeyIndex.bytesFor(Math.max(index.size, 250_000)))
      })
    }
  }

  test('holds ids and leads as large as they come', () => {
    const index = new KeyIndex()
    const keys = hashes([0, 0, 0, 0], [WORDS - 1, WORDS - 1, WORDS - 1, WORDS - 1])
    index.put(keys, 0, 2 ** 40 - 1, Number.NEGATIVE_INFINITY)
    index.put(keys, 1, 0, 9_007_199_254_740_991)
    expect([0, 1].map((row) => index.idOf(index.find(keys, row)))).toEqual([2 ** 40 - 1, 0])
    expect([0, 1].map((row) => index.leadOf(index.find(keys, row)))).toEqual([-Infinity, 9_007_199_254_740_991])
  })

  for (const [what, expected] of [
    ['is not known', 0],
    ['is known', 500_000],
  ] as const) {
    test(`takes at most 37 bytes a key, however many have come, where their number ${what} before`, () => {
      const random = seededRandom(1)
      const index = new KeyIndex(expected)
      for (let piece = 1; piece <= 10; piece++) {
        const keys = randomHashes(50_000, random)
        for (let row = 0; row < 50_000; row++) index.put(keys, row, index.size, row)
        expect(index.size).toBe(piece * 50_000)
        if (index.size < Math.max(expected, 250_000)) continue
        expect(index.bytes / index.size).toBeLessThanOrEqual(37)
        expect(index.bytes).toBeLessThanOrEqual(KeyIndex.bytesFor(index.size))
      }
    })
  }
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type DeletionVector, readBitmap } from '../../src/delta/deletionVectors.ts'
import { CHUNK_ROWS, cardinalityOf, chunksOf } from '../../src/delta/roaring.ts'
import { type ContainerKind, filedVector, inlineVector, roaringBitmap } from '../support/deletionVectors.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

function positionsIn(bitmap: Uint8Array): number[] {
  return chunksOf(bitmap).flatMap(({ number, bits }) =>
    Array.from({ length: bits.length * 8 }, (_, index) => index)
      .filter((index) => ((bits[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0)
      .map((index) => number * CHUNK_ROWS + index),
  )
}

const positionsOf = (folder: string, vector: DeletionVector): number[] =>
  positionsIn(readBitmap(folder, vector, 'a.parquet'))

test('the example of the protocol is read', () => {
  const vector: DeletionVector = {
    storageType: 'i',
    pathOrInlineDv: '^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L',
    offset: undefined,
    sizeInBytes: 44,
    cardinality: 6,
  }
  expect(positionsOf('/nowhere', vector)).toEqual([3, 4, 7, 11, 18, 29])
})

describe('every position of a vector is found', () => {
  const sets: readonly (readonly [what: string, positions: readonly number[]])[] = [
    ['none', []],
    ['the first and the last of a chunk', [0, 65_535]],
    ['some on both sides of a chunk', [65_534, 65_535, 65_536, 65_537]],
    ['many chunks', [1, 70_000, 140_000, 210_000, 280_000, 4_000_000]],
    ['more than a list holds', Array.from({ length: 5_000 }, (_, index) => index * 3)],
    ['a long run', Array.from({ length: 20_000 }, (_, index) => index + 60_000)],
    ['beyond 32 bits', [5, 2 ** 32 + 5, 3 * 2 ** 32]],
  ]
  for (const [what, positions] of sets) {
    for (const kind of ['list', 'runs'] satisfies ContainerKind[]) {
      test(`${what}, stored as ${kind}`, () => {
        const bitmap = roaringBitmap(positions, kind)
        expect(positionsIn(bitmap)).toEqual(positions)
        expect(cardinalityOf(chunksOf(bitmap))).toBe(positions.length)
        const folder = temporaryFolder()
        expect(positionsOf(folder, inlineVector(positions, kind))).toEqual(positions)
        expect(positionsOf(folder, filedVector(folder, positions, { kind }))).toEqual(positions)
        const alone = filedVector(folder, positions, { kind, before: Buffer.from([1]) })
        expect(positionsOf(folder, { ...alone, offset: undefined })).toEqual(positions)
      })
    }
  }
})

describe('a vector is refused, because deleted rows would come back,', () => {
  const file = 'deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin'
  const cases: readonly {
    readonly what: string
    readonly change: (folder: string, vector: DeletionVector) => DeletionVector
    readonly code: string
    readonly says: RegExp
  }[] = [
    {
      what: 'whose file is gone',
      change: (_, vector) => ({ ...vector, pathOrInlineDv: vector.pathOrInlineDv.replace(/^./, '0') }),
      code: 'LAKE_DATA_LOST',
      says: /deletion_vector_.*\.bin, the deletion vector of a\.parquet, cannot be read: ENOENT/,
    },
    {
      what: 'of another size than the log says',
      change: (_, vector) => ({ ...vector, sizeInBytes: vector.sizeInBytes - 1 }),
      code: 'LAKE_DATA_LOST',
      says: /is not the one that the log names/,
    },
    {
      what: 'whose file is cut off',
      change: (folder, vector) => {
        writeFileSync(join(folder, file), readFileSync(join(folder, file)).subarray(0, -1))
        return vector
      },
      code: 'LAKE_DATA_LOST',
      says: /is not the one that the log names/,
    },
    {
      what: 'with one bit turned',
      change: (folder, vector) => {
        const bytes = readFileSync(join(folder, file))
        bytes[20] = (bytes[20] ?? 0) ^ 1
        writeFileSync(join(folder, file), bytes)
        return vector
      },
      code: 'LAKE_DATA_LOST',
      says: /is damaged: its checksum is another/,
    },
    {
      what: 'that is not Z85',
      change: () => ({ ...inlineVector([1]), pathOrInlineDv: 'a"cde' }),
      code: 'LAKE_LOG_INVALID',
      says: /the deletion vector of a\.parquet is not Z85 text/,
    },
    {
      what: 'of another format',
      change: () => ({ ...inlineVector([1]), pathOrInlineDv: '0'.repeat(60) }),
      code: 'LAKE_LOG_INVALID',
      says: /begins with 0, not 1681511377/,
    },
    {
      what: 'that is shorter than it says',
      change: () => ({ ...inlineVector([1]), sizeInBytes: 400 }),
      code: 'LAKE_LOG_INVALID',
      says: /is cut off/,
    },
    {
      what: 'on another machine',
      change: (_, vector) => ({ ...vector, storageType: 'p', pathOrInlineDv: 's3://bucket/v.bin' }),
      code: 'LAKE_DATA_LOST',
      says: /is at s3:\/\/bucket\/v\.bin, which is not on this machine/,
    },
  ]
  for (const { what, change, code, says } of cases) {
    test(what, () => {
      const folder = temporaryFolder()
      const vector = change(folder, filedVector(folder, [1, 5, 70_000]))
      expect(() => readBitmap(folder, vector, 'a.parquet')).toThrow(expect.objectContaining({ code }))
      expect(() => readBitmap(folder, vector, 'a.parquet')).toThrow(says)
    })
  }
})

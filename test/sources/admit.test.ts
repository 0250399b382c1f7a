import { expect, test } from 'vitest'
import { admit } from '../../src/sources/admit.ts'
import type { Limits } from '../../src/stream/source.ts'

const NONE: Limits = { maxFiles: 100, maxRows: 1_000, maxBytes: 1_000 }

const FILES = [10, 20, 30, 40].map((size) => ({ rows: size, bytes: 2 * size }))

test.each<[string, Partial<Limits>, number]>([
  ['nothing is over', {}, 4],
  ['files', { maxFiles: 2 }, 2],
  ['rows, which are just reached', { maxRows: 60 }, 3],
  ['rows, of which one is too many', { maxRows: 59 }, 2],
  ['bytes, which are just reached', { maxBytes: 60 }, 2],
  ['bytes, of which one is too many', { maxBytes: 59 }, 1],
  ['the narrowest of several', { maxFiles: 3, maxRows: 30, maxBytes: 1_000 }, 2],
  ['rows, all of which the first file has already', { maxRows: 1 }, 1],
  ['bytes, all of which the first file has already', { maxBytes: 1 }, 1],
])('a batch takes files up to its limit of %s', (_, limits, count) => {
  expect(admit(FILES, { ...NONE, ...limits })).toEqual(FILES.slice(0, count))
})

test('a batch of no files is none', () => {
  expect(admit([], NONE)).toEqual([])
})

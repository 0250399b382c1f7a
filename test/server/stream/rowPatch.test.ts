import fc from 'fast-check'
import { expect, test } from 'vitest'
import { patchBetween, patchText } from '../../../src/server/stream/rowPatch.ts'

type PatchStep = readonly [number, number] | { readonly rows: readonly unknown[] }

function applied(before: readonly string[], patch: string): string[] {
  return (JSON.parse(patch) as PatchStep[]).flatMap((step) =>
    'rows' in step ? step.rows.map((row) => JSON.stringify(row)) : before.slice(step[0], step[0] + step[1]),
  )
}

test.each([
  { name: 'the newest change', before: ['1', '2', '3'], after: ['1', '2', '4'], patch: '[[0,2],{"rows":[4]}]' },
  { name: 'the oldest leave', before: ['1', '2', '3'], after: ['2', '3', '4'], patch: '[[1,2],{"rows":[4]}]' },
  { name: 'nothing changes', before: ['1', '2'], after: ['1', '2'], patch: '[[0,2]]' },
  { name: 'rows change places', before: ['1', '2'], after: ['2', '1'], patch: '[[1,1],[0,1]]' },
  { name: 'rows repeat', before: ['1', '1'], after: ['1', '1', '1'], patch: '[[0,2],[0,1]]' },
  { name: 'all is new', before: ['1'], after: ['2'], patch: undefined },
  { name: 'nothing is left', before: ['1'], after: [], patch: undefined },
  { name: 'there was nothing', before: [], after: ['1'], patch: undefined },
])('$name', ({ before, after, patch }) => {
  expect(patchText(patchBetween(before, after))).toBe(patch)
})

test('whatever the rows were, a patch makes exactly the new ones of them', () => {
  // Few different rows, so that they repeat and move.
  const rows = fc.array(fc.integer({ min: 0, max: 9 }).map(String), { maxLength: 40 })
  fc.assert(
    fc.property(rows, rows, (before, after) => {
      const patch = patchText(patchBetween(before, after))
      if (patch === undefined) expect(after.some((row) => before.includes(row))).toBe(false)
      else expect(applied(before, patch)).toEqual(after)
    }),
    { numRuns: 2_000 },
  )
})

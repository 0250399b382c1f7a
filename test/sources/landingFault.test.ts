import { describe, expect, test } from 'vitest'
import { LakeError, UnfitValueError } from '../../src/errors.ts'
import { halvesOf, verdictOn } from '../../src/sources/landing/fault.ts'

const files = (...names: readonly string[]) => names.map((name) => ({ plainPath: `/claimed/1/${name}` }))
const [A, B, C] = files('a', 'b', 'c')

const OF_A_ROW = new Error('Conversion Error: of a row')
const UNFIT = new UnfitValueError('column x, row 1: it does not fit', {})
const NAMING_B = new Error('Invalid Input Error: in "/claimed/1/b" a page is broken')

describe('the files of a batch that failed on what is in them', () => {
  test.each<{ what: string; of: readonly (typeof A)[]; error: unknown; failures: number; verdict: unknown }>([
    {
      what: 'an error of ours blames none',
      of: [A],
      error: new LakeError('LAKE_SPLIT_FAILED', 'ours'),
      failures: 2,
      verdict: { kind: 'blameless' },
    },
    {
      what: 'what the system says blames none',
      of: [A],
      error: Object.assign(new Error(), { code: 'ENOENT' }),
      failures: 2,
      verdict: { kind: 'blameless' },
    },
    {
      what: 'where there are none, none is at fault',
      of: [],
      error: OF_A_ROW,
      failures: 2,
      verdict: { kind: 'blameless' },
    },
    { what: 'a first failure may pass', of: [A, B], error: OF_A_ROW, failures: 1, verdict: { kind: 'again' } },
    { what: 'also that of one file', of: [A], error: UNFIT, failures: 1, verdict: { kind: 'again' } },
    {
      what: 'a file that fails alone is at fault',
      of: [A],
      error: OF_A_ROW,
      failures: 2,
      verdict: { kind: 'at fault', file: A },
    },
    { what: 'also for a value', of: [A], error: UNFIT, failures: 3, verdict: { kind: 'at fault', file: A } },
    {
      what: 'two are halved',
      of: [A, B],
      error: OF_A_ROW,
      failures: 2,
      verdict: { kind: 'apart', kept: [A], back: [B], maxFiles: 1 },
    },
    {
      what: 'three are halved, the larger half first',
      of: [A, B, C],
      error: OF_A_ROW,
      failures: 2,
      verdict: { kind: 'apart', kept: [A, B], back: [C], maxFiles: 2 },
    },
    {
      what: 'one that the failure names is tried alone',
      of: [A, B, C],
      error: NAMING_B,
      failures: 2,
      verdict: { kind: 'apart', kept: [B], back: [A, C], maxFiles: undefined },
    },
  ])('$what', ({ of, error, failures, verdict }) => {
    expect(
      verdictOn(
        of.flatMap((file) => file ?? []),
        error,
        failures,
      ),
    ).toEqual(verdict)
  })
})

test('halves are whole, whatever their number', () => {
  for (let count = 2; count < 20; count++) {
    const all = Array.from({ length: count }, (_, index) => index)
    const { kept, back, maxFiles } = halvesOf(all)
    expect([...kept, ...back]).toEqual(all)
    expect([kept.length - back.length, maxFiles]).toEqual([count % 2, kept.length])
  }
})

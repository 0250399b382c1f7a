import { expect, test } from 'vitest'
import { count } from '../../src/cli/format.ts'

test.each([0, 7, -7, 999, 1000, -1000, 123_456, 1_234_567, -12_345_678, Number.MAX_SAFE_INTEGER])(
  'the number %d is written as in English text',
  (value) => {
    expect(count(value)).toBe(value.toLocaleString('en-US'))
  },
)

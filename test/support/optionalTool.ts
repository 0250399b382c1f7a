import { describe, test } from 'vitest'

/**
 * `describe`, where what the tests need is there. Where it is missing they are skipped by name; on CI that is a
 * failure, because there somebody has promised it.
 */
export function describeWith(isThere: boolean, need: string, name: string, tests: () => void): void {
  if (isThere) {
    describe(name, tests)
  } else if (process.env.CI === 'true') {
    describe(name, () => {
      test(`needs ${need}`, () => {
        throw new Error(`CI=true, but there is no ${need}`)
      })
    })
  } else {
    describe.skip(`${name} (skipped: no ${need})`, tests)
  }
}

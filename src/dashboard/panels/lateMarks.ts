import type { Value } from '../../client/index.ts'

/** Which values were corrected a moment ago: grains that were complete before, and have other numbers now. */
export interface LateMarks {
  /** Whether the row with these values of x, series and group was corrected. */
  has(x: Value, series?: Value, group?: Value): boolean
  /** What to say of it, in place of a number's note. */
  readonly note: string | undefined
}

export const NO_LATE_MARKS: LateMarks = { has: () => false, note: undefined }

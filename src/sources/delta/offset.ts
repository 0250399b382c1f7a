import { isBoolean, isCount, isNullOr, isRecordOf, isText } from '../../files/json.ts'
import type { Offset } from '../../stream/source.ts'

/**
 * A place in a Delta table's log. Everything before `version` is done, and of `version` itself the files up to `path`
 * in name order, or all where it is null. While `isSnapshot`, that is counted in the files that were live at `version`
 * when the stream began.
 */
export interface TableOffset extends Offset {
  readonly tableId: string
  readonly version: number
  readonly path: string | null
  readonly isSnapshot: boolean
  /** Hash of the JSON of `version`: another one under the number means another history. */
  readonly commitHash: string | null
}

/** That a record's end is one. */
export const isTableOffset = isRecordOf<TableOffset>({
  tableId: isText,
  version: isCount,
  path: isNullOr(isText),
  isSnapshot: isBoolean,
  commitHash: isNullOr(isText),
})

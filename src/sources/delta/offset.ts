import { isBoolean, isCount, isLeftOutOr, isNullOr, isRecordOf, isText } from '../../files/json.ts'
import type { Offset } from '../../stream/source.ts'

/**
 * A place in a Delta table's log. Everything before `version` has been read, and of `version` itself the files up to
 * `path` in name order, or all of them if it is null. If `isSnapshot`, the files are those that were live at `version`
 * when the stream started.
 */
export interface TableOffset extends Offset {
  readonly tableId: string
  readonly version: number
  readonly path: string | null
  readonly isSnapshot: boolean
  /** Hash of the JSON of `version`: if it differs later, the table has another history. */
  readonly commitHash: string | null
  /** true where files or log have columns by other names: then only the log of `version` says how it is read. */
  readonly isMapped?: boolean | undefined
}

export const isTableOffset = isRecordOf<TableOffset>({
  tableId: isText,
  version: isCount,
  path: isNullOr(isText),
  isSnapshot: isBoolean,
  commitHash: isNullOr(isText),
  isMapped: isLeftOutOr(isBoolean),
})

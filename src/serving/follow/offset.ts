import { isCount, isMapOf, isNullOr, isRecordOf, isText } from '../../files/json.ts'
import type { Offset } from '../../stream/source.ts'
import type { LogPlace } from '../../tables/logHistory.ts'

/** Up to which batch a stream was followed, and where the logs of its tables were then. */
export interface BatchOffset extends Offset {
  /** `<name>@<uuid>` of the stream that is followed. */
  readonly streamId: string
  readonly batch: number
  /** Table → the place in its log up to which everything was read. */
  readonly tables: Readonly<Record<string, LogPlace>>
  /** The latest event time up to here, in microseconds since 1970; a text, because JSON would round it. */
  readonly newestEventMicros: string | null
}

export const isBatchOffset = isRecordOf<BatchOffset>({
  streamId: isText,
  batch: isCount,
  tables: isMapOf(isRecordOf<LogPlace>({ tableId: isText, version: isCount, commitHash: isNullOr(isText) })),
  newestEventMicros: isNullOr(isText),
})

import type { DeltaLog } from '../../delta/log.ts'
import type { Offset } from '../../stream/source.ts'
import type { Checkpoint } from '../../tables/checkpoint.ts'

/** A stream, and where it stands written what its batches were made of. */
export interface TracedStream {
  readonly name: string
  readonly checkpoint: Checkpoint
  /**
   * The names of the landed files that a batch took, from the `detail` of its range; undefined for a stream that takes
   * none.
   */
  readonly landedFiles: ((detail: Readonly<Record<string, unknown>>) => readonly string[]) | undefined
  /** The table that it follows, if it does. */
  readonly follows: TracedTable | undefined
}

export interface TracedTable {
  readonly name: string
  readonly log: DeltaLog
  /** The streams that write it. */
  readonly writers: readonly TracedStream[]
  /** The commits of its log that a range has, by its ends. Of the first, a part may be in the range before. */
  versionsIn(start: Offset | null, end: Offset): { readonly first: number; readonly last: number } | undefined
}

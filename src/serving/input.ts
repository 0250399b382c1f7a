import type { BatchDurations } from '../stream/progress.ts'

// What the source of live aggregates hands to their sink: whole batches of the stream that they follow.

/** Consecutive batches of a stream, or everything up to one. */
export interface BatchRows {
  /** `<name>@<uuid>` of the stream that wrote them. */
  readonly streamId: string
  /** `added`: the rows of these batches alone, after the cursor. `all`: every row up to the last of them. */
  readonly scope: 'added' | 'all'
  /** The last of the batches. */
  readonly batch: number
  /** Table → its files: absolute paths. A table without rows has none. */
  readonly files: ReadonlyMap<string, readonly string[]>
  /**
   * What is known of each batch, of the stream itself and of those that feed it, oldest first. A batch comes again in a
   * later portion once more is known of it, its durations above all: the later facts replace the earlier ones.
   */
  readonly facts: readonly BatchFacts[]
  /** The latest value of the event time's column up to here, in microseconds since 1970; undefined if not known. */
  readonly newestEventMicros: bigint | undefined
}

/** One batch of a stream, as people look at it. `streamId` and `batch` distinguish it from all others. */
export interface BatchFacts {
  readonly stream: string
  /** `<name>@<uuid>`: a stream that began anew has a new one. */
  readonly streamId: string
  readonly batch: number
  /** ISO 8601, UTC. */
  readonly batchTime: string
  /** Table → rows. */
  readonly rows: Readonly<Record<string, number>>
  readonly inputRows: number | undefined
  /** Where it began and ended in its source, as JSON. */
  readonly sourceStart: string | undefined
  readonly sourceEnd: string | undefined
  /** The landed files that its rows came from, by their names; undefined if that is no longer known, or too many. */
  readonly landedFiles: readonly string[] | undefined
  /** Undefined until the process that wrote it has left them, and if it never did. */
  readonly durationMs: BatchDurations | undefined
  readonly lagMs: number | undefined
}

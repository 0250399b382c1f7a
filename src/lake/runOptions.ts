import type { EngineConfig, EngineSettings } from '../engines/index.ts'
import type { SourceRunOptions } from '../sources/index.ts'
import type { BatchProgress } from '../stream/progress.ts'
import type { Limits } from '../stream/source.ts'

export interface RunOptions extends SourceRunOptions {
  /** The names of the streams; empty: all except generated ones. `live` keeps the live aggregates. */
  readonly streams: readonly string[]
  readonly limits?: Partial<Limits>
  /**
   * What makes the files, in the place of what the config says: `spark`. A stream that is named and cannot run on it is
   * refused; others that cannot run on what their config says.
   */
  readonly engine?: EngineConfig
  /** Settings of engines, over those of the config; what is a list in both is added to. */
  readonly engines?: EngineSettings
  /** The least time between two batches of a stream, in milliseconds; the config's where undefined. */
  readonly triggerMs?: number
  /** Look for new rows this often, in milliseconds, instead of waiting for file system events. */
  readonly pollMs?: number
  /** Take what there is, then stop. */
  readonly availableNow?: boolean
  /** Stop after this time, in milliseconds. */
  readonly forMs?: number
  /** Whether a stream is tried again after an error that may pass; true where left out. */
  readonly retry?: boolean
  /** Make the store of the live aggregates anew before they are kept. */
  readonly rebuild?: boolean
  readonly signal?: AbortSignal
  readonly onStart?: (stream: string, batches: number) => void
  /**
   * Called for each batch once it is in its tables. If it returns a promise, its stream waits for that before the next
   * batch; if it throws or rejects, the run stops and fails with exactly that.
   */
  readonly onBatch?: (progress: BatchProgress) => unknown
  /** Called with a sentence that a person should know about a stream and that is not an error. */
  readonly onNote?: (stream: string, text: string) => void
  /** Called with how far an engine is with the batch that it works on, in a few words: `3 of 40 tasks`. */
  readonly onProgress?: (stream: string, text: string) => void
  /** Called for each failure of a stream when it happens; the run throws the worst at its end. */
  readonly onFailure?: (failure: StreamFailure) => void
}

/** A stream has failed. */
export interface StreamFailure {
  readonly stream: string
  readonly error: unknown
  /** How many times in a row it has failed by now. */
  readonly failures: number
  /** When it is tried again, in milliseconds from now; undefined: it has ended, and the others continue without it. */
  readonly retryMs: number | undefined
}

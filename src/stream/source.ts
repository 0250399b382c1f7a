import type { Input } from './input.ts'

/** The most that one batch takes from its source, except that a single larger file is always taken. */
export interface Limits {
  readonly maxFiles: number
  readonly maxRows: number
  readonly maxBytes: number
}

/** A place in a source, as its kind defines it. Small JSON, because every commit record holds it. */
export type Offset = Readonly<Record<string, unknown>>

/** How far a stream has committed, durably. */
export interface Position {
  /** `<name>@<uuid>`. */
  readonly streamId: string
  readonly batch: number
  /** ISO 8601, UTC. */
  readonly batchTime: string
  /** Distinguishes attempts at one batch. */
  readonly attempt: string
  /** The record that says so, as an error names it. */
  readonly recordedIn: string
  readonly source: {
    readonly kind: string
    readonly start: Offset | null
    readonly end: Offset
    readonly detail: Readonly<Record<string, unknown>>
  }
}

/** A bounded piece of a source. */
export interface Range {
  readonly start: Offset | null
  readonly end: Offset
  /** What the record keeps besides the ends: the source finishes the batch from it, also after a crash. */
  readonly detail: Readonly<Record<string, unknown>>
  readonly fileCount: number
  /** When the newest of its rows were written, in milliseconds since 1970; undefined if unknown. */
  readonly newestMs?: number | undefined
}

/** The batch that a feed is asked for, and when. */
export interface Moment {
  readonly batch: number
  readonly nowMs: number
  /** Since the run began. */
  readonly elapsedMs: number
  /** The run ends once nothing is left, so the feed does not wait for what might still change. */
  readonly draining: boolean
}

/**
 * Where new rows come from. Opened once for a run of a stream, which resumes it again after each failure. `Rows` is how
 * they are handed to the sink; the loop between the two never looks at it.
 */
export interface Source<Rows = Input> {
  /** As records name it. */
  readonly kind: string
  /**
   * Finishes or undoes what an earlier process left, and continues after the last committed batch. A stream has one
   * feed open at a time.
   */
  resume(last: Position | undefined): Promise<Feed<Rows>>
}

/** The rows of a source after a position, one portion at a time. */
export interface Feed<Rows = Input> {
  /** The next portion. The one before was finished, refused, or dropped: then its rows come again. */
  next(limits: Limits, moment: Moment): Promise<Portion<Rows> | Idle>
  /** From now on, returns only what is there by now: next to a busy writer, a drain would never end. */
  pin(): Promise<void>
  /** Calls `wake` when there may be something new, including what came since the last `next`. Only a hint. */
  watch(wake: () => void): Promise<Watch>
  close(): Promise<void>
}

/** Watches a source while its stream waits. */
export interface Watch {
  /** Look again after this long at the latest, because no event will come; undefined: events will. */
  readonly recheckMs: number | undefined
  /** What a person should know about it, each a sentence without its full stop. */
  readonly notes: readonly string[]
  close(): Promise<void>
}

/** Nothing to take yet. */
export interface Idle {
  readonly kind: 'idle'
  /** Look again after this long even if no event comes; undefined: wait for events only. */
  readonly recheckMs: number | undefined
  /** Look again this often instead of watching, because watching costs more. */
  readonly pollMs?: number | undefined
  /** What a person should know, each a sentence without its full stop. */
  readonly notes: readonly string[]
}

/** Why a portion could not be staged, as its source needs to know it. */
export type Refusal =
  /** The rows themselves failed, or reading them did. `failures`: how often this batch has failed this way by now. */
  | { readonly kind: 'data'; readonly error: unknown; readonly failures: number }
  /** The process was short of a resource. `isLast`: the portion is as small as it gets and was tried often enough. */
  | { readonly kind: 'resources'; readonly isLast: boolean }

/** A range that is about to become a batch, with all that may be done with it. */
export interface Portion<Rows = Input> {
  readonly kind: 'portion'
  readonly range: Range
  readonly input: Rows
  readonly notes: readonly string[]
  /**
   * Makes sure that the range is still there after a power cut. Runs while an engine reads it.
   * @returns how many rows the engine must read
   */
  secure(): Promise<number>
  /** Called once its batch is committed and published everywhere. @param at  where the stream is now */
  finish(at: Position): Promise<void>
  /**
   * Called when its batch failed and left nothing behind.
   * @returns whether to ask the feed again, because it has fewer or other rows now or the failure may pass
   */
  refuse(refusal: Refusal): Promise<boolean>
}

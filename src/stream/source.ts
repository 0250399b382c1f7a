import type { Input } from './input.ts'

/** The most that one batch takes from its source; a source always admits at least one file. */
export interface Limits {
  readonly maxFiles: number
  readonly maxRows: number
  readonly maxBytes: number
}

/** A place in a source, as its kind defines it. JSON, and small: it stands in every commit record. */
export type Offset = Readonly<Record<string, unknown>>

/** How far a stream has committed, as its sink found or made it durable. */
export interface Position {
  /** `<name>@<uuid>`. */
  readonly streamId: string
  readonly batch: number
  /** ISO 8601, UTC. */
  readonly batchTime: string
  /** Distinguishes tries at one batch. */
  readonly attempt: string
  /** Where that is written, as an error names it. */
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
  /** What the record says of the range beyond its ends; the source finishes a batch from it. */
  readonly detail: Readonly<Record<string, unknown>>
  readonly fileCount: number
  /** When the newest of it was written, in milliseconds since 1970; left out where nobody knows. */
  readonly newestMs?: number | undefined
}

/** When and which batch a feed is asked about. */
export interface Moment {
  readonly batch: number
  readonly nowMs: number
  /** Since the run began. */
  readonly elapsedMs: number
  /** True when the run ends once nothing is left: what might still change is then not waited for. */
  readonly draining: boolean
}

/** Where new rows come from. Opened once for a run of a stream, which resumes it anew after a failure. */
export interface Source {
  /** As records name it. */
  readonly kind: string
  /**
   * Finishes or undoes what an earlier process left, and goes on after the last batch that was committed. One feed of a
   * stream is open at a time.
   */
  resume(last: Position | undefined): Promise<Feed>
}

/** The rows of a source after a position, a portion at a time. */
export interface Feed {
  /** The next portion; the one before has been finished, refused or let go of. */
  next(limits: Limits, moment: Moment): Promise<Portion | Idle>
  /** From now on nothing comes that was not there by now: beside a busy writer a drain would never end. */
  pin(): Promise<void>
  /** Calls `wake` when there may be something new, also what came since the last `next`: a hint, no promise. */
  watch(wake: () => void): Promise<Watch>
  close(): Promise<void>
}

/** A watch over a source while its stream waits. */
export interface Watch {
  /** Look again after this long at the latest, for no event will tell; undefined: events will. */
  readonly recheckMs: number | undefined
  /** What there is to say of it, each as a sentence without its full stop. */
  readonly notes: readonly string[]
  close(): Promise<void>
}

/** Nothing to take yet. */
export interface Idle {
  readonly kind: 'idle'
  /** Look again after this long even if no event comes; undefined: there is nothing to wait for but events. */
  readonly recheckMs: number | undefined
  /** Look again this often instead of watching: watching costs more. */
  readonly pollMs?: number | undefined
  /** What there is to say to whoever follows the stream, each as a sentence without its full stop. */
  readonly notes: readonly string[]
}

/** What failed while a portion was staged, and what its source may do about it. */
export type Refusal =
  /** The rows themselves, or what reads them; how often this batch has failed so by now. */
  | { readonly kind: 'data'; readonly error: unknown; readonly failures: number }
  /** The process was short of something. `isLast`: the portion is as small as it gets and was tried often enough. */
  | { readonly kind: 'resources'; readonly isLast: boolean }

/** A bounded piece of a source that is about to become a batch, with all that may be done with it. */
export interface Portion {
  readonly kind: 'portion'
  readonly range: Range
  readonly input: Input
  readonly notes: readonly string[]
  /**
   * Makes sure that it will be there again after a power cut, while an engine reads it.
   * @returns how many rows reading it must return
   */
  secure(): Promise<number>
  /** Told after its batch is committed and published everywhere, and where that has brought the stream. */
  finish(at: Position): Promise<void>
  /**
   * Told that its batch failed and left nothing behind.
   * @returns whether to ask the feed again: it has less now, or another portion, or the failure may pass
   */
  refuse(refusal: Refusal): Promise<boolean>
}

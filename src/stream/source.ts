import type { Columns } from '../columns.ts'
import type { Input } from './input.ts'
import type { WatchedFolders } from './watcher.ts'

export type { ForeignGroup, Input } from './input.ts'

/** The most that one batch takes from its source; a source always admits at least one file. */
export interface Limits {
  readonly maxFiles: number
  readonly maxRows: number
  readonly maxBytes: number
}

/** A place in a source, as its kind defines it. JSON, and small: it stands in every commit record. */
export type Offset = Readonly<Record<string, unknown>>

/** How far a stream has committed. */
export interface Position {
  /** `<name>@<uuid>`. */
  readonly streamId: string
  readonly batch: number
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

/** What a source has for the next batch. */
export type Plan = (
  | { readonly range: Range }
  /** Nothing yet; look again after `recheckMs` even if no event comes. */
  | {
      readonly range: undefined
      readonly recheckMs: number | undefined
      /** Look again this often instead of watching: watching costs more. */
      readonly pollMs?: number | undefined
    }
) & {
  /** What there is to say to whoever follows the stream, each as a sentence without its full stop. */
  readonly notes?: readonly string[] | undefined
}

/** When and which batch a source is asked about. */
export interface BatchMoment {
  readonly batch: number
  readonly nowMs: number
  /** Since the run began. */
  readonly elapsedMs: number
  /** True when the run ends once nothing is left: what might still change is then not waited for. */
  readonly draining: boolean
}

/** Where new rows come from. A source is driven by one query at a time. */
export interface Source {
  readonly kind: string
  /** The name that its rows have in the stream's SQL. */
  readonly relation: string
  /** The columns of those rows. */
  readonly columns: Columns
  /** Folders whose changes are a hint that there may be new rows. */
  readonly watched: WatchedFolders
  /** Finishes or undoes what an earlier process left, given the last batch that was committed. */
  recover(last: Position | undefined): Promise<void>
  plan(after: Offset | null, limits: Limits, moment: BatchMoment): Promise<Plan>
  /** Whether something came since the last plan, which had nothing. Takes nothing. */
  hasNews(): Promise<boolean>
  /** From now on plans nothing that comes later: beside a busy writer a drain would never end. */
  pin(): Promise<void>
  /** How to read the last planned range. */
  inputOf(range: Range, moment: BatchMoment): Input
  /**
   * Makes sure that the last planned range will be there again after a power cut, while the engine reads it.
   * @returns how many rows reading it must return
   */
  hold(range: Range, moment: BatchMoment): Promise<number>
  /** Told after the batch was published everywhere. */
  finish(last: Position): Promise<void>
  /**
   * Told that staging the last planned range failed, other than by the disk, and how often by now.
   * @returns whether to plan again: the failure may pass, or the range has changed
   */
  refuse(error: unknown, failures: number): Promise<boolean>
  /**
   * Told that the process was short of something while it staged the last planned range: plans less from now on, as
   * the limits then say. Nothing that it read is blamed.
   * @param isLast  that the range is as small as it gets, and was tried often enough: it is left out where that can be
   * @returns whether the next plan has less, or another range
   */
  spare(isLast: boolean): Promise<boolean>
}

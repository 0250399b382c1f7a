import type { Input } from './input.ts'
import type { BatchDurations } from './progress.ts'
import type { Moment, Portion, Position } from './source.ts'

/** Where the rows of a stream go. Only the sink knows what was committed. */
export interface Sink<Rows = Input> {
  /**
   * Locks the sink for this process, finishes what an earlier process committed, and undoes what it did not. If that
   * fails, the sink is not locked.
   */
  recover(): Promise<Writer<Rows>>
}

/** A sink that is locked for this process until it is closed. */
export interface Writer<Rows = Input> {
  /** How far the stream had come; undefined before its first batch. */
  readonly last: Position | undefined
  /** What a person should know about it, each a sentence without its full stop. */
  readonly notes: readonly string[]
  /**
   * Commits a portion as a whole, or leaves nothing of it.
   * @throws if nothing can be written at all, or if it fails at the commit or after it: then it is not tried again
   */
  write(portion: Portion<Rows>, moment: Moment): Promise<Outcome>
  /** Calls the listener once what is done beside the batches fails: then the run has to end. */
  onFailure?(listener: (error: unknown) => void): void
  /**
   * Waits until nothing is done beside the batches; when the signal comes, it is given up.
   * @throws what it failed with
   */
  settle?(signal: AbortSignal): Promise<void>
  /** Called when the run ends well: removes what is kept only until the next batch. */
  idle(): Promise<void>
  /** Makes the current write fail soon. */
  interrupt(): void
  /** Releases the lock. */
  close(): Promise<void>
}

export type Outcome = { readonly kind: 'written'; readonly written: Written } | StageFailure

/** A batch that is committed and published. */
export interface Written {
  readonly position: Position
  readonly inputRows: number
  readonly inputFiles: number
  /** Table name → rows written. */
  readonly rows: Readonly<Record<string, number>>
  readonly durationMs: Pick<BatchDurations, 'stage' | 'sync' | 'commit' | 'publish'>
  /** What made its files, where an engine made some. */
  readonly engine?: BatchEngine
}

export interface BatchEngine {
  /** With its version. */
  readonly name: string
  /** Why it was chosen for this batch, as a clause; undefined where it was asked for by name. */
  readonly reason: string | undefined
}

/** Why a batch was not committed; nothing of it is left. */
export interface StageFailure {
  readonly kind: 'failed'
  /**
   * `disk`: it failed where another attempt writes other files. `lasting`: something that stays could not be made
   * durable, which is not tried again. `resources`: this process is short of something. `data`: all else.
   */
  readonly cause: 'disk' | 'lasting' | 'resources' | 'data'
  readonly error: unknown
}

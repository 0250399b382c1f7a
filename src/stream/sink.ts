import type { BatchDurations } from './progress.ts'
import type { Moment, Portion, Position } from './source.ts'

/** Where the rows of a stream go. It alone knows what was committed. */
export interface Sink {
  /**
   * Takes the sink for this process, finishes what an earlier one committed, and undoes what it did not. Where that
   * fails, others can take it.
   */
  recover(): Promise<Writer>
}

/** A sink that is this process's own until it is closed. */
export interface Writer {
  /** How far the stream had come; undefined before its first batch. */
  readonly last: Position | undefined
  /** What there is to say of it, each as a sentence without its full stop. */
  readonly notes: readonly string[]
  /**
   * Commits a portion whole, or leaves nothing of it.
   * @throws where nothing can be written at all, or at or after the commit: no other attempt follows
   */
  write(portion: Portion, moment: Moment): Promise<Outcome>
  /** Told that the run ends well: what stands only until the next batch goes. */
  idle(): Promise<void>
  /** Makes a write that is under way fail soon. */
  interrupt(): void
  /** Lets others take it. */
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
}

/** What kept a batch from being committed; nothing of it is left. */
export interface StageFailure {
  readonly kind: 'failed'
  /**
   * `disk`: it failed where another attempt writes other files. `lasting`: something that stays could not be made
   * durable, which is not tried again. `resources`: this process is short of something. `data`: all else.
   */
  readonly cause: 'disk' | 'lasting' | 'resources' | 'data'
  readonly error: unknown
}

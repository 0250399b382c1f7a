import type { SourceRunOptions } from '../sources/index.ts'
import type { LoopOptions } from '../stream/loop.ts'
import type { Limits } from '../stream/source.ts'
import type { LakeTable } from '../tables/table.ts'
import type { LakeSource, LakeStream } from './config/resolve.ts'
import type { ChosenEngine } from './config/resolveEngines.ts'
import type { Layout } from './layout.ts'
import type { OpenLake } from './openLake.ts'
import type { RunOptions } from './runOptions.ts'

/** What a run can run: a stream into tables, or the one that keeps the live aggregates. */
export interface Runnable extends Pick<LakeSource, 'isOnDemand' | 'measures' | 'folder'> {
  readonly name: string
  /** The options of a run that not all streams have and this one does. */
  readonly runOptions: readonly (keyof SourceRunOptions | 'rebuild')[]
  /** What should be changed in its config but is not an error, each as a sentence without its full stop. */
  readonly notes: readonly string[]
  /** The shortest time between two batches, unless the run says another. */
  readonly triggerMs: number
  readonly reads: readonly LakeTable[]
  readonly writes: readonly LakeTable[]
  /** The stream whose files an engine makes; undefined for the one that keeps the live aggregates: none does there. */
  readonly stream: LakeStream | undefined
  /** What ends a run of it: having taken what is there, if the run asks for that; a number of rows; or nothing. */
  endOf(options: RunOptions): 'drained' | 'counted' | 'never'
  /** What of its own files is wrong, each as a sentence: said also by runs of other streams. */
  faults(lake: OpenLake): Promise<readonly string[]>
  /** Where the error is kept that it stopped with. */
  errorFile(layout: Layout): string
  /** Begins a run, which may need several attempts; what they share is made with the first. */
  begin(lake: OpenLake, options: BegunRun): Attempts
}

/** A run of streams, with what makes the files of each. */
export interface BegunRun extends RunOptions {
  readonly engineOf: (stream: LakeStream) => ChosenEngine
}

export interface Attempts {
  /** Limits of a batch that differ from the usual ones. */
  readonly limits: Partial<Limits>
  /**
   * Puts the stream together for the next attempt.
   * @param signal  once it is aborted, what takes long is given up
   * @throws LakeError if it does not fit the lake
   */
  open(signal: AbortSignal): Promise<OpenStream>
}

export interface OpenRunOptions extends LoopOptions {
  /** Called with how far an engine is with the batch that it works on, in a few words. */
  readonly onProgress?: (text: string) => void
}

/** A stream that was checked and put together. */
export interface OpenStream {
  /** @throws LakeError when a batch fails for good, or another process runs the stream */
  run(options: OpenRunOptions): Promise<void>
  close(): Promise<void>
}

/** Whether one writes what another reads. */
export function isFedBy(downstream: Runnable, upstream: Runnable): boolean {
  return downstream !== upstream && downstream.reads.some((table) => upstream.writes.includes(table))
}

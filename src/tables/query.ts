import type { TableHead } from '../delta/snapshot.ts'
import { exhaustedResource, type Resource } from '../duckdb/resourceErrors.ts'
import { StandingSyncError } from '../files/barriers.ts'
import { batchError, diskError, interruptedError, isDiskError, sparedError, stoppedError } from '../stream/failures.ts'
import { SparingLimits } from '../stream/limits.ts'
import { type BatchProgress, StepTimer } from '../stream/progress.ts'
import type { BatchMoment, Limits, Plan, Range } from '../stream/source.ts'
import { nextWaitMs, triggerWaitMs } from '../stream/trigger.ts'
import { FolderWatcher } from '../stream/watcher.ts'
import { dropStaged, runBatch, StageError, type StreamParts } from './batch.ts'
import type { CommitRecord } from './record.ts'
import { probeTargets, type RecoveredStream, recoverStream } from './recover.ts'

/** How often a range is tried while the disk fails, and how long to wait in between. */
const DISK_TRIES = 3
const DISK_RETRY_MS = 1_000
/**
 * How often a batch that takes the least is tried while the process is short of something, with a pause between. Then
 * its file is left out where the source can do that, for so long as it may be the file that asks for much.
 */
const RESOURCE_TRIES = 3
const MAX_RESOURCE_TRIES = 8
const RESOURCE_RETRY_MS = 1_000
/** How long an interrupted run lets its batch go on before it is abandoned. */
const FINISH_GRACE_MS = 2_000

/** How often the batch at hand has failed. */
interface Failures {
  ofDisk: number
  ofData: number
  /** Those of a batch that took the least that it can. */
  ofLeast: number
}

export interface QueryOptions {
  readonly limits: Limits
  /** The least time between the starts of two batches, in milliseconds. */
  readonly triggerMs: number
  /** Look this often instead of waiting for file system events, in milliseconds. */
  readonly pollMs: number | undefined
  /** Stop when nothing is left and `upstream` has ended. */
  readonly availableNow: boolean
  /** When the run began, on the clock's `monotonicMs`. */
  readonly startedMs: number
  /** When the run ends by itself, on the clock's `monotonicMs`. */
  readonly deadlineMs: number | undefined
  /** Ends when the streams that feed this one, in the same run, have ended. */
  readonly upstream: Promise<unknown>
  readonly signal: AbortSignal
  readonly onStart: (batches: number) => void
  /** Awaited before the next batch is planned. */
  readonly onBatch: (progress: BatchProgress) => unknown
  /** Told, in a sentence, what a person should know of the stream and what is no error. */
  readonly onNote: (text: string) => void
}

/** One run of one stream: recovers, then turns what its source has into batches until it is told to stop. */
export class StreamingQuery {
  readonly #parts: StreamParts
  readonly #loadHeads: () => Promise<ReadonlyMap<string, TableHead>>
  readonly #options: QueryOptions
  readonly #limits: SparingLimits
  /** Whether it is known that staged files can be linked into the tables. */
  #isProbed = false

  constructor(parts: StreamParts, loadHeads: () => Promise<ReadonlyMap<string, TableHead>>, options: QueryOptions) {
    this.#parts = parts
    this.#loadHeads = loadHeads
    this.#options = options
    this.#limits = new SparingLimits(options.limits)
  }

  /** Runs to the end. @throws LakeError when a batch fails for good, or the stream is held by another process */
  async run(): Promise<void> {
    const { checkpoint, disk, clock, lakeFolder, name } = this.#parts
    try {
      await checkpoint.make(disk, lakeFolder)
      const lock = await checkpoint.lock(name, clock)
      try {
        // Who held the lock may have emptied the stream meanwhile, folders and all.
        await checkpoint.make(disk, lakeFolder)
        await this.#runLocked()
      } finally {
        lock.release()
      }
    } catch (error) {
      throw stoppedError(name, error)
    }
  }

  async #runLocked(): Promise<void> {
    const { source } = this.#parts
    let upstreamEnded = false
    const noteEnd = (): void => {
      upstreamEnded = true
    }
    const upstreamEnd = this.#options.upstream.then(noteEnd, noteEnd)
    let state = await recoverStream(this.#parts, this.#loadHeads)
    this.#options.onStart(state.last?.batch ?? 0)
    this.#noteChangedSelect(state.last)
    const watcher = new FolderWatcher(source.watched, (code) => this.#noteLack(code))
    let isPinned = false
    let batchStartMs = Number.NEGATIVE_INFINITY
    void upstreamEnd.then(() => watcher.wake())
    try {
      while (!this.#options.signal.aborted) {
        // Read before the look, so that what arrived before the end is seen by the last look.
        const isPastDeadline = this.#isPastDeadline()
        const isDrained = this.#options.availableNow && upstreamEnded
        if (isDrained && !isPinned) await source.pin()
        isPinned = isDrained
        const startMs = this.#parts.clock.monotonicMs()
        const [plan, next] = await this.#step(state)
        state = next
        if (isPastDeadline || (plan.range === undefined && isDrained)) break
        if (plan.range !== undefined) batchStartMs = startMs
        await this.#wait(watcher, plan, batchStartMs)
      }
      await dropStaged(this.#parts, state.last)
    } finally {
      await watcher.close()
    }
  }

  /** Rows of the old SELECT and of the new one stand in one table: nobody should learn that from a report. */
  #noteChangedSelect(last: CommitRecord | undefined): void {
    const { name, sqlHash } = this.#parts
    if (last === undefined || last.sqlHash === sqlHash) return
    this.#options.onNote(
      `its SQL has changed since batch ${last.batch}, and what that and earlier batches made stays as it is; ` +
        `to make all of it again: lakeweir run ${name} --fresh`,
    )
  }

  /** Without events a stream is slower to wake, which a person may wonder about; not where it soon ends anyway. */
  #noteLack(code: string): void {
    if (this.#options.availableNow) return
    const folders = this.#parts.source.watched.folders.join(', ')
    this.#options.onNote(
      `the system does not let it watch ${folders} (${code}), so it looks there every second; ` +
        'on Linux fs.inotify.max_user_watches and max_user_instances are the limits',
    )
  }

  #isPastDeadline(): boolean {
    const { deadlineMs } = this.#options
    return deadlineMs !== undefined && this.#parts.clock.monotonicMs() >= deadlineMs
  }

  /** Time into the run. It ends with the run's, so that a generator makes what that asks for and no more. */
  #elapsedMs(): number {
    const { startedMs, deadlineMs } = this.#options
    return Math.min(this.#parts.clock.monotonicMs(), deadlineMs ?? Number.POSITIVE_INFINITY) - startedMs
  }

  /** Plans one batch and runs it, trying again where that can help. */
  async #step(state: RecoveredStream): Promise<[Plan, RecoveredStream]> {
    const { source, clock } = this.#parts
    const after = state.last?.source.end ?? null
    const failures: Failures = { ofDisk: 0, ofData: 0, ofLeast: 0 }
    for (;;) {
      const timer = new StepTimer(() => clock.monotonicMs())
      const moment: BatchMoment = {
        batch: (state.last?.batch ?? 0) + 1,
        nowMs: clock.nowMs(),
        elapsedMs: this.#elapsedMs(),
        draining: this.#options.availableNow,
      }
      const plan = await source.plan(after, this.#limits.now, moment)
      for (const note of plan.notes ?? []) this.#options.onNote(note)
      if (plan.range === undefined) return [plan, state]
      if (this.#options.signal.aborted) return [{ range: undefined, recheckMs: undefined }, state]
      if (!this.#isProbed) await probeTargets(this.#parts)
      this.#isProbed = true
      try {
        const [record, progress] = await this.#abandonable((signal) =>
          runBatch(this.#parts, { ...state, moment, timer, signal }, plan.range),
        )
        this.#limits.grow()
        await this.#options.onBatch(progress)
        return [plan, { ...state, last: record }]
      } catch (error) {
        await this.#settle(error, failures, moment.batch, plan)
      }
    }
  }

  /** Returns when the range, or what is left of it, should be tried again; throws when it should not. */
  async #settle(error: unknown, failures: Failures, batch: number, plan: Plan): Promise<void> {
    if (!(error instanceof StageError) || plan.range === undefined) throw error
    const { source, name, clock } = this.#parts
    if (this.#options.signal.aborted) throw interruptedError(name, batch)
    if (error.cause instanceof StandingSyncError) throw diskError(name, batch, 1, error.cause)
    const resource = exhaustedResource(error.cause)
    if (resource !== undefined) return this.#spare(resource, error.cause, failures, batch, plan.range)
    if (isDiskError(error.cause)) {
      failures.ofDisk += 1
      if (failures.ofDisk >= DISK_TRIES) throw diskError(name, batch, DISK_TRIES, error.cause)
      return clock.sleep(DISK_RETRY_MS, this.#options.signal)
    }
    failures.ofData += 1
    if (!(await source.refuse(error.cause, failures.ofData))) throw batchError(name, batch, error.cause)
  }

  /** The process is short of something: the batch is tried with less at once, and then with pauses. */
  async #spare(resource: Resource, cause: unknown, failures: Failures, batch: number, range: Range): Promise<void> {
    const { source, name, clock } = this.#parts
    this.#limits.shrink(range)
    const isLeast = range.fileCount <= 1
    if (isLeast) failures.ofLeast += 1
    const isLast = failures.ofLeast >= RESOURCE_TRIES
    const isLess = await source.spare(isLast)
    if ((isLast && !isLess) || failures.ofLeast >= MAX_RESOURCE_TRIES) throw sparedError(name, batch, resource, cause)
    if (isLeast) await clock.sleep(RESOURCE_RETRY_MS, this.#options.signal)
  }

  /** Runs a batch; once the run is interrupted it has a moment to finish, then its stage is abandoned. */
  async #abandonable<T>(batch: (abandoned: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = this.#options
    const abandoned = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const stopSoon = (): void => {
      timer = setTimeout(() => abandoned.abort(), FINISH_GRACE_MS)
    }
    signal.addEventListener('abort', stopSoon, { once: true })
    try {
      return await batch(abandoned.signal)
    } finally {
      signal.removeEventListener('abort', stopSoon)
      clearTimeout(timer)
    }
  }

  async #wait(watcher: FolderWatcher, plan: Plan, batchStartMs: number): Promise<void> {
    const { triggerMs, pollMs, deadlineMs, signal, availableNow } = this.#options
    const nowMs = this.#parts.clock.monotonicMs()
    if (plan.range === undefined) {
      const polledMs = pollMs ?? plan.pollMs
      await watcher.wait({
        delayMs: nextWaitMs({ recheckMs: plan.recheckMs, pollMs: polledMs, deadlineMs, nowMs }),
        signal,
        isPolled: polledMs !== undefined,
        hasNews: () => this.#parts.source.hasNews(),
      })
    }
    if (availableNow) return
    const waitMs = triggerWaitMs({ triggerMs, batchStartMs, deadlineMs, nowMs: this.#parts.clock.monotonicMs() })
    if (waitMs > 0) await this.#parts.clock.sleep(waitMs, signal)
  }
}

import type { LakeError } from '../errors.ts'
import type { Clock, Timer } from './clock.ts'
import { batchError, cleanUpError, diskError, interruptedError, sparedError, stoppedError } from './failures.ts'
import { SparingLimits } from './limits.ts'
import {
  afterFailure,
  afterRefusal,
  type Fail,
  type Failures,
  type Look,
  NO_FAILURES,
  type Now,
  nextStep,
  type Pace,
  type Phase,
  type Step,
} from './pace.ts'
import { type BatchDurations, type BatchProgress, StepTimer, tenths } from './progress.ts'
import type { Sink, StageFailure, Writer, Written } from './sink.ts'
import type { Feed, Limits, Moment, Portion, Position, Refusal, Source, Watch } from './source.ts'

/** How long an interrupted run waits for its batch before it abandons it. */
const FINISH_GRACE_MS = 2_000

/** A stream moves rows from a source to a sink, one batch at a time. */
export interface StreamParts<Rows> {
  readonly name: string
  readonly source: Source<Rows>
  readonly sink: Sink<Rows>
  readonly clock: Clock
}

export interface LoopOptions extends Pace {
  readonly limits: Limits
  /** When the run began, by the clock's `monotonicMs`. */
  readonly startedMs: number
  /** Ends when the streams that feed this one in the same run have ended. */
  readonly upstream: Promise<unknown>
  readonly signal: AbortSignal
  /** With what a person should know of how it starts, in sentences. */
  readonly onStart: (batches: number, notes: readonly string[]) => void
  /** Awaited before the next batch is planned. */
  readonly onBatch: (progress: BatchProgress) => unknown
  /** Called with a sentence about the stream that a person should read, but that is not an error. */
  readonly onNote: (text: string) => void
}

/**
 * Recovers a stream, then turns what its source has into batches until the run ends.
 * @throws LakeError when a batch fails for good, or another process runs the stream
 */
export async function runLoop<Rows>(parts: StreamParts<Rows>, options: LoopOptions): Promise<void> {
  const upstream = new Upstream(options.upstream)
  try {
    const writer = await parts.sink.recover()
    try {
      const feed = await parts.source.resume(writer.last)
      try {
        await new Loop(parts, feed, writer, upstream, options).run()
      } finally {
        await feed.close()
      }
    } finally {
      await writer.close()
    }
  } catch (error) {
    throw stoppedError(parts.name, error)
  }
}

/** Whether the streams that feed this one have ended. */
class Upstream {
  hasEnded = false
  /** Called when they do. */
  onEnd: () => void = () => undefined

  constructor(upstream: Promise<unknown>) {
    const noteEnd = (): void => {
      this.hasEnded = true
      this.onEnd()
    }
    void upstream.then(noteEnd, noteEnd)
  }
}

/** Carries out what `pace.ts` decides. */
class Loop<Rows> {
  readonly #name: string
  readonly #clock: Clock
  readonly #feed: Feed<Rows>
  readonly #writer: Writer<Rows>
  readonly #upstream: Upstream
  readonly #options: LoopOptions
  readonly #limits: SparingLimits
  #last: Position | undefined
  #lastBatchMs = Number.NEGATIVE_INFINITY
  /** What the writer's work beside the batches failed with. */
  #failed: { readonly error: unknown } | undefined
  /** Ends the current wait. */
  #wake: () => void = () => undefined

  constructor(
    { name, clock }: StreamParts<Rows>,
    feed: Feed<Rows>,
    writer: Writer<Rows>,
    upstream: Upstream,
    options: LoopOptions,
  ) {
    this.#name = name
    this.#clock = clock
    this.#feed = feed
    this.#writer = writer
    this.#upstream = upstream
    this.#options = options
    this.#limits = new SparingLimits(options.limits)
    this.#last = writer.last
  }

  async run(): Promise<void> {
    this.#upstream.onEnd = () => this.#wake()
    this.#options.onStart(this.#last?.batch ?? 0, this.#writer.notes)
    this.#writer.onFailure?.((error) => {
      this.#failed = { error }
      this.#wake()
    })
    let phase: Phase = { after: 'start' }
    for (;;) {
      if (this.#failed !== undefined) throw this.#failed.error
      const step = nextStep(this.#options, this.#now(), phase)
      if (step.do === 'stop') {
        await this.#writer.settle?.(this.#options.signal)
        return this.#writer.idle()
      }
      phase = await this.#carryOut(step)
    }
  }

  #now(): Now {
    return {
      nowMs: this.#clock.monotonicMs(),
      isAborted: this.#options.signal.aborted,
      isUpstreamEnded: this.#upstream.hasEnded,
      lastBatchMs: this.#lastBatchMs,
    }
  }

  async #carryOut(step: Exclude<Step, { do: 'stop' }>): Promise<Phase> {
    const { look } = step
    if (step.do === 'wait') {
      await this.#wait(step.delayMs, step.isWatched)
      return { after: 'wait', look }
    }
    if (step.do === 'rest') {
      await this.#clock.sleep(step.delayMs, this.#options.signal)
      return { after: 'rest', look }
    }
    if (step.pins) await this.#feed.pin()
    return this.#look(look)
  }

  /** Asks for a portion and writes it; tries again where that can help. */
  async #look(look: Look): Promise<Phase> {
    let failures = NO_FAILURES
    for (;;) {
      const timer = new StepTimer(() => this.#clock.monotonicMs())
      const moment = this.#moment()
      const found = await this.#feed.next(this.#limits.now, moment)
      this.#tell(found.notes)
      if (found.kind === 'idle') return { after: 'idle', look, recheckMs: found.recheckMs, pollMs: found.pollMs }
      if (this.#options.signal.aborted) return { after: 'wait', look } // an interrupted run begins no batch
      const planMs = timer.step()
      const outcome = await this.#abandonable(() => this.#writer.write(found, moment))
      if (outcome.kind === 'written') {
        await this.#finish(found, outcome.written, planMs, timer)
        this.#lastBatchMs = look.startMs
        return { after: 'batch', look }
      }
      failures = await this.#handleFailure(found, outcome, failures, moment.batch)
    }
  }

  #moment(): Moment {
    const { startedMs, deadlineMs, availableNow } = this.#options
    // Time stops at the run's deadline, so that a generator makes no rows beyond it.
    const nowMs = Math.min(this.#clock.monotonicMs(), deadlineMs ?? Number.POSITIVE_INFINITY)
    return {
      batch: (this.#last?.batch ?? 0) + 1,
      nowMs: this.#clock.nowMs(),
      elapsedMs: nowMs - startedMs,
      draining: availableNow,
    }
  }

  /** Runs a write. Once the run is interrupted, the write has a moment to finish and is then made to fail. */
  async #abandonable<T>(write: () => Promise<T>): Promise<T> {
    const { signal } = this.#options
    let timer: Timer | undefined
    const stopSoon = (): void => {
      timer = this.#clock.after(FINISH_GRACE_MS, () => this.#writer.interrupt())
    }
    signal.addEventListener('abort', stopSoon, { once: true })
    try {
      return await write()
    } finally {
      signal.removeEventListener('abort', stopSoon)
      timer?.cancel()
    }
  }

  async #finish(portion: Portion<Rows>, written: Written, planMs: number, timer: StepTimer): Promise<void> {
    const { position } = written
    this.#last = position
    const writeMs = timer.step()
    try {
      await portion.finish(position)
    } catch (cause) {
      throw cleanUpError(this.#name, position.batch, cause)
    }
    const finishMs = timer.step()
    const { stage, sync, commit, publish } = written.durationMs
    const durationMs = {
      // What a sink does once in a run, before it stages, counts as planning.
      plan: tenths(planMs + Math.max(0, writeMs - stage - sync - commit - publish)),
      stage,
      sync,
      commit,
      publish: tenths(publish + finishMs),
      total: timer.totalMs(),
    }
    const { newestMs } = portion.range
    const lagMs = newestMs === undefined ? null : this.#clock.nowMs() - newestMs
    this.#limits.grow()
    await this.#options.onBatch(progressOf(this.#name, written, durationMs, lagMs))
  }

  /** Returns if the portion, or what is left of it, should be tried again; throws if not. */
  async #handleFailure(
    portion: Portion<Rows>,
    failure: StageFailure,
    failures: Failures,
    batch: number,
  ): Promise<Failures> {
    const { cause, error } = failure
    const { fileCount } = portion.range
    const next = afterFailure({ cause, fileCount, isAborted: this.#options.signal.aborted, failures })
    if (next.do === 'fail') throw this.#errorOf(next, batch, error)
    if (next.do === 'retry') {
      await this.#clock.sleep(next.delayMs, this.#options.signal)
      return next.failures
    }
    if (next.cause === 'resources') this.#limits.shrink(portion.range)
    const refusal: Refusal =
      next.cause === 'resources'
        ? { kind: 'resources', isLast: next.isLast }
        : { kind: 'data', error, failures: next.failures.ofData }
    const then = afterRefusal(next, await portion.refuse(refusal))
    if (then.do === 'fail') throw this.#errorOf(then, batch, error)
    if (then.delayMs > 0) await this.#clock.sleep(then.delayMs, this.#options.signal)
    return next.failures
  }

  #errorOf({ cause, tries }: Fail, batch: number, error: unknown): LakeError {
    if (cause === 'interrupted') return interruptedError(this.#name, batch)
    if (cause === 'disk') return diskError(this.#name, batch, tries, error)
    return cause === 'resources' ? sparedError(this.#name, batch, error) : batchError(this.#name, batch, error)
  }

  /** Waits until something may have changed, or the delay is over. */
  async #wait(delayMs: number, isWatched: boolean): Promise<void> {
    const { signal, availableNow } = this.#options
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    const wake = this.#wake
    signal.addEventListener('abort', wake, { once: true })
    const timers = [this.#clock.after(delayMs, wake)]
    let watch: Watch | undefined
    try {
      if (isWatched) {
        watch = await this.#feed.watch(wake)
        if (watch.recheckMs !== undefined) timers.push(this.#clock.after(watch.recheckMs, wake))
        // That a stream without events wakes later matters little to one that soon ends.
        if (!availableNow) this.#tell(watch.notes)
      }
      await woken
    } finally {
      this.#wake = () => undefined
      signal.removeEventListener('abort', wake)
      for (const timer of timers) timer.cancel()
      await watch?.close()
    }
  }

  #tell(notes: readonly string[]): void {
    for (const note of notes) this.#options.onNote(note)
  }
}

function progressOf(
  stream: string,
  { position, inputRows, inputFiles, rows, engine }: Written,
  durationMs: BatchDurations,
  lagMs: number | null,
): BatchProgress {
  return {
    stream,
    batch: position.batch,
    batchTime: position.batchTime,
    inputRows,
    inputFiles,
    rows,
    startOffset: position.source.start,
    endOffset: position.source.end,
    durationMs,
    rowsPerSecond: Math.round(inputRows / Math.max(durationMs.total / 1000, 0.0001)),
    lagMs: lagMs === null ? null : Math.max(0, tenths(lagMs)),
    ...(engine === undefined ? {} : { engine: engine.name }),
    ...(engine?.reason === undefined ? {} : { engineReason: engine.reason }),
  }
}

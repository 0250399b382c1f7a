import { LakeError } from '../errors.ts'
import type { SourceRunOptions } from '../sources/index.ts'
import { orExhausted } from '../stream/failures.ts'
import type { BatchProgress } from '../stream/progress.ts'
import { isFault, MAX_DRAIN_RETRIES, mayPass, retryPauseMs } from '../stream/retry.ts'
import type { Limits, Source } from '../stream/source.ts'
import { forgetError, keepError } from '../tables/lastError.ts'
import { chosenStreams } from './byName.ts'
import type { LakeStream } from './config/resolve.ts'
import { feeds } from './config/resolveStreams.ts'
import { engineLimits, openEngine, shapeOf, targetsOf } from './engine.ts'
import { lakeSqlAfterStarts } from './lakeSqlFile.ts'
import type { OpenLake } from './openLake.ts'
import { openStream } from './openStream.ts'
import { withPrepared } from './prepare.ts'
import { placeOf } from './sources.ts'

/** The most that one batch takes where neither the source nor the caller sets a limit. */
const DEFAULT_LIMITS: Limits = { maxFiles: 10_000, maxRows: 50_000_000, maxBytes: 16 * 1024 ** 3 }

export interface RunOptions extends SourceRunOptions {
  /** The names of the streams; empty: all except generated ones. */
  readonly streams: readonly string[]
  readonly limits?: Partial<Limits>
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
  readonly signal?: AbortSignal
  readonly onStart?: (stream: string, batches: number) => void
  /**
   * Called for each batch once it is in its tables. If it returns a promise, its stream waits for that before the next
   * batch; if it throws or rejects, the run stops and fails with exactly that.
   */
  readonly onBatch?: (progress: BatchProgress) => unknown
  /** Called with a sentence that a person should know about a stream and that is not an error. */
  readonly onNote?: (stream: string, text: string) => void
  /** Called for each failure of a stream when it happens; the run throws the worst at its end. */
  readonly onFailure?: (failure: StreamFailure) => void
}

/** Carries what a callback threw through a run, so that the run does not treat it as a failure of its own. */
export class CallbackError extends Error {
  readonly thrown: unknown

  constructor(thrown: unknown) {
    super('a callback failed')
    this.name = 'CallbackError'
    this.thrown = thrown
  }
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

/**
 * Runs streams until they are done, the signal is aborted or the lake is closed, and writes `lake.sql` meanwhile.
 * @throws LakeError the worst of the streams that failed for good, once all have ended: each fails alone
 * @throws what `onBatch` throws
 */
export async function runStreams(lake: OpenLake, options: RunOptions): Promise<void> {
  try {
    await withPrepared(lake, () => runAndWrite(lake, options))
  } catch (error) {
    throw error instanceof CallbackError ? error.thrown : error
  }
}

async function runAndWrite(lake: OpenLake, options: RunOptions): Promise<void> {
  const lakeSql = lakeSqlAfterStarts(lake, chosenStreams(lake.config, options.streams))
  const signals = [lake.lifetime.signal, lakeSql.failed, ...(options.signal === undefined ? [] : [options.signal])]
  const onStart: RunOptions['onStart'] = (stream, batches) => {
    lakeSql.onStart(stream)
    options.onStart?.(stream, batches)
  }
  try {
    await runAll(lake, { ...options, signal: AbortSignal.any(signals), onStart })
  } finally {
    await lakeSql.written()
  }
}

/**
 * Runs streams side by side. One that fails for a reason that may pass is tried again; one that fails for good ends
 * alone, and the streams that it feeds take what is there.
 * @throws the worst error in the end
 */
async function runAll(lake: OpenLake, options: RunOptions): Promise<void> {
  const streams = chosenStreams(lake.config, options.streams)
  const startedMs = lake.clock.monotonicMs()
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal])
  for (const { name, notes } of streams) for (const note of notes) options.onNote?.(name, note)
  const ends = new Map<string, Promise<void>>()
  for (const stream of inFlowOrder(streams)) {
    const upstream = streams.filter((other) => other !== stream && feeds(other, stream))
    const ended = Promise.allSettled(upstream.map(({ name }) => ends.get(name)))
    const attempts = { startedMs, upstream: ended, source: undefined, startNotes: [] }
    const run = runWithRetries(lake, stream, { ...options, signal }, attempts)
    // The abort is on the promise that others wait for: downstream sees it before it sees the end of its upstream.
    ends.set(
      stream.name,
      run.catch((error: unknown) => {
        if (error instanceof CallbackError) stop.abort()
        throw error
      }),
    )
  }
  const outcomes = await Promise.allSettled(ends.values())
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
  const [worst] = errors.toSorted((one, other) => severityOf(other) - severityOf(one))
  if (worst !== undefined) throw worst
}

/** Exit codes, least severe first: interrupted, run by another process, called wrongly, failed. */
const EXIT_CODES_BY_SEVERITY: readonly number[] = [130, 4, 2, 1]

function severityOf(error: unknown): number {
  return error instanceof LakeError ? EXIT_CODES_BY_SEVERITY.indexOf(error.exitCode) : EXIT_CODES_BY_SEVERITY.length
}

/** What all attempts at running a stream share. */
interface Attempts {
  readonly startedMs: number
  /** Ends when the streams that feed this one have ended. */
  readonly upstream: Promise<unknown>
  /** Kept between attempts: a generator counts its rows from its first start, and a new one would make them again. */
  source: Source | undefined
  /** The notes of the last start: a retry passes on only new ones. */
  startNotes: readonly string[]
}

/** Runs a stream until it ends well, or fails for good. */
async function runWithRetries(
  lake: OpenLake,
  stream: LakeStream,
  options: RunOptions & { readonly signal: AbortSignal },
  attempts: Attempts,
): Promise<void> {
  const { clock, disk } = lake
  const checkpoint = lake.layout.checkpoint(stream)
  const { signal } = options
  let failures = 0
  const onBatch = (progress: BatchProgress): unknown => {
    failures = 0
    return options.onBatch?.(progress)
  }
  for (;;) {
    try {
      await runStream(lake, stream, { ...options, onBatch }, attempts)
      return await forgetError(disk, checkpoint)
    } catch (cause) {
      if (cause instanceof CallbackError) throw cause
      // Whatever it was doing: a SELECT that could not be checked for lack of memory is not a faulty SELECT.
      const error = orExhausted(cause)
      if (isFault(error)) await keepError(disk, checkpoint, error, clock.nowMs())
      failures += 1
      const pauseMs = retryPauseMs(failures)
      const leftMs = attempts.startedMs + (options.forMs ?? Number.POSITIVE_INFINITY) - clock.monotonicMs()
      const isLast = options.retry === false || (options.availableNow === true && failures > MAX_DRAIN_RETRIES)
      const retryMs = mayPass(error) && !isLast && !signal.aborted && pauseMs < leftMs ? pauseMs : undefined
      options.onFailure?.({ stream: stream.name, error, failures, retryMs })
      if (retryMs === undefined) throw error
      await clock.sleep(retryMs, signal)
      if (signal.aborted) throw error
    }
  }
}

/** Each stream after those that feed it; a lake has no circles. */
function inFlowOrder(streams: readonly LakeStream[]): LakeStream[] {
  const ordered: LakeStream[] = []
  const waiting = [...streams]
  while (waiting.length > 0) {
    const index = waiting.findIndex((stream) => !waiting.some((other) => other !== stream && feeds(other, stream)))
    ordered.push(...waiting.splice(index, 1))
  }
  return ordered
}

async function runStream(
  lake: OpenLake,
  stream: LakeStream,
  options: RunOptions & { readonly signal: AbortSignal },
  attempts: Attempts,
): Promise<void> {
  const { disk, clock, layout, config, database } = lake
  const { startedMs, upstream } = attempts
  attempts.source ??= await stream.source.open(placeOf(lake, stream), options)
  const opened = await openStream({
    name: stream.name,
    source: attempts.source,
    shape: shapeOf(lake, stream),
    inputKind: stream.source.input,
    variables: await stream.source.sampleVariables(),
    openEngine: () => openEngine(lake),
    limits: engineLimits(lake),
    targets: targetsOf(lake, stream),
    checkpoint: layout.checkpoint(stream),
    lakeFolder: config.root,
    connect: () => database.connect(),
    disk,
    clock,
  })
  try {
    await opened.run({
      limits: { ...DEFAULT_LIMITS, ...stream.source.limits, ...options.limits },
      triggerMs: options.triggerMs ?? stream.triggerMs,
      pollMs: options.pollMs,
      availableNow: options.availableNow === true || stream.source.endOf(options) === 'counted',
      startedMs,
      deadlineMs: options.forMs === undefined ? undefined : startedMs + options.forMs,
      upstream,
      signal: options.signal,
      onStart: (batches, notes) => {
        options.onStart?.(stream.name, batches)
        for (const note of notes) if (!attempts.startNotes.includes(note)) options.onNote?.(stream.name, note)
        attempts.startNotes = notes
      },
      onBatch: async (progress) => {
        try {
          await options.onBatch?.(progress)
        } catch (thrown) {
          throw new CallbackError(thrown)
        }
      },
      onNote: (text) => options.onNote?.(stream.name, text),
    })
  } finally {
    await opened.close()
  }
}

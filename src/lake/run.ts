import { LakeError } from '../errors.ts'
import { orExhausted } from '../stream/failures.ts'
import type { BatchProgress } from '../stream/progress.ts'
import { isFault, MAX_DRAIN_RETRIES, mayPass, retryPauseMs } from '../stream/retry.ts'
import type { Limits } from '../stream/source.ts'
import { forgetError, keepError } from '../tables/lastError.ts'
import { chosenOf } from './byName.ts'
import { lakeSqlAfterStarts } from './lakeSqlFile.ts'
import type { OpenedLive } from './live/openLive.ts'
import { tellingOnce } from './noting.ts'
import type { OpenLake } from './openLake.ts'
import { withPrepared } from './prepare.ts'
import { runEngines } from './runEngines.ts'
import { type Attempts, type BegunRun, isFedBy, type Runnable } from './runnable.ts'
import { runnablesOf } from './runnables.ts'
import type { RunOptions } from './runOptions.ts'
import { FileTending } from './upkeep/tendFiles.ts'
import { LogTending } from './upkeep/tendLogs.ts'

/** The most that one batch takes where neither the source nor the caller sets a limit. */
const DEFAULT_LIMITS: Limits = { maxFiles: 10_000, maxRows: 50_000_000, maxBytes: 16 * 1024 ** 3 }

/** Carries what a callback threw through a run, so that the run does not treat it as a failure of its own. */
export class CallbackError extends Error {
  readonly thrown: unknown

  constructor(thrown: unknown) {
    super('a callback failed')
    this.name = 'CallbackError'
    this.thrown = thrown
  }
}

/**
 * Runs streams until they are done, the signal is aborted or the lake is closed, and writes `lake.sql` meanwhile.
 * @throws LakeError the worst of the streams that failed for good, once all have ended: each fails alone
 * @param opened  the live aggregates, where they are open already, as for a server
 * @throws what `onBatch` throws
 */
export async function runStreams(lake: OpenLake, options: RunOptions, opened?: OpenedLive): Promise<void> {
  try {
    await withPrepared(lake, () => runAndWrite(lake, options, runnablesOf(lake.config, opened)))
  } catch (error) {
    throw error instanceof CallbackError ? error.thrown : error
  }
}

async function runAndWrite(lake: OpenLake, options: RunOptions, all: readonly Runnable[]): Promise<void> {
  const streams = chosenOf(all, options.streams)
  const { engineOf, notes } = runEngines(lake.config, streams, options)
  for (const [name, note] of notes) options.onNote?.(name, note)
  const others = all.filter(({ name }) => !streams.some((stream) => stream.name === name))
  const lakeSql = lakeSqlAfterStarts(lake, streams)
  const told = tellFaults(lake, others, options)
  const signals = [lake.lifetime.signal, lakeSql.failed, ...(options.signal === undefined ? [] : [options.signal])]
  const onStart: RunOptions['onStart'] = (stream, batches) => {
    lakeSql.onStart(stream)
    options.onStart?.(stream, batches)
  }
  const signal = AbortSignal.any(signals)
  const onUpkeep = tellingOnce((stream, text) => options.onNote?.(stream, text))
  const files = new FileTending(lake, streams, signal, onUpkeep)
  const logs = new LogTending(lake, streams, signal, onUpkeep)
  const onBatch: RunOptions['onBatch'] = (progress) => {
    files.onBatch(progress.stream)
    logs.onBatch(progress.stream)
    return options.onBatch?.(progress)
  }
  try {
    await runAll(lake, streams, { ...options, signal, onStart, onBatch, engineOf })
  } finally {
    await files.end()
    await logs.end()
    await told
    await lakeSql.written()
  }
}

/** Says what is wrong with streams that the run leaves out: else it is found only by the run that needs them. */
async function tellFaults(lake: OpenLake, others: readonly Runnable[], { onNote }: RunOptions): Promise<void> {
  for (const stream of others) {
    const faults = await stream.faults(lake).catch(() => []) // the run itself meets what else may be wrong
    for (const fault of faults) onNote?.(stream.name, fault)
  }
}

/**
 * Runs streams side by side. One that fails for a reason that may pass is tried again; one that fails for good ends
 * alone, and the streams that it feeds take what is there.
 * @throws the worst error in the end
 */
async function runAll(lake: OpenLake, streams: readonly Runnable[], options: BegunRun): Promise<void> {
  const startedMs = lake.clock.monotonicMs()
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal])
  for (const { name, notes } of streams) for (const note of notes) options.onNote?.(name, note)
  const ends = new Map<string, Promise<void>>()
  for (const stream of inFlowOrder(streams)) {
    const upstream = streams.filter((other) => isFedBy(stream, other))
    const ended = Promise.allSettled(upstream.map(({ name }) => ends.get(name)))
    const tries = { ...stream.begin(lake, options), startedMs, upstream: ended, startNotes: [] }
    const run = runWithRetries(lake, stream, { ...options, signal }, tries)
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

/** All attempts at running a stream, and what they share. */
interface Tries extends Attempts {
  readonly startedMs: number
  /** Ends when the streams that feed this one have ended. */
  readonly upstream: Promise<unknown>
  /** The notes of the last start: a retry passes on only new ones. */
  startNotes: readonly string[]
}

/** Runs a stream until it ends well, or fails for good. */
async function runWithRetries(
  lake: OpenLake,
  stream: Runnable,
  options: RunOptions & { readonly signal: AbortSignal },
  tries: Tries,
): Promise<void> {
  const { clock, disk } = lake
  const errorFile = stream.errorFile(lake.layout)
  const { signal } = options
  let failures = 0
  let hasError = true
  const onBatch = async (progress: BatchProgress): Promise<unknown> => {
    failures = 0
    // By its time alone an error would look new for as long as a clock is behind that has jumped back since.
    if (hasError) await forgetError(disk, errorFile)
    hasError = false
    return options.onBatch?.(progress)
  }
  for (;;) {
    try {
      await runStream(stream, { ...options, onBatch }, tries)
      return await forgetError(disk, errorFile)
    } catch (cause) {
      if (cause instanceof CallbackError) throw cause
      // Whatever it was doing: a SELECT that could not be checked for lack of memory is not a faulty SELECT.
      const error = orExhausted(cause)
      if (isFault(error)) await keepError(disk, errorFile, error, clock.nowMs())
      hasError = true
      failures += 1
      const pauseMs = retryPauseMs(failures)
      const leftMs = tries.startedMs + (options.forMs ?? Number.POSITIVE_INFINITY) - clock.monotonicMs()
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
function inFlowOrder(streams: readonly Runnable[]): Runnable[] {
  const ordered: Runnable[] = []
  const waiting = [...streams]
  while (waiting.length > 0) {
    const index = waiting.findIndex((stream) => !waiting.some((other) => isFedBy(stream, other)))
    ordered.push(...waiting.splice(index, 1))
  }
  return ordered
}

async function runStream(
  stream: Runnable,
  options: RunOptions & { readonly signal: AbortSignal },
  tries: Tries,
): Promise<void> {
  const { startedMs, upstream } = tries
  const opened = await tries.open(options.signal)
  try {
    await opened.run({
      limits: { ...DEFAULT_LIMITS, ...tries.limits, ...options.limits },
      triggerMs: options.triggerMs ?? stream.triggerMs,
      pollMs: options.pollMs,
      availableNow: options.availableNow === true || stream.endOf(options) === 'counted',
      startedMs,
      deadlineMs: options.forMs === undefined ? undefined : startedMs + options.forMs,
      upstream,
      signal: options.signal,
      onStart: (batches, notes) => {
        options.onStart?.(stream.name, batches)
        for (const note of notes) if (!tries.startNotes.includes(note)) options.onNote?.(stream.name, note)
        tries.startNotes = notes
      },
      onBatch: async (progress) => {
        try {
          await options.onBatch?.(progress)
        } catch (thrown) {
          throw new CallbackError(thrown)
        }
      },
      onNote: (text) => options.onNote?.(stream.name, text),
      onProgress: (text) => options.onProgress?.(stream.name, text),
    })
  } finally {
    await opened.close()
  }
}

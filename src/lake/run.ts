import { createHash } from 'node:crypto'
import { headsByCommits } from '../delta/heads.ts'
import { Snapshot } from '../delta/snapshot.ts'
import { LakeError } from '../errors.ts'
import type { BatchProgress } from '../stream/progress.ts'
import { StreamingQuery } from '../stream/query.ts'
import type { Limits } from '../stream/types.ts'
import { openEngine, targetsOf } from './engine.ts'
import type { Lake } from './lake.ts'
import { feeds, type LakeStream } from './resolve.ts'
import { type GenerateOptions, sourceOf } from './sources.ts'

/** What one batch takes at the most where nothing else is said. */
const DEFAULT_LIMITS: Limits = { maxFiles: 10_000, maxRows: 50_000_000, maxBytes: 16 * 1024 ** 3 }

/** How many rows a generator makes in one batch where nothing else is said: one file each. */
const GENERATED_ROWS_PER_BATCH = 1_000_000

export interface RunOptions {
  /** None: all but generated ones. */
  readonly streams: readonly string[]
  readonly limits?: Partial<Limits>
  /** The least time between two batches of a stream, in milliseconds; the config's where undefined. */
  readonly triggerMs?: number
  /** Look this often instead of waiting for file system events, in milliseconds. */
  readonly pollMs?: number
  /** Take what there is, then stop. */
  readonly availableNow?: boolean
  /** Stop after this time, in milliseconds. */
  readonly forMs?: number
  /** Whether a stream that failed for a reason that may pass is tried again; true where left out. */
  readonly retry?: boolean
  readonly signal?: AbortSignal
  readonly generate?: GenerateOptions
  readonly onStart?: (stream: string, batches: number) => void
  /**
   * Told of each batch once it is in its tables. Where it returns a promise, its stream waits for that before the next
   * batch; where it throws or rejects, the run stops, and fails with just that.
   */
  readonly onBatch?: (progress: BatchProgress) => unknown
  /** Told, in a sentence, what a person should know of a stream and what is no error. */
  readonly onNote?: (stream: string, text: string) => void
}

/** What a callback of the caller threw, kept apart from the faults of a run. */
export class CallbackError extends Error {
  constructor(cause: unknown) {
    super('a callback failed', { cause })
    this.name = 'CallbackError'
  }
}

/** Runs streams side by side. One that fails stops the others; the first error is thrown. */
export async function runStreams(lake: Lake, options: RunOptions): Promise<void> {
  const streams = lake.chosenStreams(options.streams)
  const startedMs = lake.clock.monotonicMs()
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal])
  const ends = new Map<string, Promise<void>>()
  for (const stream of inFlowOrder(streams)) {
    const upstream = streams.filter((other) => other !== stream && feeds(other, stream))
    const ended = Promise.allSettled(upstream.map(({ name }) => ends.get(name)))
    const run = runStream(lake, stream, { ...options, signal }, startedMs, ended)
    // The abort is on the promise that others wait for: downstream sees it before it sees the end of its upstream.
    ends.set(
      stream.name,
      run.catch((error: unknown) => {
        stop.abort()
        throw error
      }),
    )
  }
  const outcomes = await Promise.allSettled(ends.values())
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
  // A stream that was stopped because of another is not the one to tell about.
  const cause = errors.find((error) => !(error instanceof LakeError && error.code === 'LAKE_INTERRUPTED')) ?? errors[0]
  if (cause !== undefined) throw cause
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
  lake: Lake,
  stream: LakeStream,
  options: RunOptions & { readonly signal: AbortSignal },
  startedMs: number,
  upstream: Promise<unknown>,
): Promise<void> {
  const { disk, clock, layout, resolved } = lake
  const targets = targetsOf(lake, stream)
  const session = await lake.connect()
  const engineSession = await lake.connect()
  try {
    const source = await sourceOf(lake, stream, options.generate ?? {}, session)
    const engine = await openEngine(lake, stream, source, engineSession)
    const refs = stream.into.map((table) => ({ name: table.name, folder: layout.dataFolder(table), stream: null }))
    const query = new StreamingQuery(
      {
        name: stream.name,
        lakeFolder: resolved.root,
        source,
        engine,
        targets,
        checkpoint: layout.checkpoint(stream),
        rows: stream.rows,
        sqlHash: hashOf(stream.select?.text ?? ''),
        disk,
        clock,
      },
      async () => (await headsByCommits(targets)) ?? (await Snapshot.load(session, resolved.root, refs)).heads,
      {
        limits: limitsOf(stream, options),
        triggerMs: options.triggerMs ?? stream.triggerMs,
        pollMs: options.pollMs,
        availableNow: options.availableNow === true || isBounded(stream, options),
        startedMs,
        deadlineMs: options.forMs === undefined ? undefined : startedMs + options.forMs,
        upstream,
        signal: options.signal,
        onStart: (batches) => options.onStart?.(stream.name, batches),
        onBatch: async (progress) => {
          try {
            await options.onBatch?.(progress)
          } catch (cause) {
            throw new CallbackError(cause)
          }
        },
        onNote: (text) => options.onNote?.(stream.name, text),
      },
    )
    await query.run()
  } finally {
    session.close()
    engineSession.close()
  }
}

/** Hash by which a commit record says which SQL made it. */
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** A generator that was told how many rows to make is done once it has made them. */
function isBounded(stream: LakeStream, options: RunOptions): boolean {
  return stream.from.kind === 'generated' && options.generate?.rows !== undefined
}

function limitsOf(stream: LakeStream, options: RunOptions): Limits {
  const rows = stream.from.kind === 'generated' ? { maxRows: GENERATED_ROWS_PER_BATCH } : {}
  return { ...DEFAULT_LIMITS, ...rows, ...options.limits }
}

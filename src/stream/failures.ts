import { diskRemedy, saysDisk } from '../duckdb/diskErrors.ts'
import { exhaustedResource, type Resource } from '../duckdb/resourceErrors.ts'
import { LakeError, messageOf, systemCodeOf } from '../errors.ts'
import { LastingSyncError } from '../files/barriers.ts'
import { wrongKind } from '../files/read.ts'
import { isTemporary, mayBeRepeated } from './retry.ts'
import type { StageFailure } from './sink.ts'

/** System errors that are told otherwise: of the process, or of a name that somebody has taken away. */
const NO_DISK_ERRORS: ReadonlySet<string> = new Set(['ENOMEM', 'EMFILE', 'ENFILE', 'EAGAIN', 'ENOENT'])

/** Whether an error speaks of the disk and not of the data. */
export function isDiskError(error: unknown): boolean {
  for (let cause = error; cause instanceof Error && !(cause instanceof LakeError); cause = cause.cause) {
    const code = systemCodeOf(cause)
    if (code !== undefined && /^E[A-Z0-9]+$/.test(code)) return !NO_DISK_ERRORS.has(code)
    if (saysDisk(cause)) return true
  }
  return false
}

export function interruptedError(stream: string, batch: number): LakeError {
  return new LakeError('LAKE_INTERRUPTED', `${stream} batch ${batch} was abandoned.`, {
    state: 'Nothing of it was published; the next start takes it again.',
    canRetry: true,
  })
}

export function diskError(stream: string, batch: number, tries: number, cause: unknown): LakeError {
  return new LakeError('LAKE_DISK_FAILED', `${stream} batch ${batch} could not be written: ${messageOf(cause)}`, {
    cause,
    state: `It was tried ${tries === 1 ? 'once' : `${tries} times`}; nothing of it was published.`,
    remedy: `${diskRemedy(cause)}, then start the stream again.`,
    // Each attempt has files of its own: that one of them could not be synced says nothing of the next.
    canRetry: isTemporary(cause) && !(cause instanceof LastingSyncError),
  })
}

/** Something failed between batches: at a start, or while a source looked for what is next. */
export function stoppedError(stream: string, cause: unknown): unknown {
  const state = 'Nothing is lost: the next start goes on after the last committed batch.'
  return knownError(cause, { before: `${stream} stopped: `, state, after: ', then start the stream again.' })
}

interface Told {
  /** Goes before what the system says. */
  readonly before?: string
  /** What is left on disk. */
  readonly state?: string
  /** Goes after what to do. */
  readonly after?: string
}

/**
 * What the system or DuckDB said of the disk or of this process, as an error for whoever runs the lake. A fault of the
 * program stays what it is: nothing is known of it.
 */
export function knownError(cause: unknown, told: Told = {}): unknown {
  const { before = '', state = 'Nothing was changed.', after = '.' } = told
  const what = before + messageOf(cause)
  const known = orExhausted(cause, what, state)
  if (known instanceof LakeError) return known
  const odd = wrongKind(cause)
  if (odd !== undefined) {
    const remedy = `Put back what stood there${after}`
    return new LakeError('LAKE_VALUE_UNEXPECTED', before + odd, { cause, state, remedy })
  }
  // Where a name is missing on the way to what is opened or made, that cannot be done there.
  if (!isDiskError(cause) && systemCodeOf(cause) !== 'ENOENT') return cause
  const remedy = `${diskRemedy(cause)}${after}`
  return new LakeError('LAKE_DISK_FAILED', what, { cause, state, remedy, canRetry: mayBeRepeated(cause) })
}

/** What kept a batch from being committed, as what it was a failure of. */
export function stageFailureOf(error: unknown): StageFailure {
  if (error instanceof LastingSyncError) return { kind: 'failed', cause: 'lasting', error }
  if (exhaustedResource(error) !== undefined) return { kind: 'failed', cause: 'resources', error }
  return { kind: 'failed', cause: isDiskError(error) ? 'disk' : 'data', error }
}

/** A batch that is committed and published, and more could not be done for it. */
export function cleanUpError(stream: string, batch: number, cause: unknown): LakeError {
  if (cause instanceof LakeError) return cause
  const what = `${stream} batch ${batch} is published, but its clean-up failed: ${messageOf(cause)}`
  return new LakeError('LAKE_DISK_FAILED', what, {
    cause,
    state: 'Nothing is lost: the next start cleans up.',
    remedy: 'See what the disk says, then start again.',
    canRetry: mayBeRepeated(cause),
  })
}

/** A batch that could not be made with what this process may use, though it took as little as it can. */
export function sparedError(stream: string, batch: number, cause: unknown): LakeError {
  const state = `It took as little at once as it can; nothing was published, and no file is blamed for it.`
  return exhaustedError(`${stream} batch ${batch} failed: ${messageOf(cause)}`, exhaustedResource(cause), state, cause)
}

/** What failed, told as a lack of the process where it was one; that a batch is committed goes before. */
export function orExhausted(cause: unknown, what = messageOf(cause), state = 'Nothing was changed.'): unknown {
  const isKnown = cause instanceof LakeError && KNOWN.has(cause.code)
  const resource = isKnown ? undefined : exhaustedResource(cause)
  return resource === undefined ? cause : exhaustedError(what, resource, state, cause)
}

const KNOWN: ReadonlySet<string> = new Set(['LAKE_RESOURCES_EXHAUSTED', 'LAKE_PUBLISH_FAILED'])

const RESOURCE_REMEDIES: Readonly<Record<Resource, string>> = {
  memory: 'Run fewer streams at once, or raise memory in the config.',
  'file descriptors': 'Raise the limit of open files: ulimit -n',
  threads: 'Raise the limit of threads: ulimit -u',
  time: 'Start it again.',
}

/** @param what  a message of DuckDB's; only its first line is of use to whoever runs a lake */
function exhaustedError(what: string, resource: Resource | undefined, state: string, cause: unknown): LakeError {
  const [line = ''] = what.split('\n')
  return new LakeError('LAKE_RESOURCES_EXHAUSTED', line, {
    cause,
    state,
    remedy: resource === undefined ? 'Run fewer streams at once.' : RESOURCE_REMEDIES[resource],
    canRetry: true,
  })
}

export function batchError(stream: string, batch: number, cause: unknown): LakeError {
  const known = cause instanceof LakeError ? cause : undefined
  return new LakeError(known?.code ?? 'LAKE_BATCH_FAILED', `${stream} batch ${batch} failed: ${messageOf(cause)}`, {
    cause,
    state: known?.state ?? `Nothing was published; batch ${batch} runs again on the next start.`,
    remedy: `${known?.remedy ?? 'Fix the cause.'} Then: lakeweir run ${stream}`,
    canRetry: known?.canRetry ?? false,
  })
}

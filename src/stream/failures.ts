import { diskRemedy, saysDisk } from '../duckdb/diskErrors.ts'
import { exhaustedResource, type Resource } from '../duckdb/resourceErrors.ts'
import { LakeError, messageOf, remedyOf, systemCodeOf } from '../errors.ts'
import { LastingSyncError } from '../files/barriers.ts'
import { wrongKind } from '../files/read.ts'
import { isTemporary, mayBeRepeated } from './retry.ts'
import type { StageFailure } from './sink.ts'

/** System errors that are not about the disk: the process lacks something, or somebody has removed a name. */
const NO_DISK_ERRORS: ReadonlySet<string> = new Set(['ENOMEM', 'EMFILE', 'ENFILE', 'EAGAIN', 'ENOENT'])

/** Whether an error is about the disk and not about the data. */
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
    state: 'Nothing of it was published; the next start runs it again.',
    canRetry: true,
  })
}

export function diskError(stream: string, batch: number, tries: number, cause: unknown): LakeError {
  const told = remedyOf(cause)
  return new LakeError('LAKE_DISK_FAILED', `${stream} batch ${batch} could not be written: ${messageOf(cause)}`, {
    cause,
    state: `It was tried ${tries === 1 ? 'once' : `${tries} times`}; nothing of it was published.`,
    remedy: told === undefined ? `${diskRemedy(cause)}, then start the stream again.` : `${told} Then start it again.`,
    // Each attempt writes new files: a sync that failed for one of them says nothing about the next attempt.
    canRetry: isTemporary(cause) && !(cause instanceof LastingSyncError),
  })
}

/** The error for a failure between batches: at a start, or while the source looked for new rows. */
export function stoppedError(stream: string, cause: unknown): unknown {
  const state = 'Nothing is lost: the next start continues after the last committed batch.'
  return knownError(cause, { before: `${stream} stopped: `, state, after: ', then start the stream again.' })
}

/** The words around a failure of the system. */
interface Wording {
  /** Precedes the system's own message. */
  readonly before?: string
  /** What is left on disk. */
  readonly state?: string
  /** Follows the remedy. */
  readonly after?: string
}

/**
 * Turns what the system or DuckDB reported about the disk or this process into an error for the person who runs the
 * lake. Any other error is returned as it is: it is a fault in the program, and nothing more is known about it.
 */
export function knownError(cause: unknown, wording: Wording = {}): unknown {
  const { before = '', state = 'Nothing was changed.', after = '.' } = wording
  const what = before + messageOf(cause)
  const known = orExhausted(cause, what, state)
  if (known instanceof LakeError) return known
  const odd = wrongKind(cause)
  if (odd !== undefined) {
    const remedy = `Put back what was there${after}`
    return new LakeError('LAKE_VALUE_UNEXPECTED', before + odd, { cause, state, remedy })
  }
  // ENOENT here: a folder on the way to what was to be opened or made is missing.
  if (!isDiskError(cause) && systemCodeOf(cause) !== 'ENOENT') return cause
  const remedy = `${diskRemedy(cause)}${after}`
  return new LakeError('LAKE_DISK_FAILED', what, { cause, state, remedy, canRetry: mayBeRepeated(cause) })
}

/** Classifies what kept a batch from being committed. */
export function stageFailureOf(error: unknown): StageFailure {
  if (error instanceof LastingSyncError) return { kind: 'failed', cause: 'lasting', error }
  if (exhaustedResource(error) !== undefined) return { kind: 'failed', cause: 'resources', error }
  return { kind: 'failed', cause: isDiskError(error) ? 'disk' : 'data', error }
}

/** The error for a batch that is committed and published, but could not be finished. */
export function cleanUpError(stream: string, batch: number, cause: unknown): LakeError {
  if (cause instanceof LakeError) return cause
  const what = `${stream} batch ${batch} is published, but its clean-up failed: ${messageOf(cause)}`
  return new LakeError('LAKE_DISK_FAILED', what, {
    cause,
    state: 'Nothing is lost: the next start cleans up.',
    remedy: 'Fix what the message names, then start the stream again.',
    canRetry: mayBeRepeated(cause),
  })
}

/** The error for a batch that this process lacks the resources for, although the batch is as small as it can be. */
export function sparedError(stream: string, batch: number, cause: unknown): LakeError {
  const state = 'It was as small as a batch can be; nothing was published, and no file is blamed for it.'
  return exhaustedError(`${stream} batch ${batch} failed: ${messageOf(cause)}`, exhaustedResource(cause), state, cause)
}

/**
 * Turns an error into LAKE_RESOURCES_EXHAUSTED where the process lacked something, and otherwise returns it as it is.
 * A LAKE_PUBLISH_FAILED stays one: that a batch is committed matters more.
 */
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

function exhaustedError(what: string, resource: Resource | undefined, state: string, cause: unknown): LakeError {
  const usual = resource === undefined ? 'Run fewer streams at once.' : RESOURCE_REMEDIES[resource]
  const isTold = !(cause instanceof LakeError) && systemCodeOf(cause) !== undefined
  // DuckDB's errors have no codes. Of their messages only the first line helps the person who runs the lake.
  const [line = ''] = what.split('\n')
  return new LakeError('LAKE_RESOURCES_EXHAUSTED', isTold ? what : line, {
    cause,
    state,
    remedy: (isTold ? remedyOf(cause) : undefined) ?? usual,
    canRetry: true,
  })
}

export function batchError(stream: string, batch: number, cause: unknown): LakeError {
  const known = cause instanceof LakeError ? cause : undefined
  return new LakeError(known?.code ?? 'LAKE_BATCH_FAILED', `${stream} batch ${batch} failed: ${messageOf(cause)}`, {
    cause,
    state: known?.state ?? `Nothing was published; batch ${batch} runs again on the next start.`,
    remedy: `${remedyOf(cause) ?? 'Fix the cause.'} Then: lakeweir run ${stream}`,
    canRetry: known?.canRetry ?? false,
  })
}

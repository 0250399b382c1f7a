import { exhaustedResource, type Resource } from '../duckdb/resourceErrors.ts'
import { LakeError, messageOf, systemCodeOf } from '../errors.ts'
import { StandingSyncError } from '../files/durable.ts'
import { isTemporary, mayBeRepeated } from './retry.ts'

/** System errors that are told otherwise: of the process, or of a name that somebody has taken away. */
const NO_DISK_ERRORS: ReadonlySet<string> = new Set(['ENOMEM', 'EMFILE', 'ENFILE', 'EAGAIN', 'ENOENT'])

/** What the C library calls errors of a disk, at the end of a message of DuckDB's. */
const DISK_MESSAGES = [
  'No space left on device',
  'Disk quota exceeded',
  'Input/output error',
  'Read-only file system',
  'Permission denied',
  'Operation not permitted',
  'File too large',
  'Not a directory',
  'Device or resource busy',
  'Stale file handle',
  'Transport endpoint is not connected',
  'No such device',
  'Too many levels of symbolic links',
]

/** DuckDB gives a system error only as text. Other kinds of its errors quote values, which may say anything. */
const DISK_TEXT = new RegExp(`^(?:IO|FATAL|Fatal|Invalid) Error: .*(?:${DISK_MESSAGES.join('|')})`)

/** Whether an error speaks of the disk and not of the data. */
export function isDiskError(error: unknown): boolean {
  for (let cause = error; cause instanceof Error && !(cause instanceof LakeError); cause = cause.cause) {
    const code = systemCodeOf(cause)
    if (code !== undefined && /^E[A-Z0-9]+$/.test(code)) return !NO_DISK_ERRORS.has(code)
    if (DISK_TEXT.test(messageOf(cause))) return true
  }
  return false
}

/** What to do about what the system says, as far as that is known. */
export function diskRemedy(cause: unknown): string {
  const text = `${systemCodeOf(cause) ?? ''} ${messageOf(cause)}`
  if (/ENOSPC|EDQUOT|No space left|Disk quota/.test(text)) return 'Free space'
  if (/EACCES|EPERM|Permission denied|not permitted/.test(text)) return 'Check the permissions'
  if (/EROFS|Read-only/.test(text)) return 'See why the file system is mounted read-only'
  if (/EXDEV|EBUSY|ESTALE|ENODEV|ENXIO|busy|Stale|No such device/.test(text)) return 'See what is mounted there'
  return 'See what the system says of that disk'
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
    canRetry: isTemporary(cause) && !(cause instanceof StandingSyncError),
  })
}

/** Something failed between batches: at a start, or while a source looked for what is next. */
export function stoppedError(stream: string, cause: unknown): unknown {
  const what = `${stream} stopped: ${messageOf(cause)}`
  const state = 'Nothing is lost: the next start goes on after the last committed batch.'
  const known = orExhausted(cause, what, state)
  if (known instanceof LakeError || !isDiskError(cause)) return known
  const remedy = `${diskRemedy(cause)}, then start the stream again.`
  return new LakeError('LAKE_DISK_FAILED', what, { cause, state, remedy, canRetry: mayBeRepeated(cause) })
}

/** A batch that could not be made with what this process may use, though it took as little as it can. */
export function sparedError(stream: string, batch: number, resource: Resource, cause: unknown): LakeError {
  const state = `It took as little at once as it can; nothing was published, and no file is blamed for it.`
  return exhaustedError(`${stream} batch ${batch} failed: ${messageOf(cause)}`, resource, state, cause)
}

/** What failed, told as a lack of the process where it was one; that a batch is committed goes before. */
export function orExhausted(cause: unknown, what = messageOf(cause), state = 'Nothing was changed.'): unknown {
  const isKnown = cause instanceof LakeError && KNOWN.has(cause.code)
  const resource = isKnown ? undefined : exhaustedResource(cause)
  return resource === undefined ? cause : exhaustedError(what, resource, state, cause)
}

const KNOWN: ReadonlySet<string> = new Set(['LAKE_RESOURCES_EXHAUSTED', 'LAKE_PUBLISH_FAILED'])

const RESOURCE_REMEDIES: Readonly<Record<Resource, string>> = {
  memory: 'Run fewer streams at once, or let DuckDB use more memory.',
  'file descriptors': 'Raise the limit of open files: ulimit -n',
  threads: 'Raise the limit of threads: ulimit -u',
  time: 'Start it again.',
}

/** @param what  a message of DuckDB's; only its first line is of use to whoever runs a lake */
function exhaustedError(what: string, resource: Resource, state: string, cause: unknown): LakeError {
  const [line = ''] = what.split('\n')
  return new LakeError('LAKE_RESOURCES_EXHAUSTED', line, {
    cause,
    state,
    remedy: RESOURCE_REMEDIES[resource],
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

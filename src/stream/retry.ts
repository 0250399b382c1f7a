import { isResourceError } from '../duckdb/resourceErrors.ts'
import { LakeError, messageOf, systemCodeOf } from '../errors.ts'
import { LastingSyncError } from '../files/barriers.ts'

/** The pause after a first failure; each later one doubles it. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

/** How often a stream that only takes what is there is tried again. */
export const MAX_DRAIN_RETRIES = 5

/** How long to wait before a stream is tried again that has failed so often in a row, in milliseconds. */
export function retryPauseMs(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1))
}

/** Whether a stream may go on after this error when nothing but time has passed. */
export function mayPass(error: unknown): boolean {
  return error instanceof LakeError && error.canRetry && isFault(error)
}

/** Whether an error is one of the stream: another process that runs it is none, nor whoever interrupts it. */
export function isFault(error: unknown): boolean {
  return !(error instanceof LakeError && (error.code === 'LAKE_STREAM_HELD' || error.code === 'LAKE_INTERRUPTED'))
}

/** Troubles of a disk that others end: a full one is cleaned up, a network comes back. */
const TEMPORARY_CODES: ReadonlySet<string> = new Set([
  'EBUSY',
  'EDQUOT',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EINTR',
  'EIO',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOLCK',
  'ENOSPC',
  'ENOTCONN',
  'EREMOTEIO',
  'ESTALE',
  'ETIMEDOUT',
])

/** What the C library calls them; DuckDB passes on its texts alone. */
const TEMPORARY_MESSAGES = [
  'Connection timed out',
  'Device or resource busy',
  'Disk quota exceeded',
  'Input/output error',
  'No space left on device',
  'Stale file handle',
  'Transport endpoint is not connected',
]

/** Whether a failure may pass with time. */
export function isTemporary(error: unknown): boolean {
  if (isResourceError(error)) return true
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (TEMPORARY_CODES.has(systemCodeOf(cause) ?? '')) return true
    if (TEMPORARY_MESSAGES.some((message) => messageOf(cause).endsWith(message))) return true
  }
  return false
}

/** Whether a stream that this stopped may be started again by itself. */
export function mayBeRepeated(cause: unknown): boolean {
  if (cause instanceof LakeError) return cause.canRetry
  return isTemporary(cause) && !isFailedSync(cause)
}

/**
 * Whether something that stands, and stays, could not be made durable. That is never tried again by itself: the kernel
 * may tell of it only once, and a second sync of the same file would succeed and mean nothing.
 */
function isFailedSync(error: unknown): boolean {
  if (error instanceof LastingSyncError) return true
  if (typeof error !== 'object' || error === null) return false
  if ('syscall' in error && (error.syscall === 'fsync' || error.syscall === 'fdatasync')) return true
  return 'cause' in error && error.cause !== undefined && isFailedSync(error.cause)
}

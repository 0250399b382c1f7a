import { isResourceError } from '../duckdb/resourceErrors.ts'
import { LakeError, messageOf, systemCodeOf } from '../errors.ts'
import { LastingSyncError } from '../files/barriers.ts'

/** The pause after a first failure; each further failure doubles it. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

/** How many times a stream that only takes what is there is tried again. */
export const MAX_DRAIN_RETRIES = 5

/** How long to wait, in milliseconds, before trying a stream again that has failed this often in a row. */
export function retryPauseMs(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1))
}

/** Whether a stream may succeed after this error if it is just tried again later. */
export function mayPass(error: unknown): boolean {
  return error instanceof LakeError && error.canRetry && isFault(error)
}

/** Whether an error is the stream's own: that another process runs it, or that it was interrupted, is not. */
export function isFault(error: unknown): boolean {
  return !(error instanceof LakeError && (error.code === 'LAKE_STREAM_HELD' || error.code === 'LAKE_INTERRUPTED'))
}

/** Disk errors that can end without us: somebody frees space, a network comes back. */
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

/** Their texts in the C library: DuckDB passes on only these. */
const TEMPORARY_MESSAGES = [
  'Connection timed out',
  'Device or resource busy',
  'Disk quota exceeded',
  'Input/output error',
  'No space left on device',
  'Stale file handle',
  'Transport endpoint is not connected',
]

/** Whether a failure may end by itself. */
export function isTemporary(error: unknown): boolean {
  if (isResourceError(error)) return true
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (TEMPORARY_CODES.has(systemCodeOf(cause) ?? '')) return true
    if (TEMPORARY_MESSAGES.some((message) => messageOf(cause).endsWith(message))) return true
  }
  return false
}

/** Whether a stream that this stopped may be started again automatically. */
export function mayBeRepeated(cause: unknown): boolean {
  if (cause instanceof LakeError) return cause.canRetry
  return isTemporary(cause) && !isFailedSync(cause)
}

/**
 * Whether something that stays on disk could not be made durable. That is never tried again automatically: the kernel
 * may report the failure only once, so a second sync of the same file could succeed and prove nothing.
 */
function isFailedSync(error: unknown): boolean {
  if (error instanceof LastingSyncError) return true
  if (typeof error !== 'object' || error === null) return false
  if ('syscall' in error && (error.syscall === 'fsync' || error.syscall === 'fdatasync')) return true
  return 'cause' in error && error.cause !== undefined && isFailedSync(error.cause)
}

import { diskRemedy } from '../../duckdb/diskErrors.ts'
import { LakeError, messageOf } from '../../errors.ts'
import { isTemporary } from '../../stream/retry.ts'

// What is wrong with the file of a store, and what a person can do about it.

/** What makes a store again, whatever is wrong with it. */
export const REBUILD = 'lakeweir run live --rebuild'

const UNCHANGED = 'Nothing was changed.'

/** What DuckDB 1.5 says of a file that it cannot use as a database. */
const UNREADABLE = /not a valid DuckDB database file|Could not read enough bytes|Corrupt database file|Too many levels/

/** The same of its write-ahead log, which a power cut may leave half written. */
const LOG_UNREADABLE = /Failure while replaying WAL file|Corrupt WAL file/

const NEWER = /with version number \d+, but we can only read|newer version of DuckDB/

/** After such an error DuckDB refuses everything. */
const INVALIDATED = /has been invalidated because of a previous fatal error|^FATAL Error/

export function isUnreadable(error: unknown): boolean {
  return UNREADABLE.test(messageOf(error))
}

export function isLogUnreadable(error: unknown): boolean {
  return LOG_UNREADABLE.test(messageOf(error))
}

export function isNewer(error: unknown): boolean {
  return NEWER.test(messageOf(error))
}

/** Whether an error came from the store's own file, and not from one that was read, so that no attempt can help. */
export function isOfStore(error: unknown, file: string): boolean {
  const message = messageOf(error)
  if (/Corrupt database file/.test(message) || INVALIDATED.test(message)) return true
  return message.includes(file) && (isUnreadable(error) || isLogUnreadable(error))
}

export function damagedError(file: string, cause: unknown): LakeError {
  const [line = ''] = messageOf(cause).split('\n')
  return new LakeError('LAKE_STORE_INVALID', `the store ${file} is damaged: ${line}`, {
    cause,
    state: UNCHANGED,
    remedy: `It can be made again from the tables that it follows: ${REBUILD}`,
  })
}

/** What was committed last is unreadable, as after a power cut: a start goes on from what was committed before. */
export function damagedLogError(file: string, cause: unknown): LakeError {
  const [line = ''] = messageOf(cause).split('\n')
  return new LakeError('LAKE_STORE_INVALID', `the log of the store ${file} is damaged: ${line}`, {
    cause,
    state: UNCHANGED,
    remedy: 'Run live: it goes on from the last checkpoint of the store, and takes later batches again.',
  })
}

/** @param what  `is a folder` */
export function foreignError(file: string, what: string): LakeError {
  return new LakeError('LAKE_STORE_INVALID', `${file} ${what}, not a store of live aggregates.`, {
    state: UNCHANGED,
    remedy: 'Move it away, or change live.store in the config: it is never overwritten.',
  })
}

export function newerError(file: string, cause?: unknown): LakeError {
  return new LakeError('LAKE_NEWER', `the store ${file} was written by a newer version of Lakeweir.`, {
    ...(cause === undefined ? {} : { cause }),
    state: UNCHANGED,
    remedy: `Use that version, or make the store again with this one: ${REBUILD}`,
  })
}

export function otherLakeError(file: string, lakeFolder: string): LakeError {
  return new LakeError('LAKE_STORE_INVALID', `the store ${file} belongs to the lake in ${lakeFolder}.`, {
    state: UNCHANGED,
    remedy: `Change live.store in the config; or, if that lake has moved here or is gone: ${REBUILD}`,
  })
}

/** The file was deleted, moved or replaced while the store was open: what is committed to it would be lost. */
export function replacedError(file: string, isGone: boolean): LakeError {
  const what = isGone ? 'was deleted' : 'was replaced by another file'
  return new LakeError('LAKE_STORE_INVALID', `the store ${file} ${what} while it was in use.`, {
    state: 'The last batches are not in it. No table was changed.',
    remedy: isGone ? 'Start live again: it makes a new one.' : 'Start live again: it checks what is there now.',
    canRetry: true,
  })
}

/** The source handed over rows that cannot be taken as they are: something is wrong in Lakeweir or on the disk. */
export function gapError(follows: string, batch: number, last: number | undefined): LakeError {
  const has = last === undefined ? 'it has no batch' : `it has batch ${last}`
  return new LakeError(
    'LAKE_VALUE_UNEXPECTED',
    `${follows} batch ${batch} does not follow what the store has: ${has}.`,
    {
      state: 'Nothing was changed.',
      remedy: `Start live again. If that does not help: ${REBUILD}`,
    },
  )
}

/** What DuckDB says of an expression that has no value for a row. */
const OF_AN_EXPRESSION = /^(?:Conversion|Out of Range|Invalid Input) Error/

/** What it says of a data file begins in the same way. */
const OF_A_FILE = /file ['"][^'"]*\.parquet['"]/

/** Whether an expression of a model's failed for a row. */
export function isOfExpression(error: unknown): boolean {
  const [line = ''] = messageOf(error).split('\n')
  return !(error instanceof LakeError) && OF_AN_EXPRESSION.test(line) && !OF_A_FILE.test(line)
}

/**
 * Names the model whose own expressions failed for a row; any other error is returned as it is.
 * @param rows  the rows that they were run over, for the message
 */
export function ofModel(file: string, error: unknown, rows?: string): unknown {
  if (!isOfExpression(error)) return error
  const [line = ''] = messageOf(error).split('\n')
  const where = rows === undefined ? file : `${file}, with ${rows}`
  return new LakeError('LAKE_BATCH_FAILED', `${where}: ${line}`, {
    cause: error,
    state: 'The models stay as they were before.',
    remedy: `Change ${file} so that it has a value for every row, for example with TRY_CAST instead of CAST.`,
  })
}

/** The commit failed: the disk is full, or fails. */
export function commitError(file: string, batch: number, cause: unknown): LakeError {
  return new LakeError(
    'LAKE_DISK_FAILED',
    `batch ${batch} could not be committed to the store ${file}: ${messageOf(cause)}`,
    {
      cause,
      state: 'The batch is in the store as a whole or not at all; the next start finds out.',
      remedy: `${diskRemedy(cause)}, then start live again.`,
      canRetry: isTemporary(cause),
    },
  )
}

/** The store is being opened again after it failed. */
export function notOpenError(file: string): LakeError {
  return new LakeError('LAKE_QUERY_FAILED', `the store ${file} is not open at the moment.`, {
    remedy: 'Ask again in a while.',
    canRetry: true,
  })
}

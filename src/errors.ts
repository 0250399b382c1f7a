/** Every error code with what it means; the table in docs/errors.md and the exit codes are derived from it. */
export const errorCodes = {
  LAKE_USAGE: { exitCode: 2, meaning: 'a command line argument is missing, unknown or contradictory' },
  LAKE_CONFIG_INVALID: {
    exitCode: 2,
    meaning: 'lakeweir.config.ts is missing, does not load or contains a mistake',
  },
  LAKE_SQL_INVALID: { exitCode: 2, meaning: 'a .sql file of the lake does not parse, bind or keep its contract' },
  LAKE_REFERENCE_INVALID: { exitCode: 2, meaning: 'a reference file is missing, does not parse or repeats a key' },
  LAKE_TABLE_MISMATCH: {
    exitCode: 2,
    meaning: 'a table on disk does not have the columns or partitions that the config says',
  },
  LAKE_NEWER: { exitCode: 2, meaning: 'the lake was written by a newer version of Lakeweir' },
  LAKE_STREAM_HELD: { exitCode: 4, meaning: 'another process runs this stream' },
  LAKE_TABLE_HELD: { exitCode: 4, meaning: "a table's files are being joined or removed, or may be needed" },
  LAKE_DISK_UNSUITABLE: {
    exitCode: 1,
    meaning: 'the file system refuses what the protocol needs: writing, or hard links',
  },
  LAKE_DISK_FAILED: { exitCode: 1, meaning: 'the disk failed, is full or refuses access' },
  LAKE_BATCH_FAILED: { exitCode: 1, meaning: 'a batch failed before its commit; nothing of it was published' },
  LAKE_SPLIT_FAILED: {
    exitCode: 1,
    meaning: 'a batch would have lost, duplicated or misrouted rows; nothing was published',
  },
  LAKE_PUBLISH_FAILED: {
    exitCode: 1,
    meaning: 'a committed batch could not be published yet; the next start publishes it',
  },
  LAKE_BATCH_SUPERSEDED: { exitCode: 1, meaning: 'another process committed this batch first; this one stopped' },
  LAKE_CHECKPOINT_MISMATCH: { exitCode: 1, meaning: 'a checkpoint and its tables do not belong together' },
  LAKE_LOCK_INVALID: { exitCode: 1, meaning: "a stream's lock file is not a valid one" },
  LAKE_STORE_INVALID: {
    exitCode: 1,
    meaning: 'the store of live aggregates is damaged, is something else, or belongs to another lake',
  },
  LAKE_DATA_LOST: {
    exitCode: 1,
    meaning:
      'data files that a log or a record names are gone, cut off or changed; starting again does not bring them back',
  },
  LAKE_RESOURCES_EXHAUSTED: { exitCode: 1, meaning: 'this process ran out of memory, descriptors or threads' },
  LAKE_LOG_INVALID: { exitCode: 1, meaning: 'a Delta log has a gap, was cut off or does not parse' },
  LAKE_LOG_BEHIND: { exitCode: 1, meaning: "a table's log lacks commits that the records of its streams name" },
  LAKE_PROTOCOL_UNSUPPORTED: {
    exitCode: 1,
    meaning: 'a table needs Delta features that Lakeweir does not support',
  },
  LAKE_SOURCE_CHANGED: {
    exitCode: 1,
    meaning: 'a source table was rewritten, swapped or rolled back under its stream',
  },
  LAKE_IMPORT_REFUSED: {
    exitCode: 1,
    meaning: 'what another program has left cannot be taken over, because something of it is not certain',
  },
  LAKE_IMPORT_UNFINISHED: {
    exitCode: 1,
    meaning: 'an import into the tables of this stream has not ended, or was cut short',
  },
  LAKE_ARGUMENT_INVALID: { exitCode: 2, meaning: 'a call of the library has a wrong argument' },
  LAKE_CLOSED: { exitCode: 1, meaning: 'a call came while the lake was being closed, or after that' },
  LAKE_QUERY_FAILED: { exitCode: 1, meaning: "a user's query failed" },
  LAKE_VALUE_UNEXPECTED: {
    exitCode: 1,
    meaning: 'something on the disk, or from DuckDB or another engine, is not what it should be',
  },
  LAKE_VALUE_UNSAFE: { exitCode: 1, meaning: 'a number is too large to be exact in JavaScript' },
  LAKE_LISTEN_FAILED: { exitCode: 1, meaning: 'the server cannot listen at the address that it was told' },
  LAKE_COPY_HELD: { exitCode: 4, meaning: 'another process writes this copy of the live models' },
  LAKE_COPY_FAILED: {
    exitCode: 1,
    meaning: 'a copy of the live models could not be reached, written or read; the store is not affected',
  },
  LAKE_ENGINE_FAILED: {
    exitCode: 1,
    meaning:
      'an engine could not be started, or it ended or failed in a batch that is not at fault; nothing was published',
  },
  LAKE_PACKAGE_MISSING: {
    exitCode: 2,
    meaning: 'an optional package or program that the config needs is not installed',
  },
  LAKE_INTERRUPTED: {
    exitCode: 130,
    meaning: 'the run was interrupted while a batch was being staged; nothing of it was published',
  },
} as const satisfies Record<string, { exitCode: number; meaning: string }>

export type ErrorCode = keyof typeof errorCodes

export interface LakeErrorOptions {
  /** What state is left on the disk, as a sentence. */
  readonly state?: string
  /** What the reader can do next, as a sentence or a command. */
  readonly remedy?: string
  /** Whether the same call may succeed when nothing but time has passed. */
  readonly canRetry?: boolean
  readonly cause?: unknown
}

/** The one error type of Lakeweir: what failed, what state is left, whether a retry helps, what to do next. */
export class LakeError extends Error {
  readonly code: ErrorCode
  readonly state: string | undefined
  readonly remedy: string | undefined
  readonly canRetry: boolean

  constructor(code: ErrorCode, what: string, options: LakeErrorOptions = {}) {
    super(what, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'LakeError'
    this.code = code
    this.state = options.state
    this.remedy = options.remedy
    this.canRetry = options.canRetry ?? false
  }

  get exitCode(): number {
    return errorCodes[this.code].exitCode
  }

  /** The error as a person reads it: code and cause, then what is left and what to do. */
  describe(): string {
    const after = [this.state, this.remedy].filter((line) => line !== undefined)
    return [`${this.code}: ${this.message}`, ...after].join('\n')
  }
}

/** A value that no table can hold. Its row came from one file, which a source may refuse alone. */
export class UnfitValueError extends LakeError {
  constructor(what: string, options: LakeErrorOptions) {
    super('LAKE_SPLIT_FAILED', what, options)
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What can be done about anything that was thrown, if it says so. */
export function remedyOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('remedy' in error)) return undefined
  return typeof error.remedy === 'string' ? error.remedy : undefined
}

/** The system error code (`ENOSPC`, `EXDEV`, …) of anything that was thrown, if it has one. */
export function systemCodeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

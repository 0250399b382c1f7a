import type { Columns, ColumnValues, TableShape, VariableValue } from '../columns.ts'
import type { Input } from '../stream/input.ts'

// What an engine is told and what it answers: the contract, which docs/engine.md tells with an example. A plan and a
// result are plain JSON, so that an engine may be another process; engineJson.ts reads them back.

/** The version of plans and results. It grows with every change by which an engine of before would go wrong. */
export const CONTRACT_VERSION = 1

/** The column by which a SELECT with several tables names the table of each row. */
export const DESTINATION = 'destination'

/** The variable that a SELECT reads its batch's time from, as a text. */
export const BATCH_TIME = 'batch_time'

/** A .sql file with what its header says. */
export interface SqlFile {
  /** As the config names it; for messages. */
  readonly name: string
  readonly text: string
}

/** A reference file that a stream's SELECT joins: CSV in UTF-8 whose first line names its columns. */
export interface Reference {
  /** The name of the relation. */
  readonly name: string
  /** Absolute. */
  readonly file: string
  /** By these names and types; other columns are left out. A value that is none of its type fails, none is rounded. */
  readonly columns: Columns
  /** A column that has a value in every row, and no value twice: else a join could double rows. */
  readonly key: string
}

/** `kept`: a stream's SELECT makes one row of each. `any`: it may drop rows and make some. */
export type Rows = 'kept' | 'any'

/** What is the same for every batch of a stream while it runs: an engine may prepare itself for it once. */
export interface StreamShape {
  /** The name of the rows that come in. */
  readonly relation: string
  /** Their columns. */
  readonly columns: Columns
  /** What is made of them; null: they go through as they are. */
  readonly select: SqlFile | null
  /** Whether the SELECT has to keep rows one to one. */
  readonly rows: Rows
  /** Relations beside the rows that come in, read anew wherever their files have changed. */
  readonly references: readonly Reference[]
  /** At least one. Of several, `DESTINATION` says which a row is for; it is a column of none. */
  readonly tables: readonly TableShape[]
}

export interface CheckPlan {
  readonly version: typeof CONTRACT_VERSION
  readonly shape: StreamShape
  /** What the input of every batch will be. */
  readonly inputKind: Input['kind']
  /** What the input of a batch will bring, with values of the same types. */
  readonly variables: Readonly<Record<string, VariableValue>>
}

/** What an engine may use; one that runs inside of this process shares the lake's DuckDB, which has these limits. */
export interface EngineLimits {
  readonly threads: number
  /** A number and KB, MB, GB or TB of 1000, or KiB, MiB, GiB or TiB of 1024. */
  readonly memory: string
}

/** What an engine is to write for one batch. */
export interface StagePlan {
  readonly version: typeof CONTRACT_VERSION
  readonly shape: StreamShape
  readonly batch: number
  /** ISO 8601 in UTC with milliseconds; also the value of the variable `BATCH_TIME`. */
  readonly batchTime: string
  readonly input: Input
  /** A folder, absolute, that is there, empty, and this attempt's alone. The engine makes files and folders in it. */
  readonly stagingFolder: string
  /** The start of every file's name; the engine adds what makes names distinct, also beside other batches' files. */
  readonly filePrefix: string
  /** Key-value metadata for the footer of every file. */
  readonly footer: Readonly<Record<string, string>>
  readonly limits: EngineLimits
}

/** What an engine has read and written. */
export interface StageResult {
  readonly version: typeof CONTRACT_VERSION
  /** Reference name → SHA-256 of the very bytes that the batch was made with, in hex. */
  readonly references: Readonly<Record<string, string>>
  /** Those that have rows; no others stand in the staging folder under the batch's prefix. */
  readonly files: readonly StagedFile[]
}

/** One Parquet file that an engine has written, of the columns of its table that name no folder. */
export interface StagedFile {
  readonly table: string
  /**
   * Below the staging folder, with `/`. Its last steps are `column=value` for each partition column, the outermost
   * first and percent-encoded where a name of a file needs that, `__HIVE_DEFAULT_PARTITION__` for NULL; then the name.
   */
  readonly path: string
  /**
   * Partition column → its value as a text, null for NULL and for ''. A date is `2026-11-22`, an integer its digits.
   */
  readonly partitionValues: Readonly<Record<string, string | null>>
  /** At least one. */
  readonly rows: number
  readonly bytes: number
  /** What is known of the values of each column in the file. */
  readonly columns: Readonly<Record<string, ColumnValues>>
}

/** What an engine in another process answers instead, where it has failed: an engine in this one throws. */
export interface EngineFailure {
  readonly version: typeof CONTRACT_VERSION
  readonly error: {
    /** One of Lakeweir's, such as LAKE_SQL_INVALID, or the system's, such as ENOSPC; null: neither. */
    readonly code: string | null
    readonly message: string
    /** What to do about it, as a sentence. */
    readonly remedy: string | null
    /** Whether a single value is at fault that no table can hold. */
    readonly isOfValue: boolean
  }
}

/** Turns rows into Parquet files in a staging folder. Knows nothing of logs and commits. */
export interface Engine {
  /** With its version, as the record says it. */
  readonly name: string
  /**
   * Checks that a SELECT fits its input, its references and its tables, before any batch.
   * @throws LakeError LAKE_SQL_INVALID, LAKE_REFERENCE_INVALID
   */
  check(plan: CheckPlan): Promise<void>
  /**
   * Stages one batch; not before the one before has ended. May be called without a check before, and then checks.
   * @param signal  once it is aborted the stage fails soon, and nothing writes to its folder any more once it has
   * @throws LakeError  LAKE_REFERENCE_INVALID; LAKE_SPLIT_FAILED for a row that is for none of the tables
   * @throws UnfitValueError  for a value that no table can hold: a source may leave out the file that it came with
   * @throws Error  anything else: with the `code` of the system, such as ENOSPC or ENOMEM, where it was not the batch's
   * fault. Whatever is thrown, the staging folder is left to be removed by the caller.
   */
  stage(plan: StagePlan, signal: AbortSignal): Promise<StageResult>
  close(): Promise<void>
}

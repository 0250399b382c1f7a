import type { Columns, ColumnValues, TableShape, VariableValue } from '../columns.ts'
import type { Input } from '../stream/input.ts'

// The contract with engines: what an engine is given and what it returns. docs/engine.md explains it with an example. A
// plan and a result are plain JSON, so that an engine may be another process; engineAnswer.ts checks what comes back.

/** The version of plans and results. It grows with every change that would make an older engine go wrong. */
export const CONTRACT_VERSION = 1

/** The column in which the SELECT of a stream with several tables names the table of each row. */
export const DESTINATION = 'destination'

/** The variable that holds the batch's time, as text. */
export const BATCH_TIME = 'batch_time'

/** A .sql file. */
export interface SqlFile {
  /** As the config names it; for messages. */
  readonly name: string
  readonly text: string
}

/** A reference file that a stream's SELECT joins: CSV in UTF-8, with the column names in its first line. */
export interface Reference {
  /** The name of the relation. */
  readonly name: string
  /** Absolute. */
  readonly file: string
  /** Other columns are ignored. A value that is not of its column's type is an error; none is rounded. */
  readonly columns: Columns
  /** A column with a value in every row, and no value twice: otherwise a join could double rows. */
  readonly key: string
}

/** `kept`: a stream's SELECT makes exactly one row of each row. `any`: it may drop and add rows. */
export type Rows = 'kept' | 'any'

/** What is the same for all batches of a stream while it runs: an engine may prepare for it once. */
export interface StreamShape {
  /** The name of the incoming rows in the SELECT. */
  readonly relation: string
  /** Their columns. */
  readonly columns: Columns
  /** What is made of them; null: they stay as they are. */
  readonly select: SqlFile | null
  /** Whether the SELECT has to keep rows one to one. */
  readonly rows: Rows
  /** More relations for the SELECT, read again whenever their files have changed. */
  readonly references: readonly Reference[]
  /** At least one. If there are several, `DESTINATION` says which one a row is for; no table has such a column. */
  readonly tables: readonly TableShape[]
}

export interface CheckPlan {
  readonly version: typeof CONTRACT_VERSION
  readonly shape: StreamShape
  /** What the input of every batch will be. */
  readonly inputKind: Input['kind']
  /** The variables that the input of a batch will have, with values of the same types. */
  readonly variables: Readonly<Record<string, VariableValue>>
}

/** What an engine may use. An engine inside this process shares the lake's DuckDB, which has these limits. */
export interface EngineLimits {
  readonly threads: number
  /** A number with KB, MB, GB or TB (powers of 1000) or KiB, MiB, GiB or TiB (powers of 1024). */
  readonly memory: string
}

/** What an engine should write for one batch. */
export interface StagePlan {
  readonly version: typeof CONTRACT_VERSION
  readonly shape: StreamShape
  readonly batch: number
  /** ISO 8601 in UTC with milliseconds; also the value of the variable `BATCH_TIME`. */
  readonly batchTime: string
  readonly input: Input
  /**
   * Absolute. The folder exists, is empty, and belongs to this attempt alone; the engine makes files and folders in it.
   */
  readonly stagingFolder: string
  /** How every file's name begins. The engine adds what makes it unique, also among the files of other batches. */
  readonly filePrefix: string
  /** Key-value metadata for the footer of every file. */
  readonly footer: Readonly<Record<string, string>>
  readonly limits: EngineLimits
}

/** What an engine read and wrote. */
export interface StageResult {
  readonly version: typeof CONTRACT_VERSION
  /** Reference name → SHA-256, in hex, of exactly the bytes that the batch was made with. */
  readonly references: Readonly<Record<string, string>>
  /** The files that have rows. The staging folder has no other files with the batch's prefix. */
  readonly files: readonly StagedFile[]
  /** The name and version of what made the files, where that is not the engine itself. */
  readonly engine?: string
  /** Why it was chosen for this batch, as a clause, where nobody asked for it by name. */
  readonly engineReason?: string
}

/** One Parquet file that an engine wrote, with the columns of its table except those that name folders. */
export interface StagedFile {
  readonly table: string
  /**
   * Relative to the staging folder, with `/`. It ends in a folder `column=value` for each partition column, outermost
   * first, and the file's name. A value is percent-encoded where a file name needs that; NULL is
   * `__HIVE_DEFAULT_PARTITION__`.
   */
  readonly path: string
  /** Partition column → its value as text; null for NULL and ''. A date is `2026-11-22`, an integer digits. */
  readonly partitionValues: Readonly<Record<string, string | null>>
  /** At least one. */
  readonly rows: number
  readonly bytes: number
  /** What is known of the values of each column in the file. */
  readonly columns: Readonly<Record<string, ColumnValues>>
}

/** A query over whole tables, such as a report, and everything that it reads. An engine may leave this out. */
export interface EngineQuery extends SqlFile {
  /** Tables as they were when the query began. */
  readonly tables: readonly QueriedTable[]
  readonly references: readonly Reference[]
  /** Each a SELECT over tables, references and views before it. */
  readonly views: readonly QueriedView[]
}

export interface QueriedView extends SqlFile {
  /** What the query and later views call it. */
  readonly view: string
}

export interface QueriedTable {
  readonly name: string
  readonly input: Input
}

export interface QueryPlan {
  readonly version: typeof CONTRACT_VERSION
  /** Its text may be several statements: the rows are those of the last. */
  readonly query: EngineQuery
  /** Absolute. The folder exists, is empty, and belongs to this query alone. */
  readonly outputFolder: string
  readonly limits: EngineLimits
}

/** The rows of a query, as Parquet files. */
export interface QueryAnswer {
  readonly version: typeof CONTRACT_VERSION
  /** The names of its columns, which may be any; the files call them `c0`, `c1` and so on. */
  readonly columns: readonly string[]
  /** Relative to the output folder. Together, and in this order, they have the rows in the order of the query. */
  readonly files: readonly string[]
}

/** What an engine in another process returns instead if it failed. An engine in this process throws. */
export interface EngineFailure {
  readonly version: typeof CONTRACT_VERSION
  readonly error: {
    /** A code of Lakeweir's, such as LAKE_SQL_INVALID, or of the system's, such as ENOSPC; null if there is neither. */
    readonly code: string | null
    readonly message: string
    /** What to do about it, as a sentence. */
    readonly remedy: string | null
    /** Whether the cause is a single value that no table can hold. */
    readonly isOfValue: boolean
  }
}

/** Turns rows into Parquet files in a staging folder. Knows nothing about logs and commits. */
export interface Engine {
  /** Including its version; goes into every record. That of a program may be known only once it has answered. */
  readonly name: string
  /**
   * Checks, before any batch, that a SELECT fits its input, its references and its tables.
   * @param signal  once it is aborted, a check that takes long, such as one for which a cluster is started, fails soon
   * @param onProgress  called with what it waits for, in a few words
   * @throws LakeError LAKE_SQL_INVALID, LAKE_REFERENCE_INVALID
   */
  check(plan: CheckPlan, signal?: AbortSignal, onProgress?: (text: string) => void): Promise<void>
  /**
   * Stages one batch, once the previous one has ended. If `check` was not called before, it also checks.
   * @param signal  once it is aborted, the stage fails soon; after it has failed, nothing writes to its folder any more
   * @param onProgress  called now and then with how far it is, in a few words: `3 of 40 tasks`
   * @throws LakeError  LAKE_REFERENCE_INVALID; LAKE_SPLIT_FAILED for a row that is for none of the tables
   * @throws LakeError  LAKE_ENGINE_FAILED where the batch was not at fault: tried again if that can help
   * @throws UnfitValueError  for a value that no table can hold: a source may leave out the file that it came from
   * @throws Error  for anything else, with the system's `code`, such as ENOSPC or ENOMEM, if the batch was not at
   * fault. Whatever is thrown, the caller removes the staging folder.
   */
  stage(plan: StagePlan, signal: AbortSignal, onProgress?: (text: string) => void): Promise<StageResult>
  /**
   * Runs a query over whole tables; left out by an engine that cannot.
   * @param signal  once it is aborted, the query fails soon
   * @param onProgress  called now and then with how far it is, in a few words: `3 of 40 tasks`
   * @throws LakeError LAKE_QUERY_FAILED, LAKE_REFERENCE_INVALID, LAKE_ENGINE_FAILED
   */
  query?(plan: QueryPlan, signal: AbortSignal, onProgress?: (text: string) => void): Promise<QueryAnswer>
  close(): Promise<void>
}

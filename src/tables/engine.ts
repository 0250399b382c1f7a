import type { DeltaLog } from '../delta/log.ts'
import type { TableShape } from '../delta/table.ts'
import type { Columns } from '../duckdb/sql/literals.ts'
import type { Input } from '../stream/source.ts'

/** A reference file that a stream's SQL joins. */
export interface Reference {
  readonly name: string
  readonly file: string
  readonly columns: Columns
  readonly key: string
}

/** `kept`: a stream's SELECT makes one row of each. `any`: it may drop rows and make some. */
export type Rows = 'kept' | 'any'

/** A .sql file with what its header says. */
export interface SqlFile {
  /** As the config names it; for messages. */
  readonly name: string
  readonly text: string
}

/** One of the tables that a stream writes. */
export interface Target extends TableShape {
  readonly log: DeltaLog
}

/** What an engine is to write for one batch. */
export interface StageTask {
  readonly batch: number
  readonly batchTime: string
  readonly input: Input
  /** A folder of this attempt alone; the engine makes folders and files below it. */
  readonly stagingFolder: string
  /** The start of every file's name; the engine adds what makes them distinct. */
  readonly filePrefix: string
  /** Written into the footer of every file. */
  readonly footer: Readonly<Record<string, string>>
}

/** One Parquet file that an engine has written. */
export interface StagedFile {
  /** The table it is meant for. */
  readonly table: string
  /** Below the staging folder. */
  readonly stagedPath: string
  /** Below the table's folder. */
  readonly path: string
  readonly partitionValues: Readonly<Record<string, string | null>>
  readonly rows: number
  readonly bytes: number
  /** The JSON text of a Delta add's `stats`. */
  readonly stats: string
}

/** Turns rows into Parquet files in a staging folder. Knows nothing of logs and commits. */
export interface Engine {
  /** With its version, as the record says it. */
  readonly name: string
  /** Reads the reference files again where they changed. @returns reference name → hash of the bytes that were read */
  loadReferences(): Promise<Readonly<Record<string, string>>>
  stage(task: StageTask): Promise<readonly StagedFile[]>
  /** Makes a stage that is under way fail soon. */
  interrupt(): void
}

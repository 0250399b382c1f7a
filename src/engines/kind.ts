import type { z } from 'zod'
import type { Columns } from '../columns.ts'
import type { Session } from '../duckdb/session.ts'
import type { Disk } from '../files/disk.ts'
import type { Input } from '../stream/input.ts'
import type { Engine, EngineLimits, Rows, SqlFile } from '../tables/engine.ts'
import type { SharedPrograms } from './program/keptProgram.ts'

/**
 * A kind of engine. Only the kind knows what its settings mean: everything else sees the `BoundEngine` that it makes of
 * them.
 */
export interface EngineKind {
  /** What it is called in configs, in records' names and after `--engine`. */
  readonly word: string
  /** What a person calls it, at the beginning of a sentence: `Spark`. */
  readonly name: string
  /** How it is written in a config, for messages. */
  readonly example: string
  /** How keys of its settings are written, if their names alone do not say it. */
  readonly keyExamples: Readonly<Record<string, string>>
  /**
   * Checks the settings that a config has under `engines`, or a stream under `engine`. Where nothing is written, they
   * are undefined: a kind that refuses that has to be told something.
   */
  readonly schema: z.ZodType<BoundEngine>
  /**
   * The word in the name of a .sql file that is for this kind alone, in the place of the file without it:
   * `orders.spark.sql`. Undefined for a kind that has no such files.
   */
  readonly dialect: string | undefined
  /** Why it can run no such stream, as a clause without its full stop; undefined: it can. */
  refuses(stream: EngineStream): string | undefined
  /**
   * Refuses a SELECT that means something else here than it does in DuckDB; left out by a kind that reads the same SQL.
   * @param relations  what the SELECT may read: name → columns
   * @throws LakeError LAKE_SQL_INVALID
   */
  readonly assertSameMeaning?: (
    session: Session,
    select: SqlFile,
    relations: ReadonlyMap<string, Columns>,
  ) => Promise<void>
}

/** An engine of a kind with its settings. */
export interface BoundEngine {
  /** With `auto`, a batch with more bytes of input goes to this engine; undefined: none does. */
  readonly autoOverBytes: number | undefined
  /**
   * What it needs of this machine, and whether that is there. Starts nothing that lasts.
   * @param folder  where relative paths in its settings begin
   */
  look(folder: string): Promise<readonly EngineFinding[]>
  /** An engine for one run of a stream, which closes it. @throws LakeError LAKE_ENGINE_FAILED, LAKE_PACKAGE_MISSING */
  open(means: EngineMeans): Promise<Engine>
}

/** What an engine gets to work with. Paths are absolute. */
export interface EngineMeans {
  /** A new session of the lake's DuckDB, which the caller closes. */
  connect(): Promise<Session>
  readonly disk: Disk
  /** Where relative paths in its settings begin: the folder of the config. */
  readonly configFolder: string
  readonly lakeFolder: string
  /** Where a program's log goes. The folder need not exist yet. */
  readonly logFile: string
  /** Programs that all engines of the lake may use together. */
  readonly programs: SharedPrograms
  readonly limits: EngineLimits
}

/** What a kind needs to know of a stream in order to say whether it can run it. */
export interface EngineStream {
  readonly input: Input['kind']
  readonly rows: Rows
  readonly hasSelect: boolean
}

/** Which settings of an engine a command may say anew. */
export interface EngineRunOptions {
  /** What a person calls the engine. */
  readonly name: string
  /** The name of an option → the setting that it says. */
  readonly options: Readonly<Record<string, EngineOption>>
  /** The setting that the words after `--` are added to; undefined: it takes none. */
  readonly words: { readonly setting: string; readonly describe: string } | undefined
}

export interface EngineOption {
  readonly setting: string
  readonly describe: string
  readonly example: string
}

/** What was found of something that an engine needs. */
export interface EngineFinding {
  readonly level: 'ok' | 'warn' | 'fail'
  /** A clause without its full stop. */
  readonly says: string
  /** What to do about it; undefined where there is nothing to do. */
  readonly fix?: string
}

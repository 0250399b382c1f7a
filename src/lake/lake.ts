import type { Parameters } from '../duckdb/parameters.ts'
import type { DatabaseOptions, Result } from '../duckdb/session.ts'
import type { Row } from '../duckdb/values.ts'
import { testEngine } from '../engines/kit/testEngine.ts'
import { type Diagnosis, diagnose } from './doctor/doctor.ts'
import type { Emptying } from './emptying.ts'
import { type EmptyOptions, emptyStreams, wouldEmpty } from './fresh.ts'
import { type HistoryEntry, type HistoryOptions, tableHistory } from './history.ts'
import { rejectedFiles } from './leftFiles.ts'
import { closeLake, type OpenLake, openLake } from './openLake.ts'
import {
  type LakeQuery,
  type ParquetOptions,
  type QueryOptions,
  type QueryResult,
  records,
  reportQuery,
  results,
  wholeResult,
  writeParquet,
} from './queries.ts'
import { runStreams } from './run.ts'
import type { RunOptions } from './runOptions.ts'
import { importSparkCheckpoint, type SparkImport, type SparkImportOptions } from './sparkCheckpoint/importCheckpoint.ts'
import { type LakeStatus, readStatus } from './status.ts'
import { type OptimizedTable, type OptimizeOptions, optimizeLake } from './upkeep/optimize.ts'
import { type Vacuumed, type VacuumOptions, vacuumLake } from './upkeep/vacuum.ts'
import { type ValidateOptions, type Validation, validateLake } from './validate.ts'

export interface OpenOptions {
  /** The config's file; `lakeweir.config.ts` of the current folder where undefined. */
  readonly config?: string
  /** Another folder for the lake than the config names. */
  readonly lake?: string
  readonly database?: Partial<DatabaseOptions>
}

/** A lake that is open: everything that the command line does is a method here. Close it when done. */
export class Lake {
  readonly #lake: OpenLake

  private constructor(lake: OpenLake) {
    this.#lake = lake
  }

  /** Loads a config and opens its lake; writes nothing. @throws LakeError LAKE_CONFIG_INVALID, LAKE_SQL_INVALID */
  static async open(options: OpenOptions = {}): Promise<Lake> {
    return Lake.of(await openLake({ ...options, alsoInLibrary: ALSO_IN_LIBRARY }))
  }

  /**
   * Looks at the machine, the config and all that a lake has on the disk. Changes nothing and never throws: what cannot
   * be looked at, such as a lake that does not open, is a finding.
   */
  static doctor(options: OpenOptions = {}): Promise<Diagnosis> {
    return diagnose({ ...options, alsoInLibrary: ALSO_IN_LIBRARY })
  }

  /** The public calls of a lake that our own code has opened. @internal */
  static of(lake: OpenLake): Lake {
    return new Lake(lake)
  }

  /** The open lake behind the calls, for our own code. @internal */
  static opened(lake: Lake): OpenLake {
    return lake.#lake
  }

  /**
   * Closes the lake. Interrupts queries that are under way, stops runs as their signal would, and waits for both to
   * end. Every later call fails with LAKE_CLOSED, except another `close`. Do not await it in a callback of `run`: it
   * would wait for itself. Abort the signal there.
   */
  close(): Promise<void> {
    return closeLake(this.#lake)
  }

  /**
   * Runs streams until they are done, the signal is aborted or the lake is closed.
   * @throws LakeError the worst of the streams that failed for good, once all have ended: each fails alone
   * @throws what `onBatch` throws
   */
  run(options: RunOptions): Promise<void> {
    return runStreams(this.#lake, options)
  }

  /**
   * Empties the tables of streams and everything that was made from them, once it is sure that the streams can begin
   * again. @returns what was removed; undefined where `confirm` returned false
   */
  empty(streams: readonly string[], options: EmptyOptions = {}): Promise<Emptying | undefined> {
    return emptyStreams(this.#lake, streams, options)
  }

  /** What `empty` would remove. Throws what would stop it. */
  wouldEmpty(streams: readonly string[], options: Pick<EmptyOptions, 'reland'> = {}): Promise<Emptying> {
    return wouldEmpty(this.#lake, streams, options)
  }

  /** Files in landing folders that cannot be taken, as their streams last saw them. */
  rejectedFiles(): Promise<readonly { stream: string; name: string; reason: string }[]> {
    return rejectedFiles(this.#lake)
  }

  /** Compares what came into each stream with what it wrote. */
  validate(options: ValidateOptions = {}): Promise<Validation> {
    return validateLake(this.#lake, options)
  }

  /** The current state of the lake; changes nothing. */
  status(): Promise<LakeStatus> {
    return readStatus(this.#lake)
  }

  /**
   * The commits of a table that its log still has, newest first, each read when it is asked for.
   * @throws LakeError LAKE_ARGUMENT_INVALID for an unknown name, LAKE_LOG_INVALID
   */
  history(table: string, options: HistoryOptions = {}): AsyncGenerator<HistoryEntry, void, undefined> {
    return tableHistory(this.#lake, table, options)
  }

  /**
   * Joins the small files of tables, while streams may run; the files that are replaced stay until a `vacuum`.
   * @throws LakeError LAKE_TABLE_HELD while another process does so; what was joined before stays
   */
  optimize(options: OptimizeOptions = {}): Promise<readonly OptimizedTable[]> {
    return optimizeLake(this.#lake, options)
  }

  /**
   * Removes files that nothing needs any more: those that were replaced so long ago, and landed files whose time in the
   * archive is over.
   * @throws LakeError LAKE_TABLE_HELD while another process joins or removes files
   */
  vacuum(options: VacuumOptions = {}): Promise<readonly Vacuumed[]> {
    return vacuumLake(this.#lake, options)
  }

  /**
   * Takes what Structured Streaming queries have committed into the lake's tables, so that its streams go on after it.
   * @param checkpoints  the folders that the queries have as their `checkpointLocation`
   * @throws LakeError LAKE_IMPORT_REFUSED for what is not certain; then nothing was changed
   */
  importSparkCheckpoint(checkpoints: readonly string[], options: SparkImportOptions): Promise<SparkImport> {
    return importSparkCheckpoint(this.#lake, checkpoints, options)
  }

  /** Runs a report of the lake. @throws LakeError LAKE_ARGUMENT_INVALID for an unknown name, LAKE_QUERY_FAILED */
  async report(name: string, options: QueryOptions = {}): Promise<Result> {
    return wholeResult(this.#lake, this.reportQuery(name), options)
  }

  /**
   * The SQL of a report, for `results` and `writeParquet`.
   * @throws LakeError LAKE_ARGUMENT_INVALID for an unknown name
   */
  reportQuery(name: string): LakeQuery {
    return reportQuery(this.#lake, name)
  }

  /**
   * Runs SQL over the lake's views, one statement or several, and returns the whole result of the last: `records` has
   * its rows as objects, `rows` as arrays. Values for `$1` or `$name` are bound, never written into the SQL.
   *
   * A BOOLEAN becomes a boolean; integers, FLOAT and DOUBLE become numbers, but an integer beyond 2^53 becomes text
   * with all its digits, and NaN and the infinities become text; DECIMAL, DATE, TIMESTAMPTZ (in UTC) and all others
   * become DuckDB's text; NULL becomes null. A list becomes an array, a STRUCT an object, a MAP an array of
   * `{ key, value }`; inside them, integers of 64 bits and more are text.
   * @throws LakeError LAKE_QUERY_FAILED, LAKE_ARGUMENT_INVALID
   */
  query(sql: string, parameters: Parameters = [], options: QueryOptions = {}): Promise<Result> {
    return wholeResult(this.#lake, { sql, parameters }, options)
  }

  /**
   * The rows of a query, one after another as DuckDB makes them: for results that do not fit in memory. The query ends
   * when the loop over them does.
   * @throws LakeError LAKE_QUERY_FAILED, LAKE_ARGUMENT_INVALID
   */
  records(sql: string, parameters: Parameters = [], options: QueryOptions = {}): AsyncGenerator<Row, void, undefined> {
    return records(this.#lake, { sql, parameters }, options)
  }

  /** The result of each statement of a query. Read each before asking for the next. */
  results(query: LakeQuery, options: QueryOptions = {}): AsyncGenerator<QueryResult, void, undefined> {
    return results(this.#lake, query, options)
  }

  /** Writes the rows of a query's last statement to a Parquet file, as DuckDB makes them. @returns how many */
  writeParquet(query: LakeQuery, file: string, options: ParquetOptions = {}): Promise<number> {
    return writeParquet(this.#lake, query, file, options)
  }
}

/** What a config finds in `lakeweir` beside the words for lakes: the same as whoever imports the package. @internal */
export const ALSO_IN_LIBRARY = { Lake, testEngine } as const

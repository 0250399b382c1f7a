import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeltaLog } from '../delta/log.ts'
import { Snapshot } from '../delta/snapshot.ts'
import { assertTableMatches, createTable } from '../delta/table.ts'
import type { Parameters } from '../duckdb/parameters.ts'
import { closedError, Database, type DatabaseOptions, type Result, type Session } from '../duckdb/session.ts'
import type { Row } from '../duckdb/values.ts'
import { LakeError } from '../errors.ts'
import { type Disk, nodeDisk } from '../files/disk.ts'
import { ensureFolder } from '../files/folders.ts'
import { readText } from '../files/read.ts'
import { removeDeadNames } from '../files/temporaryNames.ts'
import { replaceFile } from '../files/wholeFiles.ts'
import { type Clock, systemClock } from '../stream/clock.ts'
import { knownError } from '../stream/failures.ts'
import { assertNotNewer, listBatches } from '../tables/record.ts'
import { suggestion } from '../words.ts'
import { type LoadOptions, loadFitting } from './config/load.ts'
import type { LakeStream, LakeTable, ResolvedLake } from './config/resolve.ts'
import type { Emptying } from './emptying.ts'
import { type EmptyOptions, emptyStreams, finishEmptying, foretold } from './fresh.ts'
import { leftFilesOf } from './landing.ts'
import { Layout } from './layout.ts'
import type { LeftFile } from './leftFile.ts'
import { Lifetime } from './lifetime.ts'
import { type LakeQuery, type ParquetOptions, Queries, type QueryOptions, type QueryResult } from './queries.ts'
import { CallbackError, type RunOptions, runStreams } from './run.ts'
import { type LakeStatus, readStatus } from './status.ts'
import { type Validation, validateLake } from './validate.ts'
import { lakeSql, makeViews, tableRefs } from './views.ts'

export interface OpenOptions extends LoadOptions {
  readonly disk?: Disk
  readonly clock?: Clock
  readonly database?: Partial<DatabaseOptions>
}

const DATABASE_DEFAULTS: DatabaseOptions = {
  threads: 2,
  memoryLimit: '4GB',
  tempFolder: join(tmpdir(), `lakeweir-${process.pid}`),
}

/** A lake that is open: everything that the command line does is a method here. Close it when done. */
export class Lake {
  readonly resolved: ResolvedLake
  readonly layout: Layout
  readonly disk: Disk
  readonly clock: Clock
  readonly #database: Database
  readonly #lifetime = new Lifetime()
  readonly #queries = new Queries(
    this.#lifetime,
    () => this.connect(),
    (session) => this.loadViews(session),
  )

  private constructor(resolved: ResolvedLake, disk: Disk, clock: Clock, database: Database) {
    this.resolved = resolved
    this.layout = new Layout(resolved.root)
    this.disk = disk
    this.clock = clock
    this.#database = database
  }

  /** Loads a config and opens its lake; writes nothing. @throws LakeError LAKE_CONFIG_INVALID, LAKE_SQL_INVALID */
  static async open(options: OpenOptions = {}): Promise<Lake> {
    // At once: DuckDB starts on threads of its own, and a command waits for the slower of the two only.
    const [opened, loaded] = await Promise.allSettled([
      Database.open({ ...DATABASE_DEFAULTS, ...options.database }),
      loadFitting(options),
    ])
    if (opened.status === 'rejected') throw loaded.status === 'rejected' ? loaded.reason : opened.reason
    if (loaded.status === 'rejected') {
      opened.value.close()
      throw loaded.reason
    }
    return new Lake(loaded.value, options.disk ?? nodeDisk, options.clock ?? systemClock, opened.value)
  }

  /**
   * Closes the lake. Queries that are under way are interrupted, runs are stopped as by their signal; both have ended
   * when this has. Every call after it fails with LAKE_CLOSED, but for another `close`. Not for a callback of `run`,
   * which would wait for itself: abort the signal there.
   */
  close(): Promise<void> {
    return this.#lifetime.end(() => this.#database.close())
  }

  /**
   * Runs streams until they are done, the signal is aborted or the lake is closed.
   * @throws LakeError the worst of the streams that failed for good, once all have ended: each fails alone
   * @throws what `onBatch` throws
   */
  async run(options: RunOptions): Promise<void> {
    try {
      await this.#lifetime.call(() => this.#orDiskError(() => this.#run(options)))
    } catch (error) {
      throw error instanceof CallbackError ? error.thrown : error
    }
  }

  async #run(options: RunOptions): Promise<void> {
    await this.#prepare()
    const views = this.#viewsAfterStarts(options.streams)
    const signals = [this.#lifetime.signal, views.failed, ...(options.signal === undefined ? [] : [options.signal])]
    const onStart: RunOptions['onStart'] = (stream, batches) => {
      views.onStart(stream)
      options.onStart?.(stream, batches)
    }
    try {
      await runStreams(this, { ...options, signal: AbortSignal.any(signals), onStart })
    } finally {
      await views.written()
    }
  }

  /**
   * Empties the tables of streams and everything that follows from them, once it is sure that the streams can begin
   * again. @returns what was taken away; undefined where `confirm` said no
   */
  async empty(streams: readonly string[], options: EmptyOptions = {}): Promise<Emptying | undefined> {
    return this.#lifetime.call(() =>
      this.#orDiskError(async () => {
        await this.#prepare()
        const chosen = streams.map((name) => this.stream(name))
        const emptied = await emptyStreams(this, chosen, options)
        await this.#prepare()
        return emptied
      }),
    )
  }

  /** What `empty` would take away; finds what would stop it too. */
  async wouldEmpty(streams: readonly string[], options: Pick<EmptyOptions, 'reland'> = {}): Promise<Emptying> {
    return foretold((confirm) => this.empty(streams, { ...options, confirm }))
  }

  /**
   * The streams of these names; of none, all but generated ones.
   * @throws LakeError LAKE_ARGUMENT_INVALID for an unknown name
   */
  chosenStreams(names: readonly string[]): readonly LakeStream[] {
    if (names.length > 0) return [...new Set(names)].map((name) => this.stream(name))
    return this.resolved.streams.filter(({ from }) => from.kind !== 'generated')
  }

  /** Files in landing folders that cannot be taken, as their streams last saw them. */
  async rejectedFiles(): Promise<readonly { stream: string; name: string; reason: string }[]> {
    const left = await this.leftFiles()
    return left.flatMap(({ why, stream, name, reason }) => (why === 'rejected' ? [{ stream, name, reason }] : []))
  }

  /** What stands in landing folders, and why it has not been taken. */
  async leftFiles(): Promise<readonly LeftFile[]> {
    this.#lifetime.assertOpen()
    return leftFilesOf(this).catch((cause: unknown) => {
      throw knownError(cause)
    })
  }

  /** Compares what came into each stream with what it wrote. */
  async validate(options: { readonly deep?: boolean } = {}): Promise<Validation> {
    return this.withSession((session) => validateLake(this, session, options.deep ?? false))
  }

  async status(): Promise<LakeStatus> {
    return this.withSession((session) => readStatus(this, session))
  }

  /** Runs a report of the lake. @throws LakeError LAKE_ARGUMENT_INVALID for an unknown name, LAKE_QUERY_FAILED */
  async report(name: string): Promise<Result> {
    return this.#queries.whole(this.reportQuery(name))
  }

  /**
   * The SQL of a report, for `results` and `writeParquet`.
   * @throws LakeError LAKE_ARGUMENT_INVALID for an unknown name
   */
  reportQuery(name: string): LakeQuery {
    this.#lifetime.assertOpen()
    const found = this.resolved.reports.get(name)
    if (found === undefined) throw unknownName('report', name, [...this.resolved.reports.keys()])
    return { sql: found.text, name: found.name }
  }

  /**
   * Runs SQL over the lake's views, one statement or several, and returns the result of the last as a whole: `records`
   * has its rows by column, `rows` as arrays. Values for `$1` or `$name` are bound, never written into the SQL.
   *
   * A BOOLEAN comes as a boolean; integers, FLOAT and DOUBLE as a number, an integer beyond 2^53 as text, digit for
   * digit, and NaN and the infinities as text; DECIMAL, DATE, TIMESTAMPTZ (in UTC) and all else as DuckDB's text of it;
   * NULL as null. A list is an array, a STRUCT an object, a MAP an array of `{ key, value }`; integers of 64 bits and
   * more inside of those are text.
   * @throws LakeError LAKE_QUERY_FAILED, LAKE_ARGUMENT_INVALID
   */
  async query(sql: string, parameters: Parameters = []): Promise<Result> {
    return this.#queries.whole({ sql, parameters })
  }

  /**
   * The rows of a query, one after another while they are made: for results that are too large to be held. The query
   * ends where the loop over them does.
   * @throws LakeError LAKE_QUERY_FAILED, LAKE_ARGUMENT_INVALID
   */
  records(sql: string, parameters: Parameters = []): AsyncGenerator<Row, void, undefined> {
    this.#lifetime.assertOpen()
    return this.#queries.records({ sql, parameters })
  }

  /** The result of each statement of a query, each to be read before the next is asked for. */
  results(query: LakeQuery, options: QueryOptions = {}): AsyncGenerator<QueryResult, void, undefined> {
    this.#lifetime.assertOpen()
    return this.#queries.results(query, options)
  }

  /** Writes the rows of a query's last statement to a Parquet file, as DuckDB makes them. @returns how many */
  async writeParquet(query: LakeQuery, file: string, options: ParquetOptions = {}): Promise<number> {
    return this.#queries.toParquet(query, file, options)
  }

  /** Makes the views of `lake.sql` in a session. */
  async loadViews(session: Session): Promise<void> {
    await makeViews(session, this.resolved, this.layout).catch((cause: unknown) => {
      throw knownError(cause)
    })
  }

  stream(name: string): LakeStream {
    const found = this.resolved.streams.find((stream) => stream.name === name)
    if (found !== undefined) return found
    throw unknownName(
      'stream',
      name,
      this.resolved.streams.map((stream) => stream.name),
    )
  }

  log(table: LakeTable): DeltaLog {
    return new DeltaLog(this.disk, this.layout.data(table), () =>
      this.#ownSession(async (session) => {
        const ref = { name: table.name, folder: this.layout.dataFolder(table), stream: null }
        const head = (await Snapshot.load(session, this.resolved.root, [ref])).head(table.name)
        assertTableMatches(table, head)
        return head
      }),
    )
  }

  /** A session that its user closes. Runs open some until they have ended, also while the lake is being closed. */
  connect(): Promise<Session> {
    return this.#database.connect()
  }

  /** Works with a session of its own, which closing the lake interrupts. @throws LakeError LAKE_CLOSED */
  async withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#lifetime.call(async () => {
      const session = await this.#lifetime.open(() => this.connect())
      try {
        return await work(session)
      } catch (cause) {
        throw this.#lifetime.signal.aborted ? closedError(cause) : knownError(cause)
      } finally {
        this.#lifetime.release(session)
      }
    })
  }

  /** The same within a run, which nothing interrupts on its way. */
  async #ownSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.connect()
    try {
      return await work(session)
    } catch (error) {
      throw knownError(error)
    } finally {
      session.close()
    }
  }

  /** The newest state of all tables. */
  async snapshot(session: Session): Promise<Snapshot> {
    return Snapshot.load(session, this.resolved.root, tableRefs(this.resolved, this.layout))
  }

  /** Finishes an emptying that was cut short, and makes tables that are not there yet. */
  async #prepare(): Promise<void> {
    for (const stream of this.resolved.streams) await assertNotNewer(this.layout.checkpoint(stream).commits)
    await ensureFolder(this.disk, this.resolved.root, this.resolved.root)
    await finishEmptying(this)
    await removeDeadNames(this.disk, this.resolved.root, this.clock.nowMs())
    for (const table of this.resolved.tables) {
      const staging = this.layout.checkpoints(table)
      await ensureFolder(this.disk, this.resolved.root, staging)
      await removeDeadNames(this.disk, staging, this.clock.nowMs())
      if (await this.#isLost(table)) continue
      await createTable(this.disk, this.resolved.root, this.log(table), table, this.clock.nowMs(), staging)
    }
  }

  /**
   * Writes `lake.sql` once every stream of a run has started: by then all is checked that a run can be refused for, and
   * a refused one leaves the text that is there.
   */
  #viewsAfterStarts(names: readonly string[]): {
    readonly onStart: (stream: string) => void
    /** Aborted where the text cannot be written, which ends the run. */
    readonly failed: AbortSignal
    readonly written: () => Promise<void>
  } {
    const awaited = new Set(this.chosenStreams(names).map(({ name }) => name))
    const failure = new AbortController()
    let writing: Promise<void> | undefined
    return {
      onStart: (stream) => {
        awaited.delete(stream)
        if (awaited.size > 0 || writing !== undefined) return
        writing = this.#writeLakeSql()
        writing.catch(() => failure.abort())
      },
      failed: failure.signal,
      written: async () => writing,
    }
  }

  /** Writes `lake.sql`, unless its views cannot be made over the tables as they are: then a good one would go. */
  async #writeLakeSql(): Promise<void> {
    const text = lakeSql(this.resolved, this.layout)
    // What cannot be read is replaced.
    if ((await readText(this.layout.lakeSql).catch(() => undefined)) === text) return
    try {
      await this.#ownSession((session) => this.loadViews(session))
    } catch (error) {
      if (error instanceof LakeError) return
      throw error
    }
    await replaceFile(this.disk, this.layout.lakeSql, text)
  }

  /** Says of a disk that failed outside of any batch what is left. */
  async #orDiskError<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const state = 'What was committed stays; the next run goes on from there.'
      throw knownError(error, { state, after: ', then start again.' })
    }
  }

  /**
   * Whether a table is gone that a stream has written or read. An empty one in its place would hide the loss from
   * streams that begin there; without it each refuses to start.
   */
  async #isLost(table: LakeTable): Promise<boolean> {
    if ((await this.log(table).newestVersion()) !== undefined) return false
    const users = this.resolved.streams.filter(({ into, from }) => {
      return into.includes(table) || (from.kind === 'deltaTable' && from.table === table.name)
    })
    const batches = await Promise.all(users.map((stream) => listBatches(this.layout.checkpoint(stream).commits)))
    return batches.some((numbers) => numbers.length > 0)
  }
}

function unknownName(kind: string, name: string, known: readonly string[]): LakeError {
  return new LakeError('LAKE_ARGUMENT_INVALID', `there is no ${kind} "${name}".`, { remedy: suggestion(name, known) })
}

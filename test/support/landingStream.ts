import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Columns } from '../../src/columns.ts'
import { DeltaLog } from '../../src/delta/log.ts'
import { Snapshot } from '../../src/delta/snapshot.ts'
import { createTable } from '../../src/delta/table.ts'
import { Database, type Session } from '../../src/duckdb/session.ts'
import { exactPath } from '../../src/duckdb/sql/literals.ts'
import { readTableFilesOrNone } from '../../src/duckdb/sql/tableFiles.ts'
import type { Row } from '../../src/duckdb/values.ts'
import type { BoundEngine } from '../../src/engines/kind.ts'
import { type Disk, nodeDisk } from '../../src/files/disk.ts'
import { openStream } from '../../src/lake/openStream.ts'
import { type LandingNotes, readNotes } from '../../src/sources/landing/notes.ts'
import { type LandingFolderOptions, LandingFolderSource } from '../../src/sources/landing/source.ts'
import { systemClock } from '../../src/stream/clock.ts'
import type { BatchProgress } from '../../src/stream/progress.ts'
import type { Feed, Limits, Moment, Portion, Position, Source } from '../../src/stream/source.ts'
import { Checkpoint } from '../../src/tables/checkpoint.ts'
import type { Target } from '../../src/tables/target.ts'
import { archivedNames } from './archive.ts'
import { engineMeans } from './engineMeans.ts'
import { duckdbThroughJson } from './jsonEngine.ts'
import { rawSql } from './sql.ts'
import { temporaryFolder } from './temporaryFolder.ts'

export const NO_LIMITS: Limits = { maxFiles: 1000, maxRows: 1_000_000, maxBytes: 1_000_000_000 }

export const EVENT_COLUMNS: Columns = { id: 'BIGINT', name: 'VARCHAR' }

export interface LandingStreamOptions {
  readonly columns?: Columns
  readonly afterCommit?: 'archive' | 'delete'
  readonly disk?: Disk
  /** What DuckDB may use, for the stream and for the test's own queries. */
  readonly memoryLimit?: string
  /** Below it everything is made. */
  readonly folder?: string
  /** DuckDB's where left out. */
  readonly engine?: Pick<BoundEngine, 'open'>
}

/** A stream that lands a folder in one table, with everything real and without a config. */
export class LandingStream {
  readonly landing: string
  readonly archive: string
  readonly checkpoint: Checkpoint
  /** For the test's own queries and files. */
  readonly session: Session
  readonly #lakeFolder: string
  readonly #database: Database
  readonly #target: Target
  readonly #disk: Disk
  readonly #afterCommit: 'archive' | 'delete'
  readonly #engine: Pick<BoundEngine, 'open'>

  private constructor(folder: string, database: Database, session: Session, options: LandingStreamOptions) {
    this.#lakeFolder = folder
    this.#database = database
    this.session = session
    this.#disk = options.disk ?? nodeDisk
    this.#afterCommit = options.afterCommit ?? 'archive'
    this.#engine = options.engine ?? duckdbThroughJson
    this.landing = join(folder, 'landing')
    this.archive = join(this.landing, '_archive')
    this.checkpoint = new Checkpoint(join(folder, 'events', 'checkpoint', 'land'))
    const log = new DeltaLog(nodeDisk, join(folder, 'events', 'data'))
    this.#target = { name: 'events', columns: options.columns ?? EVENT_COLUMNS, partitionBy: [], log }
  }

  static async open(options: LandingStreamOptions = {}): Promise<LandingStream> {
    const folder = options.folder ?? temporaryFolder()
    const database = await Database.open({
      threads: 2,
      memoryLimit: options.memoryLimit ?? '1GB',
      tempFolder: join(folder, '.temp'),
    })
    const session = await database.connect()
    onTestFinished(() => {
      session.close()
      database.close()
    })
    const stream = new LandingStream(folder, database, session, options)
    mkdirSync(stream.landing, { recursive: true })
    await stream.checkpoint.make(nodeDisk, folder)
    await createTable(nodeDisk, folder, stream.#target.log, stream.#target, 0, stream.checkpoint.staging)
    return stream
  }

  path(name: string): string {
    return join(this.landing, name)
  }

  /**
   * Writes the rows of a SELECT as a Parquet file into the landing folder.
   * @param options  more of them for the COPY: `, COMPRESSION gzip`
   */
  async drop(name: string, select = "SELECT 1::BIGINT AS id, 'a' AS name", options = ''): Promise<string> {
    // Beside, then renamed: a COPY into the folder would be seen half-written by a stream that runs.
    const temporary = join(this.#lakeFolder, 'temporary.parquet')
    await this.session.run(rawSql`COPY (${select}) TO '${temporary}' (FORMAT parquet${options})`)
    await nodeDisk.rename(temporary, this.path(name))
    return this.path(name)
  }

  source(options: Partial<Pick<LandingFolderOptions, 'columns' | 'connect' | 'clock'>> = {}): LandingFolderSource {
    return new LandingFolderSource({
      folder: this.landing,
      columns: this.#target.columns,
      checkpoint: this.checkpoint,
      lakeFolder: this.#lakeFolder,
      connect: () => this.#database.connect(),
      clock: systemClock,
      disk: this.#disk,
      afterCommit: this.#afterCommit,
      ...options,
    })
  }

  /** What a stream takes that has no batch yet, without a stream. */
  async feed(source = this.source()): Promise<Feed> {
    const feed = await source.resume(undefined)
    onTestFinished(() => feed.close())
    return feed
  }

  /** Takes what is there and stops. */
  async run(limits: Partial<Limits> = {}, source: Source = this.source()): Promise<BatchProgress[]> {
    const batches: BatchProgress[] = []
    const { name, columns, partitionBy } = this.#target
    const stream = await openStream({
      name: 'land',
      source,
      openEngine: () => this.#engine.open({ ...engineMeans(this.#database, this.#lakeFolder), disk: this.#disk }),
      shape: {
        relation: 'landing',
        columns,
        select: null,
        rows: 'kept',
        references: [],
        tables: [{ name, columns, partitionBy }],
      },
      inputKind: 'foreign',
      variables: {},
      limits: { threads: 2, memory: '1GB' },
      targets: [this.#target],
      checkpoint: this.checkpoint,
      lakeFolder: this.#lakeFolder,
      connect: () => this.#database.connect(),
      disk: this.#disk,
      clock: systemClock,
    })
    try {
      await stream.run({
        limits: { ...NO_LIMITS, ...limits },
        triggerMs: 0,
        pollMs: 1000,
        availableNow: true,
        startedMs: 0,
        deadlineMs: undefined,
        upstream: Promise.resolve(),
        signal: new AbortController().signal,
        onStart: () => undefined,
        onBatch: (progress) => batches.push(progress),
        onNote: () => undefined,
      })
    } finally {
      await stream.close()
    }
    return batches
  }

  /** The rows that have landed, or what a SELECT list makes of them. */
  async rows(orderBy = 'ALL', selected = '*'): Promise<Row[]> {
    const snapshot = await this.#snapshot()
    const files = (await snapshot.liveFiles('events')).map(({ file }) => exactPath(file))
    await this.session.setVariable('landed_files', files)
    const read = readTableFilesOrNone('landed_files', { columns: this.#target.columns, partitionBy: [] }, 1)
    return this.session.rows(rawSql`SELECT ${selected} FROM (${read}) ORDER BY ${orderBy}`)
  }

  notes(): Promise<LandingNotes> {
    return readNotes(this.checkpoint)
  }

  /** File name → why it was rejected. */
  async reasons(): Promise<Record<string, string>> {
    const { rejected } = await this.notes()
    return Object.fromEntries(Object.entries(rejected).map(([name, { reason }]) => [name, reason]))
  }

  /** Names in the landing folder but for the archive. */
  waiting(): string[] {
    return readdirSync(this.landing)
      .filter((name) => name !== '_archive')
      .sort()
  }

  archived(): string[] {
    return archivedNames(this.landing)
  }

  #snapshot(): Promise<Snapshot> {
    const { name } = this.#target
    return Snapshot.load(this.session, this.#lakeFolder, [{ name, folder: 'events/data', stream: null }])
  }
}

export function momentAt(nowMs: number, draining: boolean, batch = 1): Moment {
  return { batch, nowMs, elapsedMs: nowMs, draining }
}

/** The next portion of a feed that has one. */
export async function portionOf(
  feed: Feed,
  limits: Partial<Limits> = {},
  moment = momentAt(0, true),
): Promise<Portion> {
  const found = await feed.next({ ...NO_LIMITS, ...limits }, moment)
  if (found.kind === 'idle') throw new Error('the feed has nothing')
  return found
}

/** Where the batch of a portion has brought its stream, as a sink would say. */
export function positionAfter({ range: { start, end, detail } }: Portion, batch = 1): Position {
  return {
    streamId: 'land@1',
    batch,
    attempt: '00000000-0000-0000-0000-000000000000',
    batchTime: '2026-11-22T10:00:00.000Z',
    recordedIn: 'the test',
    source: { kind: 'landing', start, end, detail },
  }
}

/** A source that goes on with a feed which is open already, and leaves it open. */
export function stillOpen(feed: Feed): Source {
  return {
    kind: 'landing',
    resume: async () => ({
      next: (limits, moment) => feed.next(limits, moment),
      pin: () => feed.pin(),
      watch: (wake) => feed.watch(wake),
      close: async () => undefined,
    }),
  }
}

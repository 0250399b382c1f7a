import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  type Action,
  type AddFile,
  ENGINE_INFO,
  encodePath,
  PROTOCOL,
  renderCommit,
  type Txn,
} from '../../src/delta/actions.ts'
import { DeltaLog } from '../../src/delta/log.ts'
import { schemaString } from '../../src/delta/schema.ts'
import { Database } from '../../src/duckdb/session.ts'
import { type Disk, nodeDisk } from '../../src/files/disk.ts'
import type { Followed } from '../../src/serving/follow/followed.ts'
import type { BatchOffset } from '../../src/serving/follow/offset.ts'
import { FollowSource } from '../../src/serving/follow/source.ts'
import type { BatchRows } from '../../src/serving/input.ts'
import type { Feed, Limits, Moment, Portion, Position } from '../../src/stream/source.ts'
import { Checkpoint } from '../../src/tables/checkpoint.ts'
import { writeCheckpoint } from './checkpointFile.ts'
import { NO_LIMITS } from './landingStream.ts'
import { temporaryFolder } from './temporaryFolder.ts'

const COLUMNS = { id: 'BIGINT', at: 'TIMESTAMPTZ', day: 'DATE' } as const

export const MOMENT: Moment = { batch: 1, nowMs: 0, elapsedMs: 0, draining: true }

export const TABLES = ['valid', 'corrupted'] as const

export type TableName = (typeof TABLES)[number]

/** The files that a batch adds to its tables; a table that is left out gets none. */
export type Files = Partial<Record<TableName, readonly FileOf[]>>

/** A file by its path below its table, with how many rows and up to what event time. */
export interface FileOf {
  readonly path: string
  readonly rows: number
  readonly newest?: string
}

/** What one portion brought, with paths below the lake. */
export interface TakenPortion {
  readonly scope: BatchRows['scope']
  readonly batch: number
  readonly files: Readonly<Record<string, readonly string[]>>
  readonly rows: number
  readonly notes: readonly string[]
  readonly newest: string | undefined
  readonly end: BatchOffset
}

/** The logs of the two tables of a stream, as any process may leave them, and a source that follows it. */
export class FollowedStream {
  readonly lakeFolder: string
  readonly streamId: string
  readonly followed: Followed
  readonly logs: Readonly<Record<TableName, DeltaLog>>
  readonly #database: Database
  /** The ids of the tables. */
  readonly #ids: Record<TableName, string> = { valid: '', corrupted: '' }
  readonly #versions: Record<TableName, number> = { valid: -1, corrupted: -1 }

  private constructor(lakeFolder: string, database: Database, disk: Disk) {
    this.lakeFolder = lakeFolder
    this.#database = database
    this.streamId = 'split@11111111-1111-1111-1111-111111111111'
    const log = (table: TableName): DeltaLog => new DeltaLog(disk, join(lakeFolder, table, 'data'))
    this.logs = { valid: log('valid'), corrupted: log('corrupted') }
    this.followed = {
      follower: 'live',
      stream: {
        name: 'split',
        checkpoint: new Checkpoint(join(lakeFolder, 'valid/checkpoint/split')),
        landedFiles: undefined,
        follows: undefined,
      },
      tables: TABLES.map((name) => ({ name, columns: COLUMNS, partitionBy: ['day'], log: this.logs[name] })),
      lakeFolder,
      eventTime: 'at',
      disk,
      connect: () => database.connect(),
    }
  }

  /** Both tables with their first commits. */
  static async open(disk: Disk = nodeDisk): Promise<FollowedStream> {
    const stream = await FollowedStream.empty(disk)
    stream.create('a')
    return stream
  }

  /** A lake without the tables. */
  static async empty(disk: Disk = nodeDisk): Promise<FollowedStream> {
    const lakeFolder = temporaryFolder()
    const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder: join(lakeFolder, '.temp') })
    onTestFinished(() => database.close())
    return new FollowedStream(lakeFolder, database, disk)
  }

  /** Commit 0 of both tables or of one, whatever was there before. @param id  one character, distinguishes tables */
  create(id: string, tables: readonly TableName[] = TABLES): void {
    for (const table of tables) {
      rmSync(dirname(this.logs[table].folder), { recursive: true, force: true })
      mkdirSync(this.logs[table].folder, { recursive: true })
      this.#versions[table] = -1
      this.#ids[table] = `${id}${table}`
      this.commit(table, [{ protocol: PROTOCOL }, { metaData: metaDataOf(this.#ids[table]) }])
    }
  }

  /** The next commit of a table. @returns its version */
  commit(table: TableName, actions: readonly Action[]): number {
    this.#versions[table] += 1
    writeFileSync(this.logs[table].commitPath(this.#versions[table]), renderCommit(actions))
    return this.#versions[table]
  }

  /** Writes a data file. Nobody reads it: what is followed is what logs say. */
  file(table: TableName, { path, rows, newest }: FileOf, more: Partial<AddFile> = {}): { add: AddFile } {
    const file = join(this.logs[table].tableFolder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, path)
    const stats = JSON.stringify({ numRecords: rows, ...(newest === undefined ? {} : { maxValues: { at: newest } }) })
    const size = statSync(file).size
    const add = { path: encodePath(path), partitionValues: {}, size, modificationTime: 0, dataChange: true, stats }
    return { add: { ...add, ...more } }
  }

  /** Publishes a batch, in some tables only if so told. */
  publish(batch: number, files: Files = {}, tables: readonly TableName[] = TABLES, streamId = this.streamId): void {
    for (const table of tables) {
      const adds = (files[table] ?? []).map((file) => this.file(table, file))
      this.commit(table, [...batchActions(streamId, batch), ...adds])
    }
  }

  /** The newest version of a table's log. */
  newest(table: TableName): number {
    return this.#versions[table]
  }

  /** Takes the last commit of a table away, as a restored backup lacks it. */
  takeBack(table: TableName): void {
    rmSync(this.logs[table].commitPath(this.#versions[table]))
    this.#versions[table] -= 1
  }

  /** What a clean-up of a log does: a checkpoint of the newest version, and no commit up to a version any more. */
  async cleanUp(table: TableName, upTo: number): Promise<void> {
    const version = this.#versions[table]
    const live = new Map<string, AddFile>()
    const txns: Txn[] = []
    for (let number = 1; number <= version; number++) {
      for (const line of readFileSync(this.logs[table].commitPath(number), 'utf8').trim().split('\n')) {
        const { add, remove, txn } = JSON.parse(line) as { add?: AddFile; remove?: { path: string }; txn?: Txn }
        if (add !== undefined) live.set(add.path, add)
        if (remove !== undefined) live.delete(remove.path)
        if (txn !== undefined) txns.splice(0, 1, txn)
      }
    }
    const session = await this.#database.connect()
    const state = { protocol: PROTOCOL, metaData: metaDataOf(this.#ids[table]), txns, adds: [...live.values()] }
    await writeCheckpoint({ lakeFolder: this.lakeFolder, log: this.logs[table], session }, version, state)
    session.close()
    for (let number = 0; number <= upTo; number++) rmSync(this.logs[table].commitPath(number), { force: true })
  }

  /** The files as of a place, with paths below the lake; undefined if that is no longer known. */
  async filesUpTo(end: BatchOffset): Promise<Record<string, string[]> | undefined> {
    const files = await new FollowSource(this.followed).filesUpTo(positionAt(end))
    return files && this.#below(files)
  }

  #below(files: ReadonlyMap<string, readonly string[]>): Record<string, string[]> {
    const below = (paths: readonly string[]): string[] => paths.map((path) => relative(this.lakeFolder, path))
    return Object.fromEntries([...files].map(([table, paths]) => [table, below(paths)]))
  }

  /** A feed that goes on after an offset, as a new process gets one. */
  async resumed(after?: BatchOffset): Promise<Feed<BatchRows>> {
    const feed = await new FollowSource(this.followed).resume(after === undefined ? undefined : positionAt(after))
    onTestFinished(() => feed.close())
    return feed
  }

  /** Takes what there is, as a store does that commits each portion. */
  async drain(feed: Feed<BatchRows>, limits: Partial<Limits> = {}): Promise<TakenPortion[]> {
    const taken: TakenPortion[] = []
    for (const portion of await drained(feed, limits)) taken.push(await this.taken(portion))
    return taken
  }

  async taken(portion: Portion<BatchRows>): Promise<TakenPortion> {
    const { scope, batch, files, newestEventMicros } = portion.input
    return {
      scope,
      batch,
      files: this.#below(files),
      rows: await portion.secure(),
      notes: portion.notes,
      newest: newestEventMicros === undefined ? undefined : new Date(Number(newestEventMicros / 1000n)).toISOString(),
      end: endOf(portion),
    }
  }
}

/** Takes what there is, as a store does that commits each portion. */
export async function drained(feed: Feed<BatchRows>, limits: Partial<Limits> = {}): Promise<Portion<BatchRows>[]> {
  const portions: Portion<BatchRows>[] = []
  for (;;) {
    const portion = await nextOf(feed, limits)
    if (portion === undefined) return portions
    portions.push(portion)
    await portion.finish(positionAt(endOf(portion)))
  }
}

/** The next portion, not yet finished; undefined if there is none. */
export async function nextOf(
  feed: Feed<BatchRows>,
  limits: Partial<Limits> = {},
): Promise<Portion<BatchRows> | undefined> {
  const next = await feed.next({ ...NO_LIMITS, ...limits }, MOMENT)
  return next.kind === 'idle' ? undefined : next
}

/** What a batch's commit says besides the files. */
export function batchActions(streamId: string, batch: number): Action[] {
  const [stream = ''] = streamId.split('@')
  const operationParameters = { stream, batch: String(batch), batchTime: timeOf(batch), startOffset: 'null' }
  const engineInfo = `${ENGINE_INFO}duckdb`
  return [
    { commitInfo: { timestamp: 0, operation: 'STREAMING UPDATE', operationParameters, engineInfo } },
    { txn: { appId: streamId, version: batch, lastUpdated: 0 } },
  ]
}

function timeOf(batch: number): string {
  return new Date(batch * 1_000).toISOString()
}

export function metaDataOf(id: string): Extract<Action, { metaData: unknown }>['metaData'] {
  return {
    id,
    format: { provider: 'parquet', options: {} },
    schemaString: schemaString(COLUMNS),
    partitionColumns: ['day'],
    configuration: {},
    createdTime: 0,
  }
}

/** Where a store stands that has taken everything up to an offset. */
export function positionAt(end: BatchOffset): Position {
  return {
    streamId: 'live@1',
    batch: end.batch,
    attempt: '00000000-0000-0000-0000-000000000000',
    batchTime: timeOf(end.batch),
    recordedIn: 'the test',
    source: { kind: 'batches', start: null, end, detail: {} },
  }
}

export function endOf({ range }: Portion<BatchRows>): BatchOffset {
  return range.end as BatchOffset
}

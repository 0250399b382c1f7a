import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Action, type AddFile, encodePath, PROTOCOL, renderCommit } from '../../src/delta/actions.ts'
import { DeltaLog } from '../../src/delta/log.ts'
import { STRICT } from '../../src/delta/reading.ts'
import { schemaString } from '../../src/delta/schema.ts'
import type { TableRef } from '../../src/delta/snapshot.ts'
import { Database, type Session } from '../../src/duckdb/session.ts'
import { exactPath, text, textList } from '../../src/duckdb/sql/literals.ts'
import { LakeError } from '../../src/errors.ts'
import { nodeDisk } from '../../src/files/disk.ts'
import type { TableOffset } from '../../src/sources/delta/offset.ts'
import { DeltaTableSource } from '../../src/sources/delta/source.ts'
import type { SourceTable } from '../../src/sources/delta/sourceTable.ts'
import type { Feed, Limits, Moment, Portion, Position } from '../../src/stream/source.ts'
import { NO_LIMITS } from './landingStream.ts'
import { rawSql } from './sql.ts'
import { temporaryFolder } from './temporaryFolder.ts'

const COLUMNS = { id: 'BIGINT' }

const MOMENT: Moment = { batch: 1, nowMs: 0, elapsedMs: 0, draining: true }

/** What one batch of a stream that follows the table would read. */
export interface FollowedBatch {
  readonly ids: readonly number[]
  readonly end: TableOffset
}

/** A Delta table as any writer may leave it, and a stream's source that follows it. */
export class FollowedTable {
  readonly folder: string
  readonly session: Session
  readonly log: DeltaLog
  readonly lakeFolder: string
  readonly name: string
  readonly #database: Database
  #version = -1

  private constructor(lakeFolder: string, name: string, database: Database, session: Session) {
    this.lakeFolder = lakeFolder
    this.name = name
    this.folder = join(lakeFolder, name)
    this.#database = database
    this.session = session
    this.log = new DeltaLog(nodeDisk, this.folder)
  }

  static async open(lakeFolder = temporaryFolder(), name = 'events'): Promise<FollowedTable> {
    const database = await Database.open({ threads: 2, memoryLimit: '1GB', tempFolder: join(lakeFolder, '.temp') })
    const session = await database.connect()
    onTestFinished(() => {
      session.close()
      database.close()
    })
    const table = new FollowedTable(lakeFolder, name, database, session)
    mkdirSync(table.log.folder, { recursive: true })
    table.create('11111111-1111-1111-1111-111111111111')
    return table
  }

  get ref(): TableRef {
    return { name: this.name, folder: this.name, stream: null }
  }

  /** Commit 0 of a table with this id, whatever was there before. */
  create(id: string): void {
    rmSync(this.log.folder, { recursive: true, force: true })
    mkdirSync(this.log.folder)
    this.#version = -1
    this.commit([
      { protocol: PROTOCOL },
      {
        metaData: {
          id,
          format: { provider: 'parquet', options: {} },
          schemaString: schemaString(COLUMNS),
          partitionColumns: [],
          configuration: {},
          createdTime: 0,
        },
      },
    ])
  }

  /** Writes a data file and gives the action that would add it; its name is its path on disk. */
  async file(path: string, ids: readonly number[], more: Partial<AddFile> = {}): Promise<{ add: AddFile }> {
    const file = join(this.folder, path)
    mkdirSync(dirname(file), { recursive: true })
    const rows = `SELECT unnest([${ids.join(', ')}]::BIGINT[]) AS id`
    await this.session.run(rawSql`COPY (${rows}) TO ${text(file)} (FORMAT parquet)`)
    const add: AddFile = {
      path: encodePath(path),
      partitionValues: {},
      size: statSync(file).size,
      modificationTime: 0,
      dataChange: true,
      stats: JSON.stringify({ numRecords: ids.length }),
      ...more,
    }
    return { add }
  }

  /** The next commit. @returns its version */
  commit(actions: readonly Action[]): number {
    this.#version += 1
    writeFileSync(this.log.commitPath(this.#version), renderCommit(actions))
    return this.#version
  }

  /** A commit that adds one file of its own. */
  async append(path: string, ids: readonly number[]): Promise<number> {
    return this.commit([await this.file(path, ids)])
  }

  /** The table as a stream follows it. */
  get followed(): SourceTable {
    return {
      table: this.ref,
      columns: COLUMNS,
      partitionBy: [],
      log: this.log,
      lakeFolder: this.lakeFolder,
      skipChangeCommits: false,
      isOfLake: true,
      tolerance: STRICT,
      written: (options) => `deltaTable('${this.name}', { ${options} })`,
    }
  }

  /** A feed that goes on after an offset, as a new process gets one. */
  async resumed(after: TableOffset | undefined, options: { readonly skipChangeCommits?: boolean } = {}): Promise<Feed> {
    const connect = (): Promise<Session> => this.#database.connect()
    const source = new DeltaTableSource({
      table: async () => ({ ...this.followed, ...options }),
      logFolder: this.log.folder,
      inputKind: 'table',
      disk: nodeDisk,
      connect,
    })
    const feed = await source.resume(after === undefined ? undefined : positionAt(after))
    onTestFinished(() => feed.close())
    return feed
  }

  /** Reads on until nothing is left, or for so many batches. */
  async drain(feed: Feed, limits: Partial<Limits> = {}, maxBatches = 100): Promise<FollowedBatch[]> {
    const batches: FollowedBatch[] = []
    while (batches.length < maxBatches) {
      const portion = await feed.next({ ...NO_LIMITS, ...limits }, MOMENT)
      if (portion.kind === 'idle') break
      const end = portion.range.end as TableOffset
      batches.push({ ids: await this.#idsOf(portion), end })
      await portion.finish(positionAt(end))
    }
    return batches
  }

  /** What a stream without an offset reads, all in one batch where it can. */
  async readAll(limits: Partial<Limits> = {}): Promise<FollowedBatch[]> {
    return this.drain(await this.resumed(undefined), limits)
  }

  async #idsOf({ input, secure }: Portion): Promise<number[]> {
    const rows = await secure()
    if (input.kind !== 'table') throw new Error(`an input of kind ${input.kind}`)
    const list = textList(input.files.map(exactPath))
    const found = await this.session.rows(rawSql`SELECT id FROM read_parquet(${list}) ORDER BY id`)
    if (found.length !== rows) throw new Error(`${found.length} rows where ${rows} were announced`)
    return found.map(({ id }) => Number(id))
  }
}

function positionAt(end: TableOffset): Position {
  return {
    streamId: 'follow@1',
    batch: MOMENT.batch,
    attempt: '00000000-0000-0000-0000-000000000000',
    batchTime: new Date(0).toISOString(),
    recordedIn: 'the test',
    source: { kind: 'delta', start: null, end, detail: {} },
  }
}

/** The end of the last batch. */
export function endOf(batches: readonly { end: TableOffset }[]): TableOffset {
  const last = batches.at(-1)
  if (last === undefined) throw new Error('no batch was read')
  return last.end
}

export function idsOf(batches: readonly { ids: readonly number[] }[]): (readonly number[])[] {
  return batches.map(({ ids }) => ids)
}

/** The error by which a source refuses to go on. */
export async function refusal(work: Promise<unknown>): Promise<LakeError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof LakeError) return error
  throw new Error(`not refused: ${error}`)
}

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { thisMachine } from '../../src/duckdb/machine.ts'
import { Database } from '../../src/duckdb/session.ts'
import { shareOf } from '../../src/duckdb/share.ts'
import { nodeDisk } from '../../src/files/disk.ts'
import { loadLake } from '../../src/lake/config/load.ts'
import type { LiveFile } from '../../src/lake/config/resolveLive.ts'
import type { BatchRows } from '../../src/serving/input.ts'
import type { LiveModel } from '../../src/serving/model.ts'
import { ModelReader } from '../../src/serving/models/modelReader.ts'
import { LiveStore } from '../../src/serving/store/liveStore.ts'
import type { StoreParts } from '../../src/serving/store/parts.ts'
import { systemClock } from '../../src/stream/clock.ts'
import type { Writer } from '../../src/stream/sink.ts'
import type { Portion } from '../../src/stream/source.ts'
import { CONFIG, REPOSITORY } from './lakes.ts'

const STREAM_ID = 'silver@bench'
const TABLE = 'messages'

/** The models of the messages lake, as their files are. */
export async function modelTexts(): Promise<readonly LiveFile[]> {
  return (await loadLake({ config: CONFIG })).live?.models ?? []
}

/** The view that says which of the messages with equal keys is the first. */
export function firstMessages(): string {
  return readFileSync(join(REPOSITORY, 'sql/views/first_messages.sql'), 'utf8')
}

/** A store of live models over files of the messages lake's valid messages, which the bench hands over itself. */
export class KeptStore {
  readonly parts: StoreParts
  #store: LiveStore | undefined
  #writer: Writer<BatchRows> | undefined
  #batch = 0

  private constructor(parts: StoreParts) {
    this.parts = parts
  }

  /** @param names  of the lake's models */
  static async make(folder: string, data: string, names: readonly string[]): Promise<KeptStore> {
    mkdirSync(folder, { recursive: true })
    const { tables, views, references } = await loadLake({ config: CONFIG })
    const files = await modelTexts()
    const table = tables.find(({ name }) => name === TABLE)
    if (table === undefined) throw new TypeError(`the config has no table ${TABLE}`)
    const { threads, memoryBytes } = shareOf(thisMachine())
    const limits = { threads, memoryLimit: `${memoryBytes}B` }
    const database = await Database.open({ ...limits, tempFolder: join(folder, 'spill') })
    const session = await database.connect()
    const reader = await ModelReader.open(session, { tables: [table], views, references })
    const models: LiveModel[] = []
    for (const file of files) if (names.includes(file.called)) models.push(await reader.read(file))
    session.close()
    database.close()
    return new KeptStore({
      stream: 'live',
      file: join(folder, 'live.duckdb'),
      lakeFolder: folder,
      follows: 'silver',
      sourceKind: 'batches',
      // As silver's files are: the date names their folder there, and nothing reads it here.
      tables: [{ name: TABLE, columns: table.columns, partitionBy: [] }],
      models,
      readable: { folders: [data], files: [] },
      limits,
      spillFolder: join(folder, 'spill'),
      indexBytes: 1e9,
      disk: nodeDisk,
      clock: systemClock,
      filesUpTo: async () => undefined,
    })
  }

  get store(): LiveStore {
    if (this.#store === undefined) throw new TypeError('the store is closed')
    return this.#store
  }

  /** Opens the file alone: readers are answered from now on. */
  async open(): Promise<void> {
    this.#store = await LiveStore.open(this.parts, 'continue')
  }

  /** Loads the index of the first rows. */
  async recover(): Promise<void> {
    this.#writer = await this.store.sink.recover()
    this.#batch = this.#writer.last?.batch ?? 0
  }

  /** @returns the phases of the next batch, in milliseconds */
  async take(files: readonly string[], scope: BatchRows['scope'] = 'added'): Promise<Record<string, number>> {
    const portion = portionOf(files, this.#batch, scope)
    const moment = { batch: this.#batch + 1, nowMs: Date.now(), elapsedMs: 0, draining: false }
    const outcome = await this.#writer?.write(portion, moment)
    if (outcome?.kind !== 'written') throw outcome?.error ?? new TypeError('the store is closed')
    this.#batch += 1
    return { ...outcome.written.durationMs }
  }

  async ask(sql: string): Promise<void> {
    await this.store.reader.query({ name: 'panel', sql, parameters: {} }, {}, { maxRows: 10_000, timeoutMs: 60_000 })
  }

  async tidy(): Promise<void> {
    await this.#writer?.idle()
  }

  async close(): Promise<void> {
    await this.#writer?.close()
    await this.#store?.close()
    this.#store = undefined
    this.#writer = undefined
  }
}

function portionOf(files: readonly string[], after: number, scope: BatchRows['scope']): Portion<BatchRows> {
  const batch = after + 1
  const fact = {
    stream: 'silver',
    streamId: STREAM_ID,
    batch,
    batchTime: new Date().toISOString(),
    rows: { [TABLE]: 1_000 },
    inputRows: 1_000,
    sourceStart: undefined,
    sourceEnd: undefined,
    landedFiles: undefined,
    durationMs: undefined,
    lagMs: undefined,
  }
  return {
    kind: 'portion',
    range: {
      start: scope === 'all' ? null : { batch: after },
      end: { batch },
      detail: {},
      fileCount: files.length,
    },
    input: {
      streamId: STREAM_ID,
      scope,
      batch,
      files: new Map([[TABLE, files]]),
      facts: [fact],
      newestEventMicros: undefined,
    },
    notes: [],
    secure: async () => 1_000,
    finish: async () => undefined,
    refuse: async () => false,
  }
}

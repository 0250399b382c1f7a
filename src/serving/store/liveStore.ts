import type { Session } from '../../duckdb/session.ts'
import type { Sink, Writer } from '../../stream/sink.ts'
import type { CopySource } from '../copies/copy.ts'
import type { BatchRows } from '../input.ts'
import type { ServedModel, ServedPosition, ServingReader } from '../reader.ts'
import { BatchLog } from './batchLog.ts'
import { StoreChanges } from './changes.ts'
import { type OpenedModels, openModels, type RelationState, StoreContents } from './contents.ts'
import { EmbeddedReader } from './embeddedReader.ts'
import { readStoreCursor } from './head.ts'
import type { KeptModel } from './keptModel.ts'
import type { StoreParts, StoreStart } from './parts.ts'
import { type StoreStatus, storeStatus } from './status.ts'
import { damagedError, isOfStore, notOpenError } from './storeErrors.ts'
import { StoreFile } from './storeFile.ts'
import { StoreWriter } from './writer.ts'

/** The columns of `live.batches`, with DuckDB's names of their types. */
const BATCHES: ServedModel = {
  name: 'batches',
  columns: {
    stream: 'VARCHAR',
    stream_id: 'VARCHAR',
    batch: 'BIGINT',
    batch_time: 'TIMESTAMP WITH TIME ZONE',
    rows: 'MAP(VARCHAR, BIGINT)',
    input_rows: 'BIGINT',
    source_start: 'VARCHAR',
    source_end: 'VARCHAR',
    landed_files: 'VARCHAR[]',
    lag_ms: 'DOUBLE',
    plan_ms: 'DOUBLE',
    stage_ms: 'DOUBLE',
    sync_ms: 'DOUBLE',
    commit_ms: 'DOUBLE',
    publish_ms: 'DOUBLE',
    total_ms: 'DOUBLE',
  },
  isBuilt: true,
}

/** An open file with the session that writes it, and the models that it has. */
interface Opened {
  readonly file: StoreFile
  readonly session: Session
  readonly models: OpenedModels
}

/**
 * The store of live aggregates, open in this process: a sink for the batches that it takes, and a reader beside it.
 * While it is open, no other process can open it.
 */
export class LiveStore {
  readonly #parts: StoreParts
  readonly #listeners = new Set<(position: ServedPosition) => void>()
  readonly #reader: EmbeddedReader
  /** What copies of the models have not got yet. */
  readonly changes: CopySource
  /** Undefined while the file is being opened again, or once that failed. */
  #opened: Opened | undefined
  #contents: StoreContents | undefined
  #writer: StoreWriter | undefined
  /** May be recovered again after an attempt that failed. */
  readonly sink: Sink<BatchRows> = { recover: () => this.#recover() }

  private constructor(parts: StoreParts, opened: Opened) {
    this.#parts = parts
    this.#opened = opened
    const onCommit = (listener: (position: ServedPosition) => void): (() => void) => {
      this.#listeners.add(listener)
      return () => this.#listeners.delete(listener)
    }
    this.changes = new StoreChanges({
      file: parts.file,
      lakeFolder: parts.lakeFolder,
      connect: () => this.connect(),
      models: () => this.#opened?.models.models ?? [],
      batches: BATCHES,
      onCommit,
    })
    this.#reader = new EmbeddedReader({
      clock: parts.clock,
      connect: () => this.connect(),
      models: () => [...(this.#opened?.models.models ?? []).map(servedModel), BATCHES],
      onCommit,
    })
  }

  /**
   * Opens the store for this process, and makes it if there is none.
   * @throws LakeError LAKE_STREAM_HELD if a process has it open, LAKE_STORE_INVALID, LAKE_NEWER
   */
  static async open(parts: StoreParts, start: StoreStart): Promise<LiveStore> {
    return new LiveStore(parts, await openFile(parts, start))
  }

  /** Answers from what the store has, also while `sink` is being recovered. */
  get reader(): ServingReader {
    return this.#reader
  }

  /** How much memory the relations take, and how they look keys up; none before the sink was recovered. */
  get relations(): readonly RelationState[] {
    return this.#contents?.relations ?? []
  }

  /** A session to look at all that is stored, for more than the reader tells; the caller closes it. */
  async connect(): Promise<Session> {
    const file = this.#file()
    try {
      return await file.database.connect()
    } catch (error) {
      throw this.#opened?.file === file ? error : notOpenError(this.#parts.file) // it was closed meanwhile
    }
  }

  async status(): Promise<StoreStatus> {
    const session = await this.connect()
    try {
      return await storeStatus(session, this.#file().path)
    } finally {
      session.close()
    }
  }

  async close(): Promise<void> {
    await this.#reader.close()
    await this.#closeFile()
  }

  #file(): StoreFile {
    if (this.#opened === undefined) throw notOpenError(this.#parts.file)
    return this.#opened.file
  }

  async #recover(): Promise<Writer<BatchRows>> {
    await this.#writer?.close()
    const opened = await this.#usable()
    try {
      return await this.#writerOf(opened)
    } catch (error) {
      // It was damaged since it was opened.
      throw isOfStore(error, opened.file.path) ? damagedError(opened.file.path, error) : error
    }
  }

  async #writerOf({ session, file, models }: Opened): Promise<Writer<BatchRows>> {
    const cursor = await readStoreCursor(session, file.path)
    const contents = await StoreContents.open(this.#parts, session, models, cursor)
    this.#contents = contents
    this.#writer = new StoreWriter({
      store: this.#parts,
      file,
      session,
      contents,
      batchLog: await BatchLog.open(session),
      // Building a model changes the generation.
      cursor: await readStoreCursor(session, file.path),
      onCommit: (position) => {
        for (const listener of this.#listeners) listener(position)
      },
    })
    return this.#writer
  }

  /** What is open; opened again if the file is another one, or if DuckDB will not use it any more. */
  async #usable(): Promise<Opened> {
    const opened = this.#opened
    if (opened !== undefined && this.#writer?.isBroken !== true && (await opened.file.isThere())) return opened
    await this.#closeFile()
    this.#opened = await openFile(this.#parts, 'continue')
    return this.#opened
  }

  async #closeFile(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    await this.#writer?.close()
    this.#writer = undefined
    this.#contents = undefined
    await this.#reader.endQueries()
    await opened?.session.end()
    opened?.file.close()
  }
}

async function openFile(parts: StoreParts, start: StoreStart): Promise<Opened> {
  const file = await StoreFile.open(parts, start)
  const session = await file.database.connect()
  try {
    return { file, session, models: await openModels(parts, session) }
  } catch (error) {
    session.close() // as long as it is open, DuckDB has the file open
    file.close()
    throw error
  }
}

function servedModel({ model, isBuilt }: KeptModel): ServedModel {
  return { name: model.name, columns: model.columns, isBuilt }
}

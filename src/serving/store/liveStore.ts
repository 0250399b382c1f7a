import type { Session } from '../../duckdb/session.ts'
import type { Sink, Writer } from '../../stream/sink.ts'
import type { BatchRows } from '../input.ts'
import type { ServedModel, ServedPosition, ServingReader } from '../reader.ts'
import type { RelationSize } from '../relations/index.ts'
import { BatchLog } from './batchLog.ts'
import { openModels, StoreContents } from './contents.ts'
import { EmbeddedReader } from './embeddedReader.ts'
import { readStoreCursor } from './head.ts'
import type { KeptModel } from './keptModel.ts'
import type { StoreParts, StoreStart } from './parts.ts'
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

/**
 * The store of live aggregates, open in this process: a sink for the batches that it takes, and a reader beside it.
 * While it is open, no other process can open it.
 */
export class LiveStore {
  readonly #parts: StoreParts
  readonly #file: StoreFile
  /** The one session that writes. */
  readonly #session: Session
  readonly #models: readonly KeptModel[]
  readonly #listeners = new Set<(position: ServedPosition) => void>()
  #contents: StoreContents | undefined
  /** Answers from what the store has, also while `sink` is being recovered. */
  readonly reader: ServingReader
  readonly sink: Sink<BatchRows> = { recover: () => this.#recover() }

  private constructor(parts: StoreParts, file: StoreFile, session: Session, models: readonly KeptModel[]) {
    this.#parts = parts
    this.#file = file
    this.#session = session
    this.#models = models
    this.reader = new EmbeddedReader({
      database: file.database,
      clock: parts.clock,
      models: () => [...models.map(servedModel), BATCHES],
      onCommit: (listener) => {
        this.#listeners.add(listener)
        return () => this.#listeners.delete(listener)
      },
    })
  }

  /**
   * Opens the store for this process, and makes it if there is none.
   * @throws LakeError LAKE_STREAM_HELD if a process has it open, LAKE_STORE_INVALID, LAKE_NEWER
   */
  static async open(parts: StoreParts, start: StoreStart): Promise<LiveStore> {
    const file = await StoreFile.open(parts, start)
    try {
      const session = await file.database.connect()
      return new LiveStore(parts, file, session, await openModels(parts, session))
    } catch (error) {
      file.close()
      throw error
    }
  }

  /** How much memory the relations take, and how they look keys up; none before the sink was recovered. */
  get relations(): readonly (RelationSize & { readonly name: string })[] {
    return (this.#contents?.relations ?? []).map(({ name, size }) => ({ name, ...size }))
  }

  async close(): Promise<void> {
    await this.reader.close()
    await this.#session.end()
    this.#file.close()
  }

  async #recover(): Promise<Writer<BatchRows>> {
    const before = await readStoreCursor(this.#session, this.#file.path)
    const contents = await StoreContents.open(this.#parts, this.#session, this.#models, before.taken)
    this.#contents = contents
    return new StoreWriter({
      store: this.#parts,
      file: this.#file,
      session: this.#session,
      contents,
      batchLog: await BatchLog.open(this.#session),
      // Building a model changes the generation.
      cursor: await readStoreCursor(this.#session, this.#file.path),
      onCommit: (position) => {
        for (const listener of this.#listeners) listener(position)
      },
    })
  }
}

function servedModel({ model, isBuilt }: KeptModel): ServedModel {
  return { name: model.name, columns: model.columns, isBuilt }
}

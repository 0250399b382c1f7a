import { randomUUID } from 'node:crypto'
import type { Session } from '../../duckdb/session.ts'
import { beginTransaction, checkpointStore, rollbackTransaction, setLakeFolder } from '../../duckdb/sql/liveStore.ts'
import { script } from '../../duckdb/sql/statements.ts'
import { LakeError, messageOf } from '../../errors.ts'
import type { Timer } from '../../stream/clock.ts'
import { isDiskError, stageFailureOf } from '../../stream/failures.ts'
import { StepTimer } from '../../stream/progress.ts'
import type { Outcome, Writer } from '../../stream/sink.ts'
import type { Moment, Portion, Position } from '../../stream/source.ts'
import type { BatchRows } from '../input.ts'
import type { ServedPosition } from '../reader.ts'
import { Statements } from '../statements.ts'
import type { BatchLog } from './batchLog.ts'
import type { StoreContents } from './contents.ts'
import type { StoreCursor } from './head.ts'
import { InTurn } from './inTurn.ts'
import type { KeptModel } from './keptModel.ts'
import { ModelBuilder } from './modelBuilder.ts'
import { isSameOffset, nextCursor, nothingWritten, rowsOf } from './nextCursor.ts'
import type { StoreParts } from './parts.ts'
import { commitError, damagedError, gapError, isOfExpression, isOfStore, otherLakeError } from './storeErrors.ts'
import type { StoreFile } from './storeFile.ts'
import { CommitFailure, inTransaction, withStatements } from './transaction.ts'

/** Nothing came for so long: time to tidy up, if there is something to tidy. */
const IDLE_MS = 200

/** A model is summed up once it has the rows of so many batches and nobody waits, or of so many at the latest. */
const SUM_UP_BATCHES = { idle: 32, latest: 256 }

/**
 * What relations gained is written into their states once so many portions have come and nobody waits, or so many at
 * the latest, or so many rows. A start takes as many again as had not been written.
 */
const SETTLE_PORTIONS = { idle: 8, latest: 32 }
const SETTLE_ROWS = 50_000

/** The log is moved into the file once it has so many bytes and nobody waits, or so many at the latest. */
const CHECKPOINT_BYTES = { idle: 16e6, latest: 256e6 }

type Urgency = 'idle' | 'latest'

/** What the writer works with. */
export interface WriterParts {
  readonly store: StoreParts
  readonly file: StoreFile
  readonly session: Session
  readonly contents: StoreContents
  readonly batchLog: BatchLog
  readonly cursor: StoreCursor
  readonly onCommit: (position: ServedPosition) => void
}

/** Takes batches: one portion is one transaction, which the models, the batches and the cursor share. */
export class StoreWriter implements Writer<BatchRows> {
  readonly #parts: WriterParts
  readonly #turns = new InTurn()
  #cursor: StoreCursor
  #idleTimer: Timer | undefined
  readonly #stop = new AbortController()
  readonly #builder: ModelBuilder
  /** What work beside the batches failed with. */
  #failed: { readonly error: unknown } | undefined
  #onFailure: (error: unknown) => void = () => undefined
  /** What the database failed with, so that it has to be opened again before anything else is written. */
  #broken: { readonly error: unknown } | undefined
  /** Whether it has something that new rows can be added to. */
  #hasAll: boolean
  /** Whether its rows may be those of another lake: it, or its lake, was in another folder. */
  #isOfOtherLake: boolean
  readonly last: Position | undefined
  readonly notes: readonly string[]

  constructor(parts: WriterParts) {
    this.#parts = parts
    this.#cursor = parts.cursor
    // Without it, the source hands over all rows.
    this.last = parts.contents.canTakeAdded ? parts.cursor.taken?.position : undefined
    this.#hasAll = this.last !== undefined
    this.#isOfOtherLake = parts.file.lakeFolder !== parts.store.lakeFolder
    this.notes = parts.file.notes
    this.#builder = new ModelBuilder({
      store: parts.store,
      contents: parts.contents,
      session: parts.session,
      connect: () => parts.file.database.connect(),
      taken: () => this.#cursor.taken,
      inTurn: (work) => this.#turns.run(() => this.#noting(work)),
      noting: (work) => this.#noting(work),
      onSwitched: (taken) => {
        this.#cursor = { generation: taken.served.generation, taken }
        this.#parts.onCommit(taken.served)
      },
      onFailure: (error) => {
        this.#failed = { error }
        this.#onFailure(error)
      },
    })
    if (this.#hasAll) this.#builder.start()
  }

  onFailure(listener: (error: unknown) => void): void {
    this.#onFailure = listener
    if (this.#failed !== undefined) listener(this.#failed.error)
  }

  async settle(signal: AbortSignal): Promise<void> {
    await this.#builder.settle(signal)
    if (this.#failed !== undefined) throw this.#failed.error
  }

  async write(portion: Portion<BatchRows>, moment: Moment): Promise<Outcome> {
    this.#idleTimer?.cancel()
    return this.#turns.run(async () => {
      if (this.#broken !== undefined) throw this.#broken.error
      const outcome = await this.#write(portion, moment)
      await this.#noting(() => this.#tidy('latest'))
      const { clock } = this.#parts.store
      this.#idleTimer = clock.after(IDLE_MS, () => {
        // What fails here fails the next batch, too, and that says so.
        void this.#turns.run(() => this.#noting(() => this.#tidy('idle'))).catch(() => undefined)
      })
      if (outcome.kind === 'written') this.#builder.start()
      return outcome
    })
  }

  async idle(): Promise<void> {
    this.#idleTimer?.cancel()
    await this.#turns.run(() =>
      this.#noting(async () => {
        await this.#settleRelations()
        for (const model of this.#parts.contents.models) if (model.addedBatches > 0) await this.#sumUp(model)
        await this.#prune()
        await this.#checkpoint(1)
      }),
    )
  }

  /** Whether the database has to be opened again before anything else is written. */
  get isBroken(): boolean {
    return this.#broken !== undefined
  }

  interrupt(): void {
    this.#stop.abort()
  }

  async close(): Promise<void> {
    this.#idleTimer?.cancel()
    await this.#builder.end()
    await this.#turns.run(async () => {
      if (this.isBroken) return
      // What fails here is done by the next start, from the files of the portions.
      await this.#noting(() => this.#settleRelations()).catch(() => undefined)
    })
  }

  async #write(portion: Portion<BatchRows>, moment: Moment): Promise<Outcome> {
    const { store, contents, session, file } = this.#parts
    const { input } = portion
    const { taken } = this.#cursor
    if (input.scope === 'added' && taken !== undefined && input.batch <= taken.position.batch) {
      return { kind: 'written', written: nothingWritten(taken) }
    }
    const timer = new StepTimer(() => store.clock.monotonicMs())
    // Its error is thrown before the commit, and wins: what it failed on may be what must not be tried again.
    const secured = portion.secure()
    secured.catch(() => undefined)
    try {
      this.#assertFollows(portion)
      await contents.loadReferences()
      // What is made anew has no changes since an earlier position.
      const isAnew = taken !== undefined && (input.scope === 'all' || contents.isOutdated)
      const generation = isAnew ? randomUUID() : this.#cursor.generation
      const next = nextCursor(store, { generation, taken }, portion, moment)
      const facts = this.#parts.batchLog.add(input.facts)
      let stageMs = 0
      const committed = await withStatements(session, async (statements) => {
        const stop = session.interruptOn(this.#stop.signal)
        try {
          const take = await this.#take(input, statements)
          const moved = this.#isOfOtherLake ? [setLakeFolder(store.lakeFolder)] : []
          statements.add(...facts.statements, next.statement(contents.isSettled), ...moved)
          await statements.run()
          await secured
          await file.assertThere()
          if (this.#stop.signal.aborted) throw new Error('INTERRUPT Error: the run was interrupted')
          stageMs = timer.step()
          return take
        } finally {
          stop() // neither the commit nor the rollback is interrupted
        }
      })
      const inputRows = await secured
      contents.committed()
      committed()
      facts.committed()
      this.#cursor = { generation, taken: next.taken }
      this.#hasAll = true
      this.#isOfOtherLake = false
      this.#parts.onCommit(next.taken.served)
      const durationMs = { stage: stageMs, sync: 0, commit: timer.step(), publish: 0 }
      const { position } = next.taken
      const rows = rowsOf(input, store.follows)
      return {
        kind: 'written',
        written: { position, inputRows, inputFiles: portion.range.fileCount, rows, durationMs },
      }
    } catch (error) {
      contents.rolledBack()
      const reason = await secured.then(
        () => this.#named(error, input),
        (cause: unknown) => cause,
      )
      return this.#failure(reason, input.batch)
    }
  }

  async #take(input: BatchRows, statements: Statements, alone?: string): Promise<() => void> {
    const { contents } = this.#parts
    if (input.scope === 'all') return contents.takeAll(input.files, input.batch, statements)
    return contents.takeAdded(input.files, input.batch, statements, alone)
  }

  /** The error with the model whose expression failed: the models ran as one script, so each is run once more alone. */
  async #named(error: unknown, input: BatchRows): Promise<unknown> {
    if (!isOfExpression(error)) return error
    const { contents, session, store } = this.#parts
    try {
      await this.#take(
        input,
        new Statements(session, [beginTransaction]),
        batchesIn(input, store.follows, this.#cursor.taken),
      )
      return error
    } catch (found) {
      return found instanceof LakeError ? found : error
    } finally {
      contents.rolledBack()
      await session.run(rollbackTransaction).catch(() => undefined) // it may have ended with the error
    }
  }

  /** @throws LakeError if the portion does not continue what the store has */
  #assertFollows({ input, range }: Portion<BatchRows>): void {
    const { store, file } = this.#parts
    const { taken } = this.#cursor
    if (input.scope === 'all') {
      // A store that moved with its lake has rows of the same stream.
      if (taken !== undefined && this.#isOfOtherLake && taken.streamId !== input.streamId) {
        throw otherLakeError(store.file, file.lakeFolder)
      }
      return
    }
    const isNext =
      taken !== undefined &&
      this.#hasAll &&
      taken.streamId === input.streamId &&
      isSameOffset(range.start, taken.position.source.end)
    if (!isNext) throw gapError(store.follows, input.batch, taken?.position.batch)
  }

  #failure(error: unknown, batch: number): Outcome {
    const { store } = this.#parts
    this.#note(error)
    if (error instanceof CommitFailure) throw commitError(store.file, batch, error.cause)
    if (this.isBroken && isDiskError(error)) throw commitError(store.file, batch, error)
    if (this.isBroken) throw damagedError(store.file, error)
    // What is wrong with the file itself stays wrong.
    if (error instanceof LakeError && error.code === 'LAKE_STORE_INVALID') throw error
    return stageFailureOf(error)
  }

  /** Does work on the store beside the batches; after some failures of it DuckDB refuses everything. */
  async #noting<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      this.#note(error)
      throw error
    }
  }

  #note(error: unknown): void {
    if (error instanceof CommitFailure || isOfStore(error, this.#parts.file.path)) this.#broken = { error }
  }

  async #tidy(urgency: Urgency): Promise<void> {
    const { contents } = this.#parts
    const { portions, rows } = contents.unsettled
    if (portions >= SETTLE_PORTIONS[urgency] || rows >= SETTLE_ROWS) await this.#settleRelations()
    for (const model of contents.models) {
      if (urgency === 'idle' && this.#turns.isWaitedFor) return
      if (model.addedBatches >= SUM_UP_BATCHES[urgency]) await this.#sumUp(model)
    }
    if (urgency === 'idle' && this.#turns.isWaitedFor) return
    await this.#checkpoint(CHECKPOINT_BYTES[urgency])
  }

  /** Writes into the store what only the session has of its relations. */
  async #settleRelations(): Promise<void> {
    const { session, contents } = this.#parts
    if (contents.isSettled) return
    try {
      await inTransaction(session, () => session.run(script(contents.settle())))
    } catch (error) {
      contents.rolledBack()
      throw error
    }
    contents.committed()
  }

  async #sumUp(model: KeptModel): Promise<void> {
    const { session } = this.#parts
    // One that is being built has a second session that fills it.
    if (!model.isBuilt) return
    const batch = this.#cursor.taken?.position.batch ?? 0
    const committed = await inTransaction(session, () => model.sumUp(session, batch))
    committed()
  }

  async #prune(): Promise<void> {
    const { session, batchLog } = this.#parts
    await inTransaction(session, () => session.run(script(batchLog.prune())))
  }

  async #checkpoint(bytes: number): Promise<void> {
    const { file, session } = this.#parts
    if ((await file.logBytes()) < bytes) return
    await session.run(checkpointStore).catch((error: unknown) => {
      // Somebody else has a transaction that writes; the next time will do.
      if (!/Cannot CHECKPOINT/.test(messageOf(error))) throw error
    })
  }
}

/** The batches of a portion, for a message. */
function batchesIn({ scope, batch }: BatchRows, follows: string, taken: StoreCursor['taken']): string {
  const first = scope === 'added' && taken !== undefined ? taken.position.batch + 1 : 1
  return first === batch ? `batch ${batch} of ${follows}` : `batches ${first} to ${batch} of ${follows}`
}

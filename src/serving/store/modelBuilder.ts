import { randomUUID } from 'node:crypto'
import type { Session } from '../../duckdb/session.ts'
import { beginTransaction, commitTransaction, readCursor, setGeneration } from '../../duckdb/sql/liveStore.ts'
import { createTempView, script } from '../../duckdb/sql/statements.ts'
import type { Position } from '../../stream/source.ts'
import { allFilesUpTo, type BuilderParts } from './builderParts.ts'
import { naming } from './contents.ts'
import type { Kept } from './kept.ts'
import type { KeptModel, ModelBuild } from './keptModel.ts'
import { LoadedReferences } from './references.ts'
import { RelationBuilder } from './relationBuilder.ts'
import { TableRows } from './tableRows.ts'
import { CommitFailure, inTransaction, withStatements } from './transaction.ts'

/** A model that was begun, and the session that fills it. */
interface Begun {
  readonly kept: Kept
  readonly model: KeptModel
  readonly build: ModelBuild
  readonly position: Position
  /** In a transaction, in which everything is as it was at the batch of the build. */
  readonly session: Session
}

/**
 * Makes models anew while batches are taken, one after another; then relations that others wait for, and those:
 *
 * 1. Between two batches, the model gets empty tables, and a second session begins a transaction, which sees the store
 *    as of the last batch. From here on, the batches add to the model as ever.
 * 2. That session fills the model with the rows that its relation had then. This takes long, and nobody waits for it.
 * 3. Between two batches, the model is marked as built: now readers see it. That is the commit. Whatever ends the
 *    process before it leaves a model that is not built, and that the next start begins anew.
 */
export class ModelBuilder {
  readonly #parts: BuilderParts
  readonly #rows: TableRows
  readonly #relations: RelationBuilder
  readonly #stop = new AbortController()
  #building: Promise<void> | undefined

  constructor(parts: BuilderParts) {
    this.#parts = parts
    this.#rows = new TableRows(parts.store.tables)
    this.#relations = new RelationBuilder(parts)
  }

  /** Builds what has to be built, unless that is being done. */
  start(): void {
    const { contents, onFailure } = this.#parts
    if (this.#building !== undefined || this.#stop.signal.aborted) return
    if (contents.waiting === undefined && contents.lacking === undefined) return
    this.#building = this.#buildAll().then(
      () => {
        this.#building = undefined
      },
      (error: unknown) => {
        // What fails because it was given up is no failure. After one, nothing more is begun.
        if (!this.#stop.signal.aborted) onFailure(error)
      },
    )
  }

  /** Waits until everything is built; when the signal comes, it is given up. */
  async settle(signal: AbortSignal): Promise<void> {
    const give = (): void => this.#stop.abort()
    signal.addEventListener('abort', give, { once: true })
    if (signal.aborted) give()
    await this.#building
    signal.removeEventListener('abort', give)
  }

  async end(): Promise<void> {
    this.#stop.abort()
    await this.#building
  }

  async #buildAll(): Promise<void> {
    for (;;) {
      await this.#buildModels()
      const { lacking } = this.#parts.contents
      const taken = this.#parts.taken()
      if (lacking === undefined || taken === undefined || this.#stop.signal.aborted) return
      await this.#relations.build(lacking, taken.position, this.#stop.signal)
    }
  }

  /** Builds the models that can be built from the relations as they are. */
  async #buildModels(): Promise<void> {
    for (;;) {
      const begun = await this.#parts.inTurn(() => this.#begin())
      if (begun === undefined) return
      const { session } = begun
      const stop = session.interruptOn(this.#stop.signal)
      try {
        await this.#parts.noting(() => this.#fill(begun))
      } catch (error) {
        // Its tables were replaced meanwhile: it is made of other rows now, or somebody has made it already.
        if (begun.model.isBuiltBy(begun.build)) throw error
      } finally {
        stop()
        session.close()
      }
      await this.#parts.inTurn(() => this.#switch(begun))
    }
  }

  async #begin(): Promise<Begun | undefined> {
    const { contents, connect, session: writing, taken } = this.#parts
    const { waiting } = contents
    const position = taken()?.position
    if (this.#stop.signal.aborted || waiting === undefined || position === undefined) return undefined
    const { model, kept } = waiting
    const session = await connect()
    try {
      const references = new LoadedReferences(session, [model.model])
      await references.load()
      model.setReferences(references.hashesOf(model.model))
      const { build, statements, committed } = model.begin(position.batch)
      // What the second session is to see has to stand in the store.
      await this.#changing(() =>
        inTransaction(writing, () => writing.run(script([...contents.settle(), ...statements]))),
      )
      committed()
      await kept.relation.showCurrent(session)
      // The first statement that looks at the store fixes what the others see.
      await session.run(script([beginTransaction, readCursor]))
      return { kept, model, build, position, session }
    } catch (error) {
      session.close()
      throw error
    }
  }

  async #fill({ kept, model, build, position, session }: Begun): Promise<void> {
    const rows = kept.relation.current ?? (await this.#allRowsOf(session, kept, position))
    await naming(model, () => session.run(model.fill(rows, build)))
    try {
      await session.run(commitTransaction)
    } catch (cause) {
      throw model.isBuiltBy(build) ? new CommitFailure(cause) : cause
    }
  }

  async #switch({ kept, model, build }: Begun): Promise<void> {
    const { session, onSwitched, taken: takenNow } = this.#parts
    const taken = takenNow()
    if (taken === undefined || this.#stop.signal.aborted || !model.isBuiltBy(build)) return
    const generation = randomUUID()
    const committed = await this.#changing(() =>
      withStatements(session, (statements) => {
        statements.add(setGeneration(generation))
        return naming(model, () => model.finish(statements, build, kept.relation, taken.position.batch))
      }),
    )
    committed()
    onSwitched({ ...taken, served: { ...taken.served, generation } })
  }

  /** Does work in a transaction that may settle relations. */
  async #changing<T>(work: () => Promise<T>): Promise<T> {
    const { contents } = this.#parts
    try {
      const result = await work()
      contents.committed()
      return result
    } catch (error) {
      contents.rolledBack()
      throw error
    }
  }

  /** All rows of a table as of a position, as the name of a temporary view. */
  async #allRowsOf(session: Session, { table, relation }: Kept, position: Position): Promise<string> {
    const files = await allFilesUpTo(this.#parts.store, table, position)
    const name = `all of ${table}`
    const select = await this.#rows.select(session, table, files, relation.columns)
    await session.run(createTempView(name, select))
    return name
  }
}

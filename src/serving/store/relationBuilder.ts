import type { Session } from '../../duckdb/session.ts'
import { dropState, nextStateName } from '../../duckdb/sql/firstRows.ts'
import { STORE } from '../../duckdb/sql/liveStore.ts'
import type { Position } from '../../stream/source.ts'
import type { KeptFirstRows, KeptRelation } from '../relations/index.ts'
import { allFilesUpTo, type BuilderParts } from './builderParts.ts'
import type { Kept } from './kept.ts'
import { addedFiles, type TableFiles, TableRows } from './tableRows.ts'
import { withStatements } from './transaction.ts'

/** Of so few batches, the last rows can be taken while the next batch waits. */
const FEW_BATCHES = 4

/** Each time, fewer batches have come since; where it takes longer than they do, the next one waits after so many. */
const MAX_TIMES = 16

/** A relation that is being made, and the session that makes it. */
interface Made {
  readonly kept: Kept
  /** What models read until it is made. */
  readonly before: KeptRelation
  readonly relation: KeptFirstRows
  readonly session: Session
}

/** Up to where it has the rows. */
interface Reached {
  readonly position: Position
  readonly files: TableFiles
}

/**
 * Makes first rows anew while batches are taken: for models that need columns which the store has not kept, or where
 * there is no state.
 *
 * 1. A second session fills a state of another name from the files of the table. Nobody waits for it, and models that
 *    can read the state that is there are kept with that one.
 * 2. It takes the rows that came meanwhile, again and again, until there are few.
 * 3. Between two batches it takes the last ones, and its state takes the place of the other. That is the commit.
 *    Whatever ends the process before it leaves a state of a name that the next start removes.
 */
export class RelationBuilder {
  readonly #parts: BuilderParts
  readonly #rows: TableRows

  constructor(parts: BuilderParts) {
    this.#parts = parts
    this.#rows = new TableRows(parts.store.tables)
  }

  /**
   * @param position  how far the store has come
   * @param stop  gives it up
   */
  async build(kept: Kept, position: Position, stop: AbortSignal): Promise<void> {
    const before = kept.relation
    const session = await this.#parts.connect()
    const stopListening = session.interruptOn(stop)
    try {
      await this.#build({ kept, before, session, relation: await kept.beside(session) }, position, stop)
      // There is none, unless a portion of all rows has made the relation meanwhile.
      if (!stop.aborted) await session.run(dropState(STORE, nextStateName(before.name)))
    } finally {
      stopListening()
      session.close()
    }
  }

  async #build(made: Made, position: Position, stop: AbortSignal): Promise<void> {
    const { kept, before, relation } = made
    const { inTurn } = this.#parts
    try {
      const filled = await this.#fill(made, position)
      await inTurn(async () => {
        // Two indexes might not fit into the memory of one: then the one that goes soon goes now.
        if (2 * before.size.memoryBytes > kept.memoryBytes) before.forgetIndex()
      })
      await relation.loadIndex(kept.memoryBytes - before.size.memoryBytes)
      const reached = await this.#catchUp(made, filled)
      await inTurn(async () => {
        if (kept.relation === before && !stop.aborted) await this.#replace(made, reached)
      })
    } catch (error) {
      if (kept.relation === before) throw error
    }
  }

  async #fill({ kept, relation, session }: Made, position: Position): Promise<Reached> {
    const files = await allFilesUpTo(this.#parts.store, kept.table, position)
    const select = await this.#rows.select(session, kept.table, files, relation.columns)
    await this.#parts.noting(() =>
      withStatements(session, (statements) => relation.take({ scope: 'all', select, from: 'files' }, statements)),
    )
    relation.committed()
    return { position, files }
  }

  async #catchUp(made: Made, from: Reached): Promise<Reached> {
    let reached = from
    for (let times = 0; times < MAX_TIMES; times++) {
      const now = this.#parts.taken()?.position
      if (now === undefined || now.batch - reached.position.batch <= FEW_BATCHES) break
      reached = await this.#takeUntil(now, made, reached)
    }
    return reached
  }

  /** Takes the rows that came until a position. */
  async #takeUntil(position: Position, { kept, relation, session }: Made, reached: Reached): Promise<Reached> {
    if (position.batch === reached.position.batch) return reached
    const files = await allFilesUpTo(this.#parts.store, kept.table, position)
    const added = addedFiles(kept.table, reached.files, files)
    const select = await this.#rows.select(session, kept.table, added, relation.columns)
    await this.#parts.noting(() =>
      withStatements(session, async (statements) => {
        await relation.take({ scope: 'added', select, from: 'files' }, statements)
        statements.add(...relation.settle())
      }),
    )
    relation.committed()
    return { position, files }
  }

  async #replace(made: Made, from: Reached): Promise<void> {
    const { kept, relation } = made
    const { contents, session: writing, taken } = this.#parts
    await this.#takeUntil(taken()?.position ?? from.position, made, from)
    const replacement = kept.replacement(relation)
    try {
      await withStatements(writing, async (statements) => {
        statements.add(...contents.settle(), ...replacement.statements)
      })
    } catch (error) {
      contents.rolledBack()
      throw error
    }
    contents.committed()
    kept.become(replacement.relation)
  }
}

import { createHash } from 'node:crypto'
import type { Session } from '../../duckdb/session.ts'
import {
  addPartials,
  allLostMeanwhile,
  boundOfAdded,
  countRedone,
  createLostMeanwhile,
  createModelTables,
  createModelView,
  createRedoneGroups,
  fillModel,
  forgetTombstones,
  hasExtremes,
  LOST_PARTIALS,
  noteLost,
  redoGroups,
  redoLostExtremes,
  redoneGroups,
  STORED_ROWS,
  startOfAdded,
  sumUp,
  tombstonesBefore,
} from '../../duckdb/sql/keptGroups.ts'
import { writeStoredModel } from '../../duckdb/sql/liveStore.ts'
import type { Sql } from '../../duckdb/sql/sql.ts'
import { allRows, createTempTable, script } from '../../duckdb/sql/statements.ts'
import type { LiveModel } from '../model.ts'
import type { KeptRelation, RelationChange } from '../relations/index.ts'
import type { Statements } from '../statements.ts'
import { type StoredModel, unbuilt } from './storedModel.ts'

/** Copies of a model learn that a group is gone if they are at most so many batches behind. */
const TOMBSTONE_BATCHES = 20_000

/** And of at most so many groups. */
const MAX_TOMBSTONES = 100_000

/** What to run, and what to call once it is committed. */
export interface ModelChange {
  readonly statements: readonly Sql[]
  readonly committed: () => void
}

/**
 * A model that is being made anew beside the batches. `summed` is filled with the rows that its relation had at one
 * batch; meanwhile, what later batches bring is added to `added` as ever, so that both together are right in the end.
 */
export interface ModelBuild {
  readonly hash: string
  /** Has the rows up to this batch. */
  readonly batch: number
}

/**
 * A model in the store. `summed` has one row for each group. A batch only adds rows to `added`: that costs half of what
 * changing `summed` would. Readers get both together; now and then the one is summed up into the other.
 */
export class KeptModel {
  readonly model: LiveModel
  /** Of everything that should make its rows what they are. */
  #hash: string
  #stored: StoredModel
  #isKnown: boolean
  #building: ModelBuild | undefined
  /** Batches since it was summed up. */
  addedBatches = 0

  /**
   * @param references  the hashes of the reference files that it joins
   * @param stored  what the store has of a model of that name
   */
  constructor(model: LiveModel, references: readonly string[], stored: StoredModel | undefined) {
    this.model = model
    this.#hash = modelHash(model, references)
    this.#isKnown = stored?.hash === this.#hash
    this.#stored = stored !== undefined && this.#isKnown ? stored : unbuilt(model.name, this.#hash)
  }

  /** Notes the hashes of the reference files that it joins, which may have changed. */
  setReferences(hashes: readonly string[]): void {
    this.#hash = modelHash(this.model, hashes)
  }

  get name(): string {
    return this.model.name
  }

  /** Whether its rows are those of its text and its reference files. */
  get isBuilt(): boolean {
    return this.#stored.isBuilt && this.#stored.hash === this.#hash
  }

  /** Whether its rows are being made, by what makes it as it is now. */
  get isBeingBuilt(): boolean {
    return this.#building?.hash === this.#hash && !this.isBuilt
  }

  /** Whether somebody has to begin making its rows. */
  get isWaiting(): boolean {
    return !this.isBuilt && !this.isBeingBuilt
  }

  /** Whether the store has rows that are no longer its own: those of an earlier reference file. */
  get isOutdated(): boolean {
    return this.#stored.isBuilt && !this.isBuilt
  }

  /** Whether this is what makes its rows at the moment. */
  isBuiltBy(build: ModelBuild): boolean {
    return this.#building === build && this.isBeingBuilt
  }

  /** Whether the store has tables for it, as it is now. */
  get isKnown(): boolean {
    return this.#isKnown
  }

  get stored(): StoredModel {
    return this.#stored
  }

  /** How to make its tables, empty, and its view; what was there is gone. */
  create(): ModelChange {
    const stored = unbuilt(this.name, this.#hash)
    const statements = [
      ...createModelTables(this.model),
      createModelView(this.model, this.model.resultOf(STORED_ROWS)),
      ...writeStoredModel(stored),
    ]
    return { statements, committed: () => this.#become(stored) }
  }

  /** How to begin making it beside the batches: from here on, it takes them. */
  begin(batch: number): ModelChange & { readonly build: ModelBuild } {
    const build = { hash: this.#hash, batch }
    const { statements, committed } = this.create()
    return {
      build,
      statements: [...statements, createLostMeanwhile(this.model)],
      committed: () => {
        committed()
        this.#building = build
      },
    }
  }

  /** Forgets what was begun: the process that began it is not there any more, or has given it up. */
  abandon(): void {
    this.#building = undefined
  }

  /** What fills it with the rows that its relation, which has this name in the session, had when it was begun. */
  fill(relation: string, { batch }: ModelBuild): Sql {
    return fillModel(this.model, this.model.partialsOf(relation), batch)
  }

  /**
   * Makes it whole, once it was filled, in a transaction between two batches.
   * @param relation  has the rows of now
   * @param batch  the last that it has taken
   * @returns what to call once that is committed
   */
  async finish(statements: Statements, build: ModelBuild, relation: KeptRelation, batch: number): Promise<() => void> {
    const { model } = this
    if (hasExtremes(model) && relation.current !== undefined) {
      statements.add(allLostMeanwhile(model))
      await this.#redoLost(statements, relation, batch)
    }
    const stored = { ...unbuilt(this.name, build.hash), isBuilt: true, knownAfter: batch }
    statements.add(createLostMeanwhile(model), ...writeStoredModel(stored))
    await statements.run()
    return () => this.#become(stored, this.addedBatches)
  }

  /** How to make it anew from all rows of its relation, which has this name in the session. */
  build(relation: string, batch: number): ModelChange {
    const stored = { ...unbuilt(this.name, this.#hash), isBuilt: true, knownAfter: batch }
    const statements = [
      ...this.create().statements,
      fillModel(this.model, this.model.partialsOf(relation), batch),
      ...writeStoredModel(stored),
    ]
    return { statements, committed: () => this.#become(stored) }
  }

  #become(stored: StoredModel, addedBatches = 0): void {
    this.#stored = stored
    this.#isKnown = true
    this.#building = undefined
    this.addedBatches = addedBatches
  }

  /** Takes what its relation gained and lost in a batch. @param statements  of its transaction; some may wait in it */
  async take(statements: Statements, change: RelationChange, relation: KeptRelation, batch: number): Promise<void> {
    const { model } = this
    const gained = model.partialsOf(change.gained)
    this.addedBatches += 1
    if (change.lost === undefined || !hasExtremes(model)) {
      const lost = change.lost === undefined ? undefined : model.partialsOf(change.lost)
      statements.add(addPartials(model, gained, lost, batch))
      return
    }
    statements.add(createTempTable(LOST_PARTIALS, model.partialsOf(change.lost)))
    statements.add(addPartials(model, gained, allRows(LOST_PARTIALS), batch))
    if (this.isBuilt) await this.#redoLost(statements, relation, batch)
    else statements.add(noteLost(model))
  }

  /** Computes groups anew that lost an extreme, from the rows that their relation has now. */
  async #redoLost(statements: Statements, relation: KeptRelation, batch: number): Promise<void> {
    const { model } = this
    const { current } = relation
    if (current === undefined) throw new TypeError(`${relation.name} has lost rows and cannot be read`)
    statements.add(createRedoneGroups(model), redoLostExtremes(model))
    const [row] = await statements.rows(countRedone(model))
    if (row?.groups === 0) return
    const partials = model.partialsOf(current, redoneGroups(model.name))
    statements.add(...relation.settle(), ...redoGroups(model, partials, batch))
  }

  /**
   * Brings what batches added into one row for each group.
   * @param current  the batch that the store has
   * @returns what to call once that is committed
   */
  async sumUp(session: Session, current: number): Promise<() => void> {
    const { model } = this
    const [start] = await session.rows(startOfAdded(model))
    const { rows, first, nulls } = start ?? {}
    if (rows !== 0) {
      const bound = typeof first === 'string' && nulls === 0 ? boundOfAdded(model, first) : undefined
      await session.run(script(sumUp(model, bound)))
    }
    const stored = await this.#withoutTombstones(session, current)
    return () => {
      this.#stored = stored
      this.addedBatches = 0
    }
  }

  async #withoutTombstones(session: Session, current: number): Promise<StoredModel> {
    const { model } = this
    const [row] = await session.rows(tombstonesBefore(model, MAX_TOMBSTONES))
    const surplus = typeof row?.batch === 'number' ? row.batch : 0
    const before = Math.max(current - TOMBSTONE_BATCHES, surplus)
    if (before <= (this.#stored.knownAfter ?? 0)) return this.#stored
    const stored = { ...this.#stored, knownAfter: before }
    await session.run(script([forgetTombstones(model, before), ...writeStoredModel(stored)]))
    return stored
  }
}

/**
 * The hash of everything that makes a model's rows what they are.
 * @param references  the hashes of the reference files that it joins
 */
export function modelHash(model: LiveModel, references: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([model.hash, references]))
    .digest('hex')
}

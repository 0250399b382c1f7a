import type { Session } from '../../duckdb/session.ts'
import { STORE } from '../../duckdb/sql/liveStore.ts'
import type { LiveRelation } from '../model.ts'
import {
  dropOtherStates,
  grownColumns,
  type KeptFirstRows,
  type KeptRelation,
  keptColumns,
  openRelation,
  type RelationStore,
  unbuiltRelation,
} from '../relations/index.ts'
import type { KeptModel } from './keptModel.ts'
import type { StoreParts } from './parts.ts'

/** A relation with the models that read it. */
export class Kept {
  readonly table: string
  readonly models: readonly KeptModel[]
  readonly #definition: LiveRelation
  readonly #store: RelationStore
  /** The columns that its models read. */
  readonly #wanted: readonly string[]
  #relation: KeptRelation

  private constructor(
    relation: KeptRelation,
    definition: LiveRelation,
    models: readonly KeptModel[],
    store: RelationStore,
  ) {
    this.table = definition.table
    this.models = models
    this.#definition = definition
    this.#store = store
    this.#wanted = wantedOf(definition, models)
    this.#relation = relation
  }

  /** Opens a relation. What the store has of it is of use if all models that have rows can read it. */
  static async open(store: RelationStore, definition: LiveRelation, models: readonly KeptModel[]): Promise<Kept> {
    const wanted = wantedOf(definition, models)
    const built = models.filter(({ isBuilt }) => isBuilt)
    const least = built.length > 0 ? wantedOf(definition, built) : wanted
    return new Kept(await openRelation(store, definition, wanted, least), definition, models, store)
  }

  /** What its models read now. */
  get relation(): KeptRelation {
    return this.#relation
  }

  /** Whether it has to be made anew, for some of its models or for all: then the others can be kept meanwhile. */
  get isLacking(): boolean {
    const { isBuilt, kept } = this.#relation
    return !isBuilt || !this.#wanted.every((name) => kept.includes(name))
  }

  canBeReadBy({ model }: KeptModel): boolean {
    const { isBuilt, kept } = this.#relation
    return isBuilt && model.reads.every((name) => kept.includes(name))
  }

  /** What its index may use. */
  get memoryBytes(): number {
    return this.#store.memoryBytes
  }

  /** The relation that takes its place where all of its models are made anew; it has to take all rows. */
  whole(): Promise<KeptRelation> | KeptRelation {
    const definition = this.#definition
    if (!this.isLacking || definition.kind === 'table') return this.#relation
    return unbuiltRelation(this.#store, definition, this.#wanted)
  }

  /**
   * The relation that is made in another session, beside the one that there is: models that are kept until it takes its
   * place can go on with it.
   */
  beside(session: Session): Promise<KeptFirstRows> {
    const definition = this.#definition
    if (definition.kind === 'table') throw new TypeError(`${definition.name} has no state`)
    const { isBuilt, kept } = this.#relation
    const columns = grownColumns(isBuilt ? kept : [], this.#wanted)
    return unbuiltRelation({ ...this.#store, session, memoryBytes: 0, place: 'next' }, definition, columns)
  }

  /** How what was made beside takes the place of what there is. */
  replacement(made: KeptFirstRows): ReturnType<KeptFirstRows['replacing']> {
    return made.replacing(this.#store)
  }

  /** The relation has been replaced, and that is committed. */
  become(relation: KeptRelation): void {
    this.#relation = relation
  }
}

function wantedOf(definition: LiveRelation, models: readonly KeptModel[]): readonly string[] {
  return keptColumns(
    definition,
    models.flatMap(({ model }) => model.reads),
  )
}

/** Opens what models read. What a process left that made a relation anew goes, as what nobody reads any more. */
export async function openKept(
  { indexBytes }: StoreParts,
  session: Session,
  models: readonly KeptModel[],
): Promise<readonly Kept[]> {
  const definitions = new Map(models.map(({ model }) => [model.relation.name, model.relation]))
  const names = [...definitions.keys()]
  await dropOtherStates(session, STORE, names)
  // All rows of a table need no index.
  const indexes = [...definitions.values()].filter(({ kind }) => kind === 'first').length
  const memoryBytes = Math.floor(indexBytes / Math.max(1, indexes))
  const kept: Kept[] = []
  for (const [name, definition] of definitions) {
    const own = models.filter(({ model }) => model.relation.name === name)
    kept.push(await Kept.open({ session, catalog: STORE, memoryBytes, place: 'current' }, definition, own))
  }
  // What is read for first rows may have the columns of all rows too, but not the other way round.
  return kept.sort((a, b) => Number(b.relation.current !== undefined) - Number(a.relation.current !== undefined))
}

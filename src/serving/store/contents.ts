import { randomUUID } from 'node:crypto'
import type { Session } from '../../duckdb/session.ts'
import { dropModel } from '../../duckdb/sql/keptGroups.ts'
import { forgetStoredModel, STORE, setGeneration } from '../../duckdb/sql/liveStore.ts'
import type { Sql } from '../../duckdb/sql/sql.ts'
import { script } from '../../duckdb/sql/statements.ts'
import { type KeptRelation, openRelation } from '../relations/index.ts'
import type { Taken } from './head.ts'
import { KeptModel, type ModelChange } from './keptModel.ts'
import type { StoreParts } from './parts.ts'
import { LoadedReferences } from './references.ts'
import { readStored } from './storedModel.ts'
import { ofModel } from './storeErrors.ts'
import { type TableFiles, TableRows } from './tableRows.ts'
import { inTransaction } from './transaction.ts'

/** The models of a store, before their relations are open. */
export interface OpenedModels {
  readonly models: readonly KeptModel[]
  readonly references: LoadedReferences
}

/** What a portion does to a model, still to be run before the commit. */
export interface ModelStatements {
  readonly model: KeptModel
  readonly statements: readonly Sql[]
}

/** What a portion does to all of them. */
export interface ContentsChange {
  readonly made: readonly ModelStatements[]
  /** To be called once it is committed. */
  readonly committed: () => void
}

/** A relation with the models that read it. */
export interface Kept {
  readonly relation: KeptRelation
  readonly table: string
  readonly models: readonly KeptModel[]
}

/** The models of a store and the relations that they read, in the session that writes them. */
export class StoreContents {
  readonly #session: Session
  readonly #rows: TableRows
  readonly #references: LoadedReferences
  readonly #kept: readonly Kept[]
  /** Whether models that have to be built can be, beside the batches. */
  #canBuildBeside = true

  private constructor(session: Session, rows: TableRows, references: LoadedReferences, kept: readonly Kept[]) {
    this.#session = session
    this.#references = references
    this.#rows = rows
    this.#kept = kept
  }

  /**
   * Opens the relations, which takes a while, and makes those anew that have to be, with their models. Other models
   * that are new or have changed wait.
   * @param taken  what the store has taken; undefined before its first batch
   */
  static async open(
    parts: StoreParts,
    session: Session,
    { models, references }: OpenedModels,
    taken: Taken | undefined,
  ): Promise<StoreContents> {
    for (const model of models) model.abandon()
    const kept = await openRelations(parts, session, models)
    const contents = new StoreContents(session, new TableRows(parts.tables), references, kept)
    if (taken !== undefined) await contents.#prepareToBuild(parts, taken)
    return contents
  }

  get models(): readonly KeptModel[] {
    return this.#kept.flatMap(({ models }) => models)
  }

  get relations(): readonly KeptRelation[] {
    return this.#kept.map(({ relation }) => relation)
  }

  /** Whether portions of new rows alone can be taken; if not, the next must be of all rows. */
  get canTakeAdded(): boolean {
    return this.#kept.every(({ relation, models }) => {
      return relation.isBuilt && (this.#canBuildBeside || models.every(({ isBuilt }) => isBuilt))
    })
  }

  /** Whether a model has rows that the next portion takes from its readers, until it was made anew. */
  get isOutdated(): boolean {
    return this.models.some(({ isOutdated }) => isOutdated)
  }

  /** A model that has to be built, with its relation. */
  get waiting(): { readonly model: KeptModel; readonly kept: Kept } | undefined {
    for (const kept of this.#kept) {
      const model = kept.models.find(({ isWaiting }) => isWaiting)
      if (model !== undefined) return { model, kept }
    }
    return undefined
  }

  /** Notes which models join reference files that have changed. @throws LakeError LAKE_REFERENCE_INVALID */
  async loadReferences(): Promise<void> {
    await this.#references.load()
    for (const model of this.models) model.setReferences(this.#references.hashesOf(model.model))
  }

  /**
   * Takes rows that were added, in the transaction of their portion. Models that join a reference file that has changed
   * lose what they have: they are built anew beside the batches.
   * @returns what is still to be run before the commit, and what to do after it
   */
  async takeAdded(files: TableFiles, batch: number): Promise<ContentsChange> {
    const made: ModelStatements[] = []
    const committed: (() => void)[] = []
    for (const { relation, table, models } of this.#kept) {
      for (const model of models.filter(({ isOutdated }) => isOutdated)) {
        const emptied = model.create()
        made.push({ model, statements: emptied.statements })
        committed.push(emptied.committed)
      }
      if ((files.get(table) ?? []).length === 0) continue
      const select = await this.#rows.select(this.#session, table, files, relation.columns)
      const change = await relation.take({ scope: 'added', select })
      for (const model of models.filter(({ isWaiting }) => !isWaiting)) {
        const statements = await naming(model, () => model.take(this.#session, change, relation.current, batch))
        made.push({ model, statements })
      }
    }
    return { made, committed: all(committed) }
  }

  /** Makes everything anew from all rows, in their transaction. @returns what to do once it is committed */
  async takeAll(files: TableFiles, batch: number): Promise<ContentsChange> {
    const committed: (() => void)[] = []
    for (const { relation, table, models } of this.#kept) {
      const select = await this.#rows.select(this.#session, table, files, relation.columns)
      committed.push(await this.#buildFrom(relation, models, select, batch))
    }
    return { made: [], committed: all(committed) }
  }

  committed(): void {
    for (const { relation } of this.#kept) relation.committed()
  }

  rolledBack(): void {
    for (const { relation } of this.#kept) relation.rolledBack()
  }

  async #buildFrom(
    relation: KeptRelation,
    models: readonly KeptModel[],
    select: Sql,
    batch: number,
  ): Promise<() => void> {
    const { gained } = await relation.take({ scope: 'all', select })
    return this.#fill(models, gained, batch)
  }

  /** Makes models anew from the rows of their relation. @returns what to do once that is committed */
  async #fill(models: readonly KeptModel[], rows: string, batch: number): Promise<() => void> {
    const built: ModelChange[] = []
    for (const model of models) {
      const change = model.build(rows, batch)
      await naming(model, () => this.#session.run(script(change.statements)))
      built.push(change)
    }
    return all(built.map(({ committed }) => committed))
  }

  /**
   * Makes relations anew that have to be, with all of their models, up to the batch that the store has, and finds out
   * whether other models can be built from its files.
   */
  async #prepareToBuild(parts: StoreParts, { position }: Taken): Promise<void> {
    const needsFiles = this.#kept.some(({ relation, models }) => {
      return !relation.isBuilt || (relation.current === undefined && models.some(({ isBuilt }) => !isBuilt))
    })
    if (!needsFiles) return
    const files = await parts.filesUpTo(position)
    this.#canBuildBeside = files !== undefined
    if (files === undefined) return
    for (const { relation, table, models } of this.#kept) {
      if (relation.isBuilt) continue
      // All of them: a relation that is made anew may have other rows now, where several were equally first.
      const select = await this.#rows.select(this.#session, table, files, relation.columns)
      await this.#inTransaction(() => this.#buildFrom(relation, models, select, position.batch))
    }
  }

  async #inTransaction(work: () => Promise<() => void>): Promise<void> {
    try {
      const committed = await inTransaction(this.#session, async () => {
        await this.#session.run(setGeneration(randomUUID()))
        return work()
      })
      this.committed()
      committed()
    } catch (error) {
      this.rolledBack()
      throw error
    }
  }
}

/** Does work on a model, whose file an error of its own expressions names. */
export async function naming<T>({ model }: KeptModel, work: () => Promise<T>, rows?: string): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw ofModel(model.file, error, rows)
  }
}

/** Finds what the store has of its models, makes tables for those that are new or have changed, and drops others. */
export async function openModels(parts: StoreParts, session: Session): Promise<OpenedModels> {
  const stored = await readStored(session)
  const references = new LoadedReferences(session, parts.models)
  await references.load()
  const models = parts.models.map((model) => {
    const own = stored.find(({ name }) => name === model.name)
    return new KeptModel(model, references.hashesOf(model), own)
  })
  const gone = stored.filter(({ name }) => !models.some((model) => model.name === name))
  const created = models.filter(({ isKnown }) => !isKnown).map((model) => model.create())
  const statements = [
    ...gone.flatMap(({ name }) => [...dropModel(name), forgetStoredModel(name)]),
    ...created.flatMap((change) => change.statements),
  ]
  // Readers that come back must not take what they have for what is there.
  const isOther = models.some(({ isKnown }) => !isKnown) && stored.some(({ isBuilt }) => isBuilt)
  if (isOther) statements.push(setGeneration(randomUUID()))
  if (statements.length > 0) await inTransaction(session, () => session.run(script(statements)))
  for (const { committed } of created) committed()
  return { models, references }
}

async function openRelations(
  { indexBytes }: StoreParts,
  session: Session,
  models: readonly KeptModel[],
): Promise<Kept[]> {
  const names = [...new Set(models.map(({ model }) => model.relation.name))]
  const kept: Kept[] = []
  for (const name of names) {
    const own = models.filter(({ model }) => model.relation.name === name)
    const [first] = own
    if (first === undefined) continue
    const { relation } = first.model
    const reads = new Set(own.flatMap(({ model }) => model.reads))
    const memoryBytes = Math.floor(indexBytes / names.length)
    kept.push({
      relation: await openRelation({ session, catalog: STORE, memoryBytes }, relation, reads),
      table: relation.table,
      models: own,
    })
  }
  return kept
}

function all(calls: readonly (() => void)[]): () => void {
  return () => {
    for (const call of calls) call()
  }
}

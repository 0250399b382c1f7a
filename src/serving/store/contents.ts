import { randomUUID } from 'node:crypto'
import type { Session } from '../../duckdb/session.ts'
import { dropState } from '../../duckdb/sql/firstRows.ts'
import { dropModel } from '../../duckdb/sql/keptGroups.ts'
import { forgetStoredModel, STORE, setGeneration, setSettled } from '../../duckdb/sql/liveStore.ts'
import type { Sql } from '../../duckdb/sql/sql.ts'
import { allRows, script } from '../../duckdb/sql/statements.ts'
import type { Position } from '../../stream/source.ts'
import type { KeptRelation, NewRows, ReadRows, RelationSize, Unsettled } from '../relations/index.ts'
import type { Statements } from '../statements.ts'
import type { StoredCursor, Taken } from './head.ts'
import { type Kept, openKept } from './kept.ts'
import { KeptModel } from './keptModel.ts'
import type { StoreParts } from './parts.ts'
import { LoadedReferences } from './references.ts'
import { readStored } from './storedModel.ts'
import { ofModel } from './storeErrors.ts'
import { addedFiles, type TableFiles, TableRows } from './tableRows.ts'
import { inTransaction, withStatements } from './transaction.ts'

/** The models of a store, before their relations are open. */
export interface OpenedModels {
  readonly models: readonly KeptModel[]
  readonly references: LoadedReferences
}

/** A relation as it is in this process. */
export interface RelationState extends RelationSize {
  readonly name: string
  /** Whether it is being made anew, for all of its models or for some. */
  readonly isBeingBuilt: boolean
}

/** The models of a store and the relations that they read, in the session that writes them. */
export class StoreContents {
  readonly #session: Session
  readonly #rows: TableRows
  readonly #references: LoadedReferences
  readonly #kept: readonly Kept[]
  /** Whether relations and models that have to be made can be, beside the batches. */
  #canBuildBeside = true

  private constructor(session: Session, rows: TableRows, references: LoadedReferences, kept: readonly Kept[]) {
    this.#session = session
    this.#references = references
    this.#rows = rows
    this.#kept = kept
  }

  /** Opens the relations, which takes a while. Those that have to be made anew wait, as models that have changed do. */
  static async open(
    parts: StoreParts,
    session: Session,
    { models, references }: OpenedModels,
    { taken, settled }: StoredCursor,
  ): Promise<StoreContents> {
    for (const model of models) model.abandon()
    const kept = await openKept(parts, session, models)
    const contents = new StoreContents(session, new TableRows(parts.tables), references, kept)
    if (taken === undefined) return contents
    if (settled !== undefined) await contents.#catchUp(parts, taken.position, settled)
    await contents.#prepareToBuild(parts, taken)
    return contents
  }

  get models(): readonly KeptModel[] {
    return this.#kept.flatMap(({ models }) => models)
  }

  get relations(): readonly RelationState[] {
    return this.#kept.map(({ relation: { name, size }, isLacking }) => ({ name, ...size, isBeingBuilt: isLacking }))
  }

  /** Whether portions of new rows alone can be taken; if not, the next must be of all rows. */
  get canTakeAdded(): boolean {
    if (this.#canBuildBeside) return true
    return this.#kept.every(({ isLacking, models }) => !isLacking && models.every(({ isBuilt }) => isBuilt))
  }

  /** Whether a model has rows that the next portion takes from its readers, until it was made anew. */
  get isOutdated(): boolean {
    return this.models.some(({ isOutdated }) => isOutdated)
  }

  /** A model that has to be built and can be, with its relation. */
  get waiting(): { readonly model: KeptModel; readonly kept: Kept } | undefined {
    for (const kept of this.#kept) {
      const model = kept.models.find((one) => one.isWaiting && kept.canBeReadBy(one))
      if (model !== undefined) return { model, kept }
    }
    return undefined
  }

  /** A relation that has to be made anew, before other models can be built. */
  get lacking(): Kept | undefined {
    return this.#kept.find(({ isLacking }) => isLacking)
  }

  /** Notes which models join reference files that have changed. @throws LakeError LAKE_REFERENCE_INVALID */
  async loadReferences(): Promise<void> {
    await this.#references.load()
    for (const model of this.models) model.setReferences(this.#references.hashesOf(model.model))
  }

  /** Whether the states of all relations have all rows, or will have them once the transaction is committed. */
  get isSettled(): boolean {
    return this.#kept.every(({ relation }) => relation.isSettled)
  }

  get unsettled(): Unsettled {
    const all = this.#kept.map(({ relation }) => relation.unsettled)
    return {
      portions: Math.max(0, ...all.map((one) => one.portions)),
      rows: Math.max(0, ...all.map((one) => one.rows)),
    }
  }

  /** How to write into the store what only the session has of its relations. */
  settle(): readonly Sql[] {
    return [...this.#kept.flatMap(({ relation }) => relation.settle()), setSettled]
  }

  /**
   * Takes rows that were added, in the transaction of their portion. Models that join a reference file that has changed
   * lose what they have: they are built anew beside the batches.
   * @param statements  of the transaction; some may wait in it when this returns
   * @param alone  what the rows are called, where each model is to be run alone so that an error names it
   * @returns what to do once it is committed
   */
  async takeAdded(files: TableFiles, batch: number, statements: Statements, alone?: string): Promise<() => void> {
    const committed: (() => void)[] = []
    const read = new Map<string, ReadRows>()
    for (const { relation, table, models } of this.#kept) {
      for (const model of models.filter(({ isOutdated }) => isOutdated)) {
        const emptied = model.create()
        statements.add(...emptied.statements)
        committed.push(emptied.committed)
      }
      // Until it is made, all of its models wait.
      if (!relation.isBuilt || (files.get(table) ?? []).length === 0) continue
      const rows = await this.#newRows(files, table, relation.columns, read.get(table))
      const change = await relation.take({ scope: 'added', ...rows }, statements)
      if (change.read !== undefined) read.set(table, change.read)
      for (const model of models.filter(({ isWaiting }) => !isWaiting)) {
        const taking = () => model.take(statements, change, relation, batch)
        await (alone === undefined ? taking() : runAlone(model, statements, taking, alone))
      }
    }
    return all(committed)
  }

  /** Makes everything anew from all rows, in their transaction. @returns what to do once it is committed */
  async takeAll(files: TableFiles, batch: number, statements: Statements): Promise<() => void> {
    const committed: (() => void)[] = []
    for (const kept of this.#kept) {
      const { relation, table, models } = kept
      const whole = await kept.whole()
      const select = await this.#rows.select(this.#session, table, files, whole.columns)
      if (whole !== relation) {
        statements.add(...relation.settle())
        relation.forgetIndex() // two might not fit
      }
      committed.push(await this.#buildFrom(whole, models, select, batch, statements))
      if (whole !== relation) {
        committed.push(() => {
          whole.committed()
          kept.become(whole)
        })
      }
    }
    return all(committed)
  }

  committed(): void {
    for (const { relation } of this.#kept) relation.committed()
  }

  rolledBack(): void {
    for (const { relation } of this.#kept) relation.rolledBack()
  }

  /** New rows of a table, from what was read of them for another relation, or else from their files. */
  async #newRows(
    files: TableFiles,
    table: string,
    columns: readonly string[],
    read: ReadRows | undefined,
  ): Promise<Pick<NewRows, 'select' | 'from'>> {
    if (read !== undefined && columns.every((name) => read.columns.includes(name))) {
      return { select: allRows(read.name), from: 'memory' }
    }
    return { select: await this.#rows.select(this.#session, table, files, columns), from: 'files' }
  }

  async #buildFrom(
    relation: KeptRelation,
    models: readonly KeptModel[],
    select: Sql,
    batch: number,
    statements: Statements,
  ): Promise<() => void> {
    const { gained } = await relation.take({ scope: 'all', select, from: 'files' }, statements)
    const built: (() => void)[] = []
    for (const model of models) {
      const change = model.build(gained, batch)
      await runAlone(model, statements, async () => statements.add(...change.statements))
      built.push(change.committed)
    }
    return all(built)
  }

  /**
   * Takes the rows again that only the last process had of its relations. Where files were merged since, they come with
   * others that the states have already, which changes nothing.
   * @param settled  up to where the states have all rows
   */
  async #catchUp(parts: StoreParts, position: Position, settled: Position): Promise<void> {
    const behind = this.#kept.filter(({ relation }) => relation.isBuilt && relation.current !== undefined)
    if (behind.length === 0 || settled.batch === position.batch) return
    const [before, now] = [await parts.filesUpTo(settled), await parts.filesUpTo(position)]
    if (before === undefined || now === undefined) {
      for (const { relation } of behind) relation.giveUp()
      return
    }
    await this.#inTransaction(async (statements) => {
      for (const { relation, table } of behind) {
        const files = addedFiles(table, before, now)
        const select = await this.#rows.select(this.#session, table, files, relation.columns)
        await relation.take({ scope: 'added', select, from: 'files' }, statements)
      }
      statements.add(...this.settle())
    })
  }

  /**
   * Finds out whether what has to be made can be made beside the batches, from the files of the batch that the store
   * has. Then a state that is of no use is removed, because it does not get what batches bring from here on, and models
   * that cannot be kept without it are emptied.
   */
  async #prepareToBuild(parts: StoreParts, { position }: Taken): Promise<void> {
    const needsFiles = this.#kept.some(({ isLacking, relation, models }) => {
      return isLacking || (relation.current === undefined && models.some(({ isBuilt }) => !isBuilt))
    })
    if (!needsFiles) return
    this.#canBuildBeside = (await parts.filesUpTo(position)) !== undefined
    const useless = this.#kept.filter(({ relation }) => !relation.isBuilt)
    if (!this.#canBuildBeside || useless.length === 0) return
    const emptied = useless.flatMap(({ models }) => models.filter(({ isBuilt }) => isBuilt)).map((one) => one.create())
    await this.#inTransaction(async (statements) => {
      statements.add(...useless.map(({ relation }) => dropState(STORE, relation.name)))
      statements.add(...emptied.flatMap((change) => change.statements))
      if (emptied.length > 0) statements.add(setGeneration(randomUUID()))
    })
    for (const { committed } of emptied) committed()
  }

  async #inTransaction(work: (statements: Statements) => Promise<void>): Promise<void> {
    try {
      await withStatements(this.#session, work)
      this.committed()
    } catch (error) {
      this.rolledBack()
      throw error
    }
  }
}

/** Does work on a model in a transaction, apart from what comes before and after it. */
async function runAlone(
  model: KeptModel,
  statements: Statements,
  work: () => Promise<void>,
  rows?: string,
): Promise<void> {
  await statements.run()
  const run = async (): Promise<void> => {
    await work()
    await statements.run()
  }
  await naming(model, run, rows)
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

function all(calls: readonly (() => void)[]): () => void {
  return () => {
    for (const call of calls) call()
  }
}

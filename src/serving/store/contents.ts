import { randomUUID } from 'node:crypto'
import type { TableShape } from '../../columns.ts'
import type { Session } from '../../duckdb/session.ts'
import { dropModel } from '../../duckdb/sql/keptGroups.ts'
import { emptyRelation, exactPath } from '../../duckdb/sql/literals.ts'
import { forgetStoredModel, STORE, setGeneration } from '../../duckdb/sql/liveStore.ts'
import type { Sql } from '../../duckdb/sql/sql.ts'
import { createTempView, script } from '../../duckdb/sql/statements.ts'
import { readNamedFiles, readTableFiles } from '../../duckdb/sql/tableFiles.ts'
import { LakeError } from '../../errors.ts'
import { type KeptRelation, openRelation } from '../relations/index.ts'
import type { Taken } from './head.ts'
import { KeptModel, type ModelChange } from './keptModel.ts'
import type { StoreParts } from './parts.ts'
import { LoadedReferences } from './references.ts'
import { readStored } from './storedModel.ts'
import { ofModel } from './storeErrors.ts'
import { inTransaction } from './transaction.ts'

/** The files of each table. */
export type TableFiles = ReadonlyMap<string, readonly string[]>

/** So many files are named in the text of a query; more stand in a variable. */
const FEW_FILES = 16

/** The models of a store, before their relations are open. */
export interface OpenedModels {
  readonly models: readonly KeptModel[]
  readonly references: LoadedReferences
}

/** A relation with the models that read it. */
interface Kept {
  readonly relation: KeptRelation
  readonly table: string
  readonly models: readonly KeptModel[]
}

/** The models of a store and the relations that they read, in the session that writes them. */
export class StoreContents {
  readonly #session: Session
  readonly #tables: ReadonlyMap<string, TableShape>
  readonly #references: LoadedReferences
  readonly #kept: readonly Kept[]

  private constructor(
    session: Session,
    tables: readonly TableShape[],
    references: LoadedReferences,
    kept: readonly Kept[],
  ) {
    this.#session = session
    this.#references = references
    this.#tables = new Map(tables.map((table) => [table.name, table]))
    this.#kept = kept
  }

  /**
   * Opens the relations, which takes a while, and builds what can be built alone.
   * @param taken  what the store has taken; undefined before its first batch
   */
  static async open(
    parts: StoreParts,
    session: Session,
    { models, references }: OpenedModels,
    taken: Taken | undefined,
  ): Promise<StoreContents> {
    const kept = await openRelations(parts, session, models)
    const contents = new StoreContents(session, parts.tables, references, kept)
    if (taken !== undefined) await contents.#buildAlone(parts, taken)
    return contents
  }

  get models(): readonly KeptModel[] {
    return this.#kept.flatMap(({ models }) => models)
  }

  get relations(): readonly KeptRelation[] {
    return this.#kept.map(({ relation }) => relation)
  }

  /** Whether portions of new rows alone can be taken; if not, the next must be of all rows. */
  get isBuilt(): boolean {
    return this.#kept.every(({ relation, models }) => relation.isBuilt && models.every(({ isBuilt }) => isBuilt))
  }

  /** Notes which models join reference files that have changed. @throws LakeError LAKE_REFERENCE_INVALID */
  async loadReferences(): Promise<void> {
    await this.#references.load()
    for (const model of this.models) model.setReferences(this.#references.hashesOf(model.model))
  }

  /**
   * Takes rows that were added, in the transaction of their portion. Models that join a reference file that has changed
   * are made anew.
   * @param filesUpTo  the files of all tables with this portion; undefined where they cannot be told
   * @returns what is still to be run before the commit, and what to do after it
   */
  async takeAdded(
    files: TableFiles,
    filesUpTo: () => Promise<TableFiles | undefined>,
    batch: number,
  ): Promise<ModelChange> {
    const left: Sql[] = []
    const built: (() => void)[] = []
    for (const { relation, table, models } of this.#kept) {
      const hasRows = (files.get(table) ?? []).length > 0
      const stale = models.filter(({ isBuilt }) => !isBuilt)
      if (hasRows) {
        const change = await relation.take({
          scope: 'added',
          select: await this.#rowsOf(table, files, relation.columns),
        })
        for (const model of models) {
          if (!model.isBuilt) continue
          left.push(...(await naming(model, () => model.take(this.#session, change, relation.current, batch))))
        }
      }
      if (stale.length === 0) continue
      built.push(await this.#fill(stale, relation.current ?? (await this.#allRowsOf(table, filesUpTo)), batch))
    }
    return { statements: left, committed: all(built) }
  }

  /** Makes everything anew from all rows, in their transaction. @returns what to do once it is committed */
  async takeAll(files: TableFiles, batch: number): Promise<ModelChange> {
    const committed: (() => void)[] = []
    for (const { relation, table, models } of this.#kept) {
      committed.push(await this.#buildFrom(relation, models, await this.#rowsOf(table, files, relation.columns), batch))
    }
    return { statements: [], committed: all(committed) }
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

  /** All rows of a table, as the name of a temporary view. */
  async #allRowsOf(table: string, filesUpTo: () => Promise<TableFiles | undefined>): Promise<string> {
    const files = await filesUpTo()
    if (files === undefined)
      throw new LakeError('LAKE_SOURCE_CHANGED', `the files of ${table} cannot be told any more.`, {
        state: 'Nothing was changed.',
        remedy: 'Start live again: it makes its models anew.',
      })
    const name = `all of ${table}`
    await this.#session.run(createTempView(name, await this.#rowsOf(table, files)))
    return name
  }

  /** The SELECT of some columns of a table's rows in files: the fewer, the sooner DuckDB has planned it. */
  async #rowsOf(table: string, files: TableFiles, names?: readonly string[]): Promise<Sql> {
    const shape = this.#tables.get(table)
    if (shape === undefined)
      throw new LakeError('LAKE_VALUE_UNEXPECTED', `a model reads ${table}, which is not followed.`)
    const of = files.get(table) ?? []
    const { partitionBy } = shape
    const wanted = Object.entries(shape.columns).filter(([name]) => names?.includes(name) ?? true)
    const columns = Object.fromEntries(wanted)
    if (of.length === 0) return emptyRelation(columns)
    if (of.length <= FEW_FILES) return readNamedFiles(of, columns, partitionBy)
    const variable = `files of ${table}`
    await this.#session.setVariable(variable, of.map(exactPath))
    return readTableFiles(variable, columns, partitionBy)
  }

  /** Builds what is new or has changed, up to the batch that the store has. */
  async #buildAlone(parts: StoreParts, { position }: Taken): Promise<void> {
    const unbuilt = this.#kept.filter(({ relation, models }) => !relation.isBuilt || models.some((one) => !one.isBuilt))
    if (unbuilt.length === 0) return
    const files = await parts.filesUpTo(position)
    for (const { relation, table, models } of unbuilt) {
      // A relation that is made anew may have other rows now, where several were equally first.
      const some = relation.isBuilt ? models.filter(({ isBuilt }) => !isBuilt) : models
      const { batch } = position
      if (relation.isBuilt && relation.current !== undefined) {
        const { current } = relation
        await this.#inTransaction(() => this.#fill(some, current, batch))
      } else if (files !== undefined) {
        const select = await this.#rowsOf(table, files, relation.columns)
        await this.#inTransaction(() => this.#buildFrom(relation, some, select, batch))
      }
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
async function naming<T>({ model }: KeptModel, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw ofModel(model.file, error)
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

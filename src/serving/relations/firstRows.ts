import type { Session } from '../../duckdb/session.ts'
import {
  builtColumns,
  builtDefinition,
  createRelations,
  type FirstRows,
  FirstRowsSql,
  firstRowsNames,
} from '../../duckdb/sql/firstRows.ts'
import type { Sql } from '../../duckdb/sql/sql.ts'
import { duckdbVersion, script } from '../../duckdb/sql/statements.ts'
import { requiredText, safeInteger } from '../../duckdb/values.ts'
import type { NumberVectors } from '../../duckdb/vectors.ts'
import type { KeptRelation, NewRows, RelationChange, RelationSize } from './keptRelation.ts'
import { KeyIndex } from './keyIndex.ts'
import { lookUp, type NewKeys, newKeys } from './lookUp.ts'

/** Of more new rows than this, each is not looked up: a join over the whole state takes less time. */
const MOST_LOOKED_UP = 20_000

/** Where the state is, and what may be used to keep it. */
export interface RelationStore {
  readonly session: Session
  /** The store's name among the session's databases. */
  readonly catalog: string
  /** For the index of one relation. */
  readonly memoryBytes: number
}

/** How many rows the state has, and how many of them another has replaced. */
interface Counts {
  readonly rows: number
  readonly replaced: number
}

/** What a portion did to the state: id, hash and lead of the rows that were appended, and how many they replaced. */
interface Applied {
  readonly appended: readonly NumberVectors[]
  readonly replaced: number
}

/** What is in memory once the transaction is committed. */
type Pending = { readonly counts: Counts } & (
  | { readonly kind: 'appended'; readonly rows: readonly NumberVectors[] }
  | { readonly kind: 'built'; readonly index: KeyIndex | undefined }
)

/**
 * The first row of each key. The state is a table in the store that only grows; an index in memory says where a key
 * stands in it. The index is only a cache of the table: it changes after the commit, and is rebuilt from the table.
 */
export class KeptFirstRows implements KeptRelation {
  readonly name: string
  readonly current: string
  readonly #store: RelationStore
  readonly #sql: FirstRowsSql
  /** What the state is made of: another definition needs another state. */
  readonly #definition: string
  #isBuilt = false
  #counts: Counts = { rows: 0, replaced: 0 }
  #index: KeyIndex | undefined
  #pending: Pending | undefined
  /** Whether the index was given up for one that was then not committed. */
  #isStale = false

  private constructor(store: RelationStore, rows: FirstRows, definition: string) {
    this.name = rows.name
    this.current = firstRowsNames(rows.name).current
    this.#store = store
    this.#sql = new FirstRowsSql(store.catalog, rows)
    this.#definition = definition
  }

  /**
   * Loads the index of the state, if the store has one of this definition. Other sessions go on meanwhile. A state with
   * more columns than are asked for is kept as it is: a model that is gone need not cost the others anything.
   */
  static async open(store: RelationStore, wanted: FirstRows): Promise<KeptFirstRows> {
    const { session, catalog } = store
    const columns = await keptIn(session, catalog, wanted.name)
    const rows = wanted.kept.every((name) => columns.includes(name)) ? { ...wanted, kept: columns } : wanted
    // Keys are hashes of DuckDB's sort keys, and another version may make others.
    const [running] = await session.rows(duckdbVersion)
    const definition = JSON.stringify({ ...definitionOf(rows), duckdb: running?.version })
    const relation = new KeptFirstRows(store, rows, definition)
    await session.run(createRelations(catalog))
    const [built] = await session.rows(builtDefinition(catalog, rows.name))
    if (built?.comment === definition) await relation.#load()
    return relation
  }

  get isBuilt(): boolean {
    return this.#isBuilt
  }

  get size(): RelationSize {
    const keys = this.#counts.rows - this.#counts.replaced
    if (this.#index === undefined) return { keys, memoryBytes: 0, lookup: 'join' }
    return { keys, memoryBytes: this.#index.bytes, lookup: 'index' }
  }

  async take({ scope, select }: NewRows): Promise<RelationChange> {
    if (this.#pending !== undefined) throw new TypeError(`${this.name} was taken twice in one transaction`)
    if (scope === 'all') return this.#build(select)
    if (this.#isStale) await this.#load()
    if (!this.#isBuilt) throw new TypeError(`${this.name} is not built`)
    const { replaced, appended } = await this.#apply(select)
    const rows = appended.reduce((sum, { rowCount }) => sum + rowCount, 0)
    const counts = { rows: this.#counts.rows + rows, replaced: this.#counts.replaced + replaced }
    this.#pending = { kind: 'appended', counts, rows: appended }
    const { gained, lost } = firstRowsNames(this.name)
    return { gained, lost: replaced > 0 ? lost : undefined }
  }

  committed(): void {
    const pending = this.#pending
    if (pending === undefined) return
    this.#pending = undefined
    this.#counts = pending.counts
    if (pending.kind === 'built') {
      this.#isBuilt = true
      this.#isStale = false
      this.#index = pending.index
      return
    }
    if (this.#index === undefined) return
    for (const piece of pending.rows) noteRows(this.#index, piece)
    if (!this.#fits(this.#index.bytes)) this.#index = undefined
  }

  rolledBack(): void {
    this.#pending = undefined
  }

  /** Applies new rows to the state: few by looking each up, if there is an index; others by joins. */
  async #apply(select: Sql): Promise<Applied> {
    const { session } = this.#store
    const created = this.#sql.createGained(select)
    if (this.#index === undefined) {
      await session.run(created)
      return this.#join()
    }
    const keys = newKeys(await session.vectors(script([created, this.#sql.gainedKeys(MOST_LOOKED_UP + 1)])))
    return keys.places.length > MOST_LOOKED_UP ? this.#join() : this.#lookUp(keys, this.#index)
  }

  async #lookUp(keys: NewKeys, index: KeyIndex): Promise<Applied> {
    const { session } = this.#store
    const { dropped, replaced, tied } = lookUp(keys, index)
    if (tied.places.length > 0) {
      for (const losers of await session.vectors(this.#sql.losers(tied.places, tied.ids))) {
        const [places = [], ids = []] = losers.columns
        dropped.push(...places.filter((place) => place !== -1))
        replaced.push(...ids.filter((id) => id !== -1))
      }
    }
    const statements = [
      ...(dropped.length > 0 ? [this.#sql.dropFromGained(dropped)] : []),
      ...(replaced.length > 0 ? [this.#sql.createLost(replaced)] : []),
      this.#sql.append(this.#counts.rows, replaced.length > 0),
    ]
    return { appended: await session.vectors(script(statements)), replaced: replaced.length }
  }

  async #join(): Promise<Applied> {
    const { session } = this.#store
    const [lost] = await session.rows(script([...this.#sql.joinGained(), this.#sql.lostCount()]))
    const replaced = safeInteger(lost?.rows, 'the number of replaced rows')
    return { appended: await session.vectors(this.#sql.append(this.#counts.rows, replaced > 0)), replaced }
  }

  async #build(select: Sql): Promise<RelationChange> {
    // Two indexes might not fit.
    this.#index = undefined
    this.#isStale = true
    await this.#store.session.run(script([...this.#sql.build(select, this.#definition), this.#sql.createCurrent()]))
    const counts = await this.#countRows()
    this.#pending = { kind: 'built', counts, index: await this.#loadIndex(counts) }
    return { gained: this.current, lost: undefined }
  }

  async #load(): Promise<void> {
    await this.#store.session.run(this.#sql.createCurrent())
    this.#counts = await this.#countRows()
    this.#index = await this.#loadIndex(this.#counts)
    this.#isBuilt = true
    this.#isStale = false
  }

  async #countRows(): Promise<Counts> {
    const [counts] = await this.#store.session.rows(this.#sql.counts())
    return {
      rows: safeInteger(counts?.rows, 'the number of rows in the state'),
      replaced: safeInteger(counts?.replaced, 'the number of replaced rows in the state'),
    }
  }

  /** @returns undefined if the index would not fit */
  async #loadIndex({ rows, replaced }: Counts): Promise<KeyIndex | undefined> {
    if (!this.#fits(KeyIndex.bytesFor(rows - replaced))) return undefined
    const index = new KeyIndex(rows - replaced)
    for await (const piece of this.#store.session.vectorStream(this.#sql.indexed())) noteRows(index, piece)
    return this.#fits(index.bytes) ? index : undefined
  }

  #fits(bytes: number): boolean {
    return bytes <= this.#store.memoryBytes
  }
}

/** Ids, hashes and leads, as the state returns them. */
function noteRows(index: KeyIndex, { rowCount, columns }: NumberVectors): void {
  const [ids, hashes, leads] = columns
  if (ids === undefined || !(hashes instanceof Uint32Array) || leads === undefined) {
    throw new TypeError('rows of a state need an id, a hash and a lead')
  }
  for (let row = 0; row < rowCount; row++) index.put(hashes, row, ids[row] as number, leads[row] as number)
}

/** The columns that the state of a relation in a store has; none if there is no state. */
export async function keptIn(session: Session, catalog: string, name: string): Promise<readonly string[]> {
  const columns = await session.rows(builtColumns(catalog, name))
  return columns.map((column) => requiredText(column.name, 'a column of a state'))
}

/** What a state depends on. Columns are named with their types, in order. */
function definitionOf({ keys, order, kept, columns }: FirstRows): object {
  const typed = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, columns[name]]))
  return { keys: typed(keys), order, kept: typed(kept) }
}

import type { Session } from '../../duckdb/session.ts'
import {
  builtColumns,
  builtDefinition,
  createRelations,
  type FirstRows,
  FirstRowsSql,
  firstRowsNames,
  gainedName,
  nextStateName,
  replaceState,
  type UnsettledRows,
} from '../../duckdb/sql/firstRows.ts'
import type { Sql } from '../../duckdb/sql/sql.ts'
import { duckdbVersion } from '../../duckdb/sql/statements.ts'
import { requiredText, safeInteger } from '../../duckdb/values.ts'
import { Statements } from '../statements.ts'
import type { KeptRelation, NewRows, RelationChange, RelationSize, Unsettled } from './keptRelation.ts'
import { type IndexedRows, KeyIndex } from './keyIndex.ts'
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
  /** `next`: the state stands beside that which the relation has, until it takes its place. */
  readonly place: 'current' | 'next'
}

function stateOf({ place }: RelationStore, { name }: FirstRows): string {
  return place === 'current' ? name : nextStateName(name)
}

/** How many rows the state has, how many of them another has replaced, and the id that the next row may get. */
interface Counts {
  readonly rows: number
  readonly replaced: number
  readonly nextId: number
}

/** What a portion did to the state. */
interface Applied {
  /** Of the temporary table with its rows. */
  readonly slot: number
  readonly gained: number
  readonly lost: number
  /** How many ids the gained rows take: each has that of its place. */
  readonly ids: number
  /** The keys of its rows. */
  readonly keys: NewKeys | undefined
  /** Whether all new rows stand in the table. */
  readonly isWhole: boolean
  /** For each place whether its row was gained; undefined if all that stand in the table were. */
  readonly isGained: Uint8Array | undefined
}

/** What is in memory once the transaction is committed. */
type Pending = { readonly counts: Counts } & (
  | { readonly kind: 'applied'; readonly applied: Applied }
  | { readonly kind: 'built'; readonly index: KeyIndex | undefined }
)

/**
 * The first row of each key. The state is a table in the store that only grows; an index in memory says where a key
 * stands in it. The index is only a cache of the table: it changes after the commit, and is rebuilt from the table.
 *
 * What the last portions gained stands in temporary tables of the session until it is settled: to write it with each
 * portion would take as long again as everything else. The store says up to where its states are settled.
 */
export class KeptFirstRows implements KeptRelation {
  readonly name: string
  readonly columns: readonly string[]
  readonly current: string
  #store: RelationStore
  readonly #sql: FirstRowsSql
  readonly #rows: FirstRows
  /** What the state is made of: another definition needs another state. */
  readonly #definition: string
  #isBuilt = false
  #counts: Counts = { rows: 0, replaced: 0, nextId: 0 }
  #index: KeyIndex | undefined
  #unsettled: readonly UnsettledRows[] = []
  #pending: Pending | undefined
  /** Whether the transaction writes all rows into the state. */
  #isSettling = false
  /** Whether the index was given up for one that was then not committed. */
  #isStale = false

  private constructor(store: RelationStore, rows: FirstRows, definition: string) {
    this.name = rows.name
    this.columns = [...new Set([...rows.keys, ...rows.kept])]
    this.current = firstRowsNames(rows.name).current
    this.#store = store
    this.#sql = new FirstRowsSql(store.catalog, rows, stateOf(store, rows))
    this.#rows = rows
    this.#definition = definition
  }

  /**
   * Loads the index of the state, if the store has one of this definition. Other sessions go on meanwhile. A state with
   * more columns than are asked for is kept as it is: a model that is gone need not cost the others anything.
   * @param least  the columns without which the state is of no use
   */
  static async open(store: RelationStore, wanted: FirstRows, least = wanted.kept): Promise<KeptFirstRows> {
    const { session, catalog } = store
    await session.run(createRelations(catalog))
    const [built] = await session.rows(builtDefinition(catalog, wanted.name))
    const kept = { ...wanted, kept: await keptIn(session, catalog, wanted.name) }
    const definition = await definitionIn(session, kept)
    if (built?.comment !== definition || !least.every((name) => kept.kept.includes(name))) {
      return KeptFirstRows.unbuilt(store, wanted)
    }
    const relation = new KeptFirstRows(store, kept, definition)
    await relation.#load(new Statements(session))
    return relation
  }

  /** One that has no state until it has taken all rows. */
  static async unbuilt(store: RelationStore, rows: FirstRows): Promise<KeptFirstRows> {
    return new KeptFirstRows(store, rows, await definitionIn(store.session, rows))
  }

  /** The columns that its rows have in the state, and in the tables of portions. */
  get kept(): readonly string[] {
    return this.#rows.kept
  }

  get isBuilt(): boolean {
    return this.#isBuilt
  }

  get size(): RelationSize {
    if (!this.#isBuilt) return { keys: undefined, memoryBytes: 0, lookup: 'none' }
    const keys = this.#counts.rows - this.#counts.replaced
    if (this.#index === undefined) return { keys, memoryBytes: 0, lookup: 'join' }
    return { keys, memoryBytes: this.#index.bytes, lookup: 'index' }
  }

  showCurrent(session: Session): Promise<void> {
    return session.run(this.#sql.createCurrent())
  }

  get unsettled(): Unsettled {
    return {
      portions: this.#unsettled.length,
      rows: this.#unsettled.reduce((sum, { replaced }) => sum + replaced.length, 0),
    }
  }

  get isSettled(): boolean {
    return this.#isSettling || (this.#unsettled.length === 0 && this.#pending === undefined)
  }

  async take({ scope, select }: NewRows, statements: Statements): Promise<RelationChange> {
    if (this.#pending !== undefined) throw new TypeError(`${this.name} was taken twice in one transaction`)
    if (scope === 'all') return this.#build(select, statements)
    if (this.#isStale) {
      statements.add(...this.settle())
      await this.#load(statements)
    }
    if (!this.#isBuilt) throw new TypeError(`${this.name} is not built`)
    const { nextId } = this.#counts
    const applied = await this.#apply(select, statements)
    const rows = this.#counts.rows + applied.gained
    const replaced = this.#counts.replaced + applied.lost
    this.#pending = { kind: 'applied', counts: { rows, replaced, nextId: nextId + applied.ids }, applied }
    const names = firstRowsNames(this.name)
    const { slot, isGained, isWhole } = applied
    const table = gainedName(this.name, slot)
    return {
      gained: isGained === undefined ? table : names.gained,
      lost: applied.lost > 0 ? names.lost : undefined,
      read: isWhole ? { name: table, columns: this.#rows.kept } : undefined,
    }
  }

  settle(): readonly Sql[] {
    if (this.#isSettling) return []
    this.#isSettling = true
    const statements = this.#unsettled.flatMap((rows) => [this.#sql.settle(rows), this.#sql.dropGained(rows.slot)])
    return this.#pending?.kind === 'applied' ? [...statements, this.#append(this.#pending.applied)] : statements
  }

  #append({ slot, lost, isGained }: Pick<Applied, 'slot' | 'lost' | 'isGained'>): Sql {
    return this.#sql.append(slot, this.#counts.nextId, lost > 0, isGained)
  }

  committed(): void {
    const [pending, isSettling] = [this.#pending, this.#isSettling]
    this.#pending = undefined
    this.#isSettling = false
    if (isSettling) this.#unsettled = []
    if (pending === undefined) return
    const { nextId } = this.#counts
    this.#counts = pending.counts
    if (pending.kind === 'built') {
      this.#isBuilt = true
      this.#isStale = false
      this.#index = pending.index
    } else if (this.#index !== undefined) {
      const { slot, ids, isGained } = pending.applied
      const replaced = noteRows(this.#index, pending.applied, nextId)
      if (!isSettling && ids > 0) this.#unsettled = [...this.#unsettled, { slot, firstId: nextId, replaced, isGained }]
      const canGoOn = this.#fits(this.#index.bytes) && KeyIndex.holds(this.#index.size, this.#counts.nextId)
      if (!canGoOn) this.#index = undefined
    }
  }

  rolledBack(): void {
    this.#pending = undefined
    this.#isSettling = false
  }

  giveUp(): void {
    this.#isBuilt = false
    this.forgetIndex()
  }

  forgetIndex(): void {
    this.#index = undefined
  }

  /** Keeps an index from here on, if it takes no more memory than this. The state has all rows. */
  async loadIndex(memoryBytes: number): Promise<void> {
    this.#store = { ...this.#store, memoryBytes }
    this.#index = await this.#loadIndex(this.#counts)
  }

  /**
   * Hands the state that was made beside another over, to take its place in the store.
   * @param store  in which it is kept from then on
   * @returns what to run in its session, and the relation once that is committed
   */
  replacing(store: RelationStore): { readonly statements: readonly Sql[]; readonly relation: KeptFirstRows } {
    if (!this.isSettled) throw new TypeError(`${this.name} has rows that its state lacks`)
    const relation = new KeptFirstRows(store, this.#rows, this.#definition)
    relation.#counts = this.#counts
    relation.#index = this.#index
    relation.#isBuilt = this.#isBuilt
    return { statements: [...replaceState(store.catalog, this.name), relation.#sql.createCurrent()], relation }
  }

  /** Applies new rows to the state: few by looking each up, if there is an index; others by joins. */
  async #apply(select: Sql, statements: Statements): Promise<Applied> {
    // Those of earlier portions have the slots below.
    const slot = this.#unsettled.length
    statements.add(this.#sql.createGained(slot, select))
    if (this.#index === undefined) return this.#join(slot, statements)
    const keys = newKeys(await statements.vectors(this.#sql.gainedKeys(slot, MOST_LOOKED_UP + 1)))
    return keys.places.length > MOST_LOOKED_UP
      ? this.#join(slot, statements)
      : this.#lookUp(slot, keys, this.#index, statements)
  }

  async #lookUp(slot: number, keys: NewKeys, index: KeyIndex, statements: Statements): Promise<Applied> {
    const ids = keys.places.length
    const unsettled = this.#isSettling ? [] : this.#unsettled
    const { dropped, replaced, tied } = lookUp(keys, index)
    if (tied.places.length > 0) {
      const losers = this.#sql.losers(slot, tied.places, tied.ids, unsettled)
      for (const { columns } of await statements.vectors(losers)) {
        const [places = [], ids = []] = columns
        for (const place of places) if (place !== -1) dropped.push(place)
        for (const id of ids) if (id !== -1) replaced.push(id)
      }
    }
    const isGained = dropped.length === 0 ? undefined : new Uint8Array(ids).fill(1)
    for (const place of dropped) if (isGained !== undefined) isGained[place] = 0
    if (isGained !== undefined) statements.add(this.#sql.createGainedView(slot, isGained))
    if (replaced.length > 0) statements.add(this.#sql.createLost(replaced, unsettled))
    const applied = { slot, gained: ids - dropped.length, lost: replaced.length, ids, keys, isWhole: true, isGained }
    if (this.#isSettling) statements.add(this.#append(applied))
    return applied
  }

  /** A join needs all rows in the state, and leaves them there. */
  async #join(slot: number, statements: Statements): Promise<Applied> {
    statements.add(...this.settle(), ...this.#sql.joinGained(slot))
    const [counts] = await statements.rows(this.#sql.changeCounts(slot))
    const gained = safeInteger(counts?.gained, 'the number of gained rows')
    const lost = safeInteger(counts?.lost, 'the number of lost rows')
    const ids = safeInteger(counts?.ids, 'the number of ids')
    statements.add(this.#append({ slot, lost, isGained: undefined }))
    const keys = this.#index === undefined ? undefined : newKeys(await statements.vectors(this.#sql.gainedKeys(slot)))
    return { slot, gained, lost, ids, keys, isWhole: false, isGained: undefined }
  }

  async #build(select: Sql, statements: Statements): Promise<RelationChange> {
    // Two indexes might not fit.
    this.#index = undefined
    this.#isStale = true
    this.#isSettling = true
    const dropped = this.#unsettled.map(({ slot }) => this.#sql.dropGained(slot))
    statements.add(...dropped, ...this.#sql.build(select, this.#definition), this.#sql.createCurrent())
    const counts = await this.#countRows(statements)
    this.#pending = { kind: 'built', counts, index: await this.#loadIndex(counts) }
    return { gained: this.current, lost: undefined, read: undefined }
  }

  /** Loads the index, from a state that has all rows. */
  async #load(statements: Statements): Promise<void> {
    statements.add(this.#sql.createCurrent())
    this.#counts = await this.#countRows(statements)
    this.#index = await this.#loadIndex(this.#counts)
    this.#isBuilt = true
    this.#isStale = false
  }

  async #countRows(statements: Statements): Promise<Counts> {
    const [counts] = await statements.rows(this.#sql.counts())
    return {
      rows: safeInteger(counts?.rows, 'the number of rows in the state'),
      replaced: safeInteger(counts?.replaced, 'the number of replaced rows in the state'),
      nextId: safeInteger(counts?.next_id, 'the next id of the state'),
    }
  }

  /** @returns undefined if the index would not fit */
  async #loadIndex({ rows, replaced, nextId }: Counts): Promise<KeyIndex | undefined> {
    if (!this.#fits(KeyIndex.bytesFor(rows - replaced)) || !KeyIndex.holds(rows, nextId)) return undefined
    const index = await KeyIndex.of(this.#indexedRows(), rows - replaced)
    return this.#fits(index.bytes) ? index : undefined
  }

  async *#indexedRows(): AsyncGenerator<IndexedRows> {
    for await (const { rowCount, columns } of this.#store.session.vectorStream(this.#sql.indexed())) {
      const [ids, hashes, leads] = columns
      if (!(ids instanceof Float64Array && hashes instanceof Uint32Array && leads instanceof Float64Array)) {
        throw new TypeError('the state has no ids, hashes and leads')
      }
      yield { rowCount, hashes, ids, leads }
    }
  }

  #fits(bytes: number): boolean {
    return bytes <= this.#store.memoryBytes
  }
}

/** Puts the rows that a portion gained into the index. @returns by place: the id of the row that it replaces, or -1 */
function noteRows(index: KeyIndex, { keys, isGained, ids }: Applied, firstId: number): number[] {
  const replaced = new Array<number>(ids).fill(-1)
  if (keys === undefined) return replaced
  const { places, hashes, leads } = keys
  for (let row = 0; row < places.length; row++) {
    const place = places[row] as number
    if (isGained?.[place] !== 0) replaced[place] = index.put(hashes, row, firstId + place, leads[row] as number)
  }
  return replaced
}

/** The columns that the state of a relation in a store has; none if there is no state. */
export async function keptIn(session: Session, catalog: string, name: string): Promise<readonly string[]> {
  const columns = await session.rows(builtColumns(catalog, name))
  return columns.map((column) => requiredText(column.name, 'a column of a state'))
}

/**
 * What a state depends on. Columns are named with their types, in order. Keys are hashes of DuckDB's sort keys, and
 * another version may make others.
 */
async function definitionIn(session: Session, { keys, order, kept, columns }: FirstRows): Promise<string> {
  const [running] = await session.rows(duckdbVersion)
  const typed = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, columns[name]]))
  return JSON.stringify({ keys: typed(keys), order, kept: typed(kept), duckdb: running?.version })
}

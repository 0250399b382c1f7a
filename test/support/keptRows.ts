import { join } from 'node:path'
import { Database, type Session } from '../../src/duckdb/session.ts'
import { type FirstRows, firstRowsOf } from '../../src/duckdb/sql/firstRows.ts'
import { castColumns, columnList, emptyRelation } from '../../src/duckdb/sql/literals.ts'
import type { Sql } from '../../src/duckdb/sql/sql.ts'
import { script } from '../../src/duckdb/sql/statements.ts'
import { safeInteger } from '../../src/duckdb/values.ts'
import type { FirstRelation } from '../../src/serving/model.ts'
import {
  type KeptRelation,
  keptColumns,
  openRelation,
  type ReadRows,
  type RelationChange,
} from '../../src/serving/relations/index.ts'
import { Statements } from '../../src/serving/statements.ts'
import { rawSql } from './sql.ts'

/** An index may take this much. */
const AMPLE_BYTES = 100e6

/** Each row as SQL literals, or a SELECT. */
type NewTestRows = readonly string[] | Sql

export interface KeptRowsOptions {
  /** The columns that models read; all if they are left out. */
  readonly reads?: readonly string[]
  readonly memoryBytes?: number
  /** Which rows are taken again when the store is opened: those that it lacks, or these among all. */
  readonly takesAgain?: 'unsettled' | 'came'
}

/**
 * A store that keeps a first relation, and beside it, in the same transactions, every row that came and every row that
 * the relation says it gained or lost.
 */
export class KeptRowsStore {
  readonly relation: KeptRelation
  readonly session: Session
  readonly #database: Database
  readonly #rows: FirstRows

  private constructor(database: Database, session: Session, relation: KeptRelation, rows: FirstRows) {
    this.#database = database
    this.session = session
    this.relation = relation
    this.#rows = rows
  }

  static async open(folder: string, relation: FirstRelation, options: KeptRowsOptions = {}): Promise<KeptRowsStore> {
    const { reads = Object.keys(relation.columns), memoryBytes = AMPLE_BYTES } = options
    const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder: join(folder, 'spill') })
    const session = await database.connect()
    await session.run(rawSql`ATTACH '${join(folder, 'live.duckdb')}' AS live`)
    const kept = await openRelation(
      { session, catalog: 'live', memoryBytes, place: 'current' },
      relation,
      keptColumns(relation, reads),
    )
    const rows = { ...relation, kept: keptColumns(relation, reads) }
    const none = emptyRelation(relation.columns)
    await session.run(rawSql`CREATE TABLE IF NOT EXISTS live.came AS ${none}`)
    await session.run(rawSql`CREATE TABLE IF NOT EXISTS live.unsettled AS ${none}`)
    await session.run(rawSql`CREATE TABLE IF NOT EXISTS live.changes AS
      SELECT ${columnList(rows.kept)}, 1 AS sign FROM (${none})`)
    const store = new KeptRowsStore(database, session, kept, rows)
    if (kept.isBuilt) await store.#takeAgain(options.takesAgain ?? 'unsettled')
    return store
  }

  /** Takes rows again that came after the relation was last settled, as a start does after a kill. */
  async #takeAgain(rows: 'unsettled' | 'came'): Promise<void> {
    await this.session.run(rawSql`BEGIN`)
    const statements = new Statements(this.session)
    await this.relation.take({ scope: 'added', select: rawSql`FROM live.${rows}`, from: 'files' }, statements)
    statements.add(...this.relation.settle(), rawSql`DELETE FROM live.unsettled; COMMIT`)
    await statements.run()
    this.relation.committed()
  }

  /** Writes into the store what only the session has. */
  async settle(): Promise<void> {
    const statements = this.relation.settle()
    await this.session.run(script([...statements, rawSql`DELETE FROM live.unsettled`]))
    this.relation.committed()
  }

  /** Applies rows, each as SQL literals or all as a SELECT, and commits. @returns what the relation said */
  async apply(rows: NewTestRows, scope: 'added' | 'all' = 'added'): Promise<RelationChange> {
    const change = await this.begin(rows, scope)
    await this.session.run(rawSql`COMMIT`)
    this.relation.committed()
    return change
  }

  /** The same, but the transaction is rolled back. */
  async applyInVain(rows: NewTestRows, scope: 'added' | 'all' = 'added'): Promise<void> {
    await this.begin(rows, scope)
    await this.session.run(rawSql`ROLLBACK`)
    this.relation.rolledBack()
  }

  /** Applies rows in a transaction that is left open. */
  async begin(rows: NewTestRows, scope: 'added' | 'all'): Promise<RelationChange> {
    const { session } = this
    const added = this.#selectOf(rows)
    await session.run(rawSql`BEGIN; INSERT INTO live.came ${added}; INSERT INTO live.unsettled ${added}`)
    const statements = new Statements(session)
    const select = scope === 'all' ? rawSql`FROM live.came` : added
    const change = await this.relation.take({ scope, select, from: 'files' }, statements)
    await statements.run()
    if (change.read !== undefined) await this.#assertSame(change.read, added)
    if (scope === 'all') await session.run(rawSql`DELETE FROM live.changes; DELETE FROM live.unsettled`)
    const columns = columnList(this.#rows.kept)
    await session.run(rawSql`INSERT INTO live.changes SELECT ${columns}, 1 FROM "${change.gained}"`)
    if (change.lost !== undefined) {
      await session.run(rawSql`INSERT INTO live.changes SELECT ${columns}, -1 FROM "${change.lost}"`)
    }
    return change
  }

  /** Asserts that what others may read of a portion is all of it. */
  async #assertSame({ name, columns }: ReadRows, added: Sql): Promise<void> {
    const list = columnList(columns)
    const counted = (from: Sql) => rawSql`SELECT ${list}, 1 AS n FROM ${from}`
    const differing = await this.#differing('read', list, counted(rawSql`(${added})`), counted(rawSql`"${name}"`))
    if (differing.length > 0) throw new Error(differing.join('\n'))
  }

  /** Rows that the view returns and the changes do not add up to, or the other way round; none if all is well. */
  async differences(): Promise<string[]> {
    const columns = columnList(this.#rows.kept)
    const expected = rawSql`SELECT ${columns}, 1 AS n FROM (${firstRowsOf(this.#rows, rawSql`FROM live.came`)})`
    const added = rawSql`SELECT ${columns}, sum(sign)::INTEGER AS n FROM live.changes GROUP BY ALL HAVING n <> 0`
    const current = rawSql`SELECT ${columns}, 1 AS n FROM "${this.relation.current ?? ''}"`
    await this.session.run(script([rawSql`BEGIN`, ...this.relation.settle()]))
    const notCurrent = await this.#differing('current', columns, expected, current)
    await this.session.run(rawSql`ROLLBACK`)
    this.relation.rolledBack()
    return [
      ...(await this.#differing('gained and lost', columns, expected, added)),
      ...notCurrent,
      ...(await this.#differing('the view itself', this.#orderColumns(), this.#viewRows(), expected)),
    ]
  }

  async keyCount(): Promise<number> {
    const [row] = await this.session.rows(rawSql`SELECT count(*) AS n FROM (${this.#viewRows()})`)
    return safeInteger(row?.n, 'keys')
  }

  close(): void {
    this.session.close()
    this.#database.close()
  }

  /** What the text of the view says, without anything that settles ties. */
  #viewRows(): Sql {
    const order = this.#rows.order.map(
      ({ column, isDescending, areNullsFirst }) =>
        `"${column}" ${isDescending ? 'DESC' : 'ASC'} NULLS ${areNullsFirst ? 'FIRST' : 'LAST'}`,
    )
    return rawSql`SELECT *, 1 AS n FROM live.came QUALIFY row_number() OVER
      (PARTITION BY ${columnList(this.#rows.keys)} ORDER BY ${order.join(', ')}) = 1`
  }

  /** Where rows tie, the view says nothing about their other columns. */
  #orderColumns(): Sql {
    return columnList(this.#rows.order.map(({ column }) => column))
  }

  async #differing(what: string, columns: Sql, expected: Sql, actual: Sql): Promise<string[]> {
    const summed = (rows: Sql) => rawSql`SELECT ${columns}, sum(n)::INTEGER AS n FROM (${rows}) GROUP BY ALL`
    const rows = await this.session.rows(rawSql`
      SELECT 'missing' AS side, * FROM (${summed(expected)} EXCEPT ${summed(actual)}) UNION ALL
      SELECT 'surplus' AS side, * FROM (${summed(actual)} EXCEPT ${summed(expected)})`)
    return rows.map((row) => `${what}: ${JSON.stringify(row)}`)
  }

  #selectOf(rows: NewTestRows): Sql {
    if (typeof rows === 'string') return rows
    const { columns } = this.#rows
    if (rows.length === 0) return emptyRelation(columns)
    const names = columnList(Object.keys(columns))
    return rawSql`SELECT ${castColumns(columns)} FROM (VALUES ${rows.join(', ')}) AS v(${names})`
  }
}

import type { Session } from '../../duckdb/session.ts'
import type { Sql } from '../../duckdb/sql/sql.ts'
import type { Statements } from '../statements.ts'

// What a model reads, kept as rows arrive: for each portion of new rows, the rows that the relation gained and lost.

/** Rows of the table that a relation is of. */
export interface NewRows {
  /** `added`: what came after the rows that the relation has. `all`: every row; the relation is made anew of them. */
  readonly scope: 'added' | 'all'
  /** The SELECT of them, with at least `columns` of the relation in their declared types: the fewer, the faster. */
  readonly select: Sql
  /** `memory`: the session has read them already. */
  readonly from: 'files' | 'memory'
}

/** New rows that the session has read: all of a portion. */
export interface ReadRows {
  /** Of the temporary table that has them. */
  readonly name: string
  readonly columns: readonly string[]
}

/**
 * What a portion changed. Names are of temporary relations of the session, there once the statements have run and until
 * the next `take`, and have at least the columns that models read.
 */
export interface RelationChange {
  /** After `all`: every row that the relation has, and nothing is lost. What was computed from it before is void. */
  readonly gained: string
  /** Undefined if it lost none. */
  readonly lost: string | undefined
  /** What was read for it, which others may use; undefined if that is not there any more. */
  readonly read: ReadRows | undefined
}

export interface RelationSize {
  /** Rows of the relation; undefined if nobody keeps count, as of a table. */
  readonly keys: number | undefined
  /** Of this process's memory, beside DuckDB's. */
  readonly memoryBytes: number
  /** `index`: keys are looked up in memory. `join`: that would not fit. `none`: nothing has to be looked up. */
  readonly lookup: 'index' | 'join' | 'none'
}

/** Rows that the state in the store has not got yet. */
export interface Unsettled {
  readonly portions: number
  readonly rows: number
}

/** A relation that is kept. All calls run in its owner's session and transaction, one after another. */
export interface KeptRelation {
  readonly name: string
  /** The columns that new rows must have. */
  readonly columns: readonly string[]
  /** Those of them that models can read, in the order in which they settle which of several equal rows is the first. */
  readonly kept: readonly string[]
  /** Whether the state is there for these columns. If not, the first `take` must be of all rows. */
  readonly isBuilt: boolean
  /**
   * The rows that the relation has now, as the name of a temporary view of the session, which has all of them after
   * `settle`: what a group is computed anew from. Undefined for a table: it loses no row, and its rows stand in the
   * files of its table.
   */
  readonly current: string | undefined
  /** Makes that view in another session of the store. */
  showCurrent(session: Session): Promise<void>
  /**
   * Takes the rows of a portion, once in a transaction: after it comes `committed` or `rolledBack`.
   * @param statements  of the transaction; some may wait in it when this returns
   */
  take(rows: NewRows, statements: Statements): Promise<RelationChange>
  /**
   * How to write into the store what only the session has: it is lost with the session, and is taken again from the
   * files of those portions. After it comes `committed` or `rolledBack`.
   */
  settle(): readonly Sql[]
  readonly unsettled: Unsettled
  /** Whether the state in the store has all rows, or will have them once the transaction is committed. */
  readonly isSettled: boolean
  /** The transaction was committed: only now does what is in memory change. */
  committed(): void
  /** The transaction was rolled back: nothing of what was taken in it is left. */
  rolledBack(): void
  /** Its state lacks rows that cannot be told any more: the next `take` must be of all rows. */
  giveUp(): void
  /** Between two portions: looks keys up by joins from here on, so that another relation can have the memory. */
  forgetIndex(): void
  readonly size: RelationSize
}

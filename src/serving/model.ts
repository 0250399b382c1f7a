import type { Columns } from '../columns.ts'
import type { Sql } from '../duckdb/sql/sql.ts'
import type { Reference } from '../tables/engine.ts'

// A live model: a SELECT … GROUP BY whose result is kept as rows arrive.

/** What a model reads: a table of the stream that it follows, or the first rows of one. */
export type LiveRelation = TableRelation | FirstRelation

/** All rows of a table. */
export interface TableRelation {
  readonly kind: 'table'
  /** As a model's FROM names it: the table's name. */
  readonly name: string
  readonly table: string
  readonly columns: Columns
}

/** Of the rows of a table that have the same keys, the first; the view with its name says which that is. */
export interface FirstRelation {
  readonly kind: 'first'
  /** As a model's FROM names it: the view's name. */
  readonly name: string
  readonly table: string
  readonly columns: Columns
  readonly keys: readonly string[]
  readonly order: readonly OrderColumn[]
}

export interface OrderColumn {
  readonly column: string
  readonly isDescending: boolean
  readonly areNullsFirst: boolean
}

/** A column of the partial results, and how those of two sets of rows become that of both. */
export interface PartialColumn {
  readonly name: string
  /** DuckDB's name of its type. */
  readonly type: string
  /** `sum`: added up, and taken away for rows that leave. `min`, `max`: computed anew for a group that loses it. */
  readonly merge: 'sum' | 'min' | 'max'
}

/** A model that can be kept: what its text says, checked, in the parts that keeping it needs. */
export interface LiveModel {
  readonly name: string
  /** Its file, as errors name it. */
  readonly file: string
  readonly text: string
  readonly relation: LiveRelation
  /** The reference tables that it joins. */
  readonly references: readonly Reference[]
  /** The columns of the relation that it reads. */
  readonly reads: readonly string[]
  /** Its groups, as stored: `g0`, `g1`, …, with DuckDB's names of their types. */
  readonly groups: readonly { readonly name: string; readonly type: string }[]
  /** What is stored beside them: `n`, the number of rows, first. */
  readonly partials: readonly PartialColumn[]
  /** Its columns, as its readers see them, with DuckDB's names of their types. */
  readonly columns: Readonly<Record<string, string>>
  /** Which of its columns are the groups, in their order: together, they are the key of a row. */
  readonly keys: readonly string[]
  /** Changes whenever the stored rows have to be computed anew: text, relation, columns, shape of what is stored. */
  readonly hash: string
  /**
   * The SELECT that returns groups and partials of the rows of a relation that has this name.
   * @param groups  a second relation whose columns are called as the groups are stored: only rows of these groups count
   */
  partialsOf(relation: string, groups?: string): Sql
  /** The SELECT that returns the model's columns from a relation of groups and partials, one row a group. */
  resultOf(stored: string): Sql
}

import type { Columns } from '../columns.ts'

/** A list with at least one item. */
export type NonEmpty<T> = readonly [T, ...T[]]

export function eachOf<T, U>([first, ...others]: NonEmpty<T>, make: (item: T) => U): NonEmpty<U> {
  return [make(first), ...others.map(make)]
}

/** A table of the lake, as its config declares it. */
export interface LakeTable {
  readonly name: string
  /** Its folder below the lake's root, which holds its data and the checkpoints of its streams. */
  readonly path: string
  readonly columns: Columns
  readonly partitionBy: readonly string[]
  /** The columns that the rows of a file are sorted by once small files are joined. */
  readonly sortBy: readonly string[]
  /** The stream that writes it together with other tables, or null. */
  readonly owner: string | null
}

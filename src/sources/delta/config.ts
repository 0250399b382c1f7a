export interface DeltaTableConfig<Table extends string = string> extends ReadOptions {
  readonly kind: 'deltaTable'
  readonly table: Table
}

/** How a stream reads a Delta table that another program changes. */
export interface ReadOptions {
  /** Skip commits that rewrite or delete rows, instead of stopping there; false by default. */
  readonly skipChangeCommits?: boolean
  /** What to do about a column that is added to the table: stop there, the default, or go on without it. */
  readonly newColumns?: 'refuse' | 'ignore'
  /**
   * What to do about a column whose type becomes a wider one: stop there, the default, or go on reading it as before. A
   * value that does not fit then makes its batch fail.
   */
  readonly widenedTypes?: 'refuse' | 'ignore'
}

/** The new rows of a table of the lake. */
export function deltaTable<const Table extends string>(
  table: Table,
  options: ReadOptions = {},
): DeltaTableConfig<Table> {
  return { ...options, kind: 'deltaTable', table }
}

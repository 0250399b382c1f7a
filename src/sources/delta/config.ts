export interface DeltaTableConfig<Table extends string = string> {
  readonly kind: 'deltaTable'
  readonly table: Table
  /** Skip commits that rewrite or delete rows, instead of stopping there; false by default. */
  readonly skipChangeCommits?: boolean
}

/** The new rows of a table of the lake. */
export function deltaTable<const Table extends string>(
  table: Table,
  options: { skipChangeCommits?: boolean } = {},
): DeltaTableConfig<Table> {
  return { ...options, kind: 'deltaTable', table }
}

export interface DeltaTableConfig<Table extends string = string> {
  readonly kind: 'deltaTable'
  readonly table: Table
  /** Pass over commits that rewrite or delete rows, instead of stopping there; false where left out. */
  readonly skipChangeCommits?: boolean
}

/** New rows of a table of the lake. */
export function deltaTable<const Table extends string>(
  table: Table,
  options: { skipChangeCommits?: boolean } = {},
): DeltaTableConfig<Table> {
  return { ...options, kind: 'deltaTable', table }
}

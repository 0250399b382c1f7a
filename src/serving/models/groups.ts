import type { Functions } from '../../duckdb/functionKinds.ts'
import { listIn, nodeIn, type ParseNode, textIn } from '../../duckdb/parseTree.ts'
import { columnRefsIn, type Names } from './columns.ts'
import { assertStable } from './expressions.ts'
import { type ModelText, refuse } from './modelText.ts'

const GROUP = 'Group by a column, or by an expression of columns.'

/**
 * The expressions that a model groups by, each once, aliases resolved.
 * @param items  those of the SELECT, aliases resolved
 * @throws LakeError LAKE_SQL_INVALID where there is no plain GROUP BY
 */
export function readGroups(
  text: ModelText,
  query: ParseNode,
  items: readonly ParseNode[],
  names: Names,
  functions: Functions,
): readonly ParseNode[] {
  const handling = textIn(query, 'aggregate_handling')
  const given = listIn(query, 'group_expressions')
  const isAll = handling === 'FORCE_AGGREGATES'
  if (!isAll && (handling !== 'STANDARD_HANDLING' || given.length === 0)) {
    const remedy = 'End it with GROUP BY ALL, and name what to group by in the SELECT; the panel adds the groups up.'
    refuse(text, text.sql.startOf(query.select_list), 'it has no GROUP BY', remedy)
  }
  if (!isAll) assertOneGrouping(text, query, given)
  const expressions = isAll
    ? items.filter((item) => !hasAggregate(text, item, functions))
    : given.map((group) => groupOf(text, group, items, names))
  const groups = new Map(expressions.map((group) => [names.meaningOf(group), { ...group, alias: '' }]))
  const found = [...groups.values()]
  // Without one, there is a group even where there is no row.
  if (!found.some((group) => !columnRefsIn(group).next().done)) {
    refuse(text, text.sql.startOf(query.select_list), 'it groups by no column', GROUP)
  }
  return found
}

export function hasAggregate(text: ModelText, item: ParseNode, functions: Functions): boolean {
  let found = false
  assertStable(text, item, functions, () => {
    found = true
  })
  return found
}

function assertOneGrouping(text: ModelText, query: ParseNode, given: readonly ParseNode[]): void {
  const sets = Array.isArray(query.group_sets) ? query.group_sets : []
  const [set] = sets
  if (sets.length === 1 && Array.isArray(set) && set.length === given.length) return
  const at = text.sql.keywordBefore(/\bgroup\b/gi, text.sql.startOf(given))
  refuse(
    text,
    at,
    'ROLLUP, CUBE and GROUPING SETS are several GROUP BY in one',
    'Group by all the columns; the panel adds the groups up.',
  )
}

function groupOf(text: ModelText, group: ParseNode, items: readonly ParseNode[], names: Names): ParseNode {
  if (group.class !== 'CONSTANT') return names.withoutAliases(group)
  const value = nodeIn(group, 'value') ?? {}
  const isPosition = nodeIn(value, 'type')?.id === 'INTEGER' && typeof value.value === 'number'
  const item = isPosition ? items[Number(value.value) - 1] : undefined
  if (item === undefined) refuse(text, text.sql.startOf(group), 'it groups by a constant', GROUP)
  return item
}

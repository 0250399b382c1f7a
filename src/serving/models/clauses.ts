import { listIn, nodeIn, type ParseNode, textIn } from '../../duckdb/parseTree.ts'
import { assertOnlyKeys, IN_THE_PANEL, isDefault, type ModelText, refuse } from './modelText.ts'

const QUERY_KEYS: ReadonlySet<string> = new Set([
  'type',
  'from_table',
  'select_list',
  'where_clause',
  'group_expressions',
  'group_sets',
  'aggregate_handling',
])

/** Refuses every clause but SELECT, FROM, WHERE and a plain GROUP BY. */
export function assertClauses(text: ModelText, query: ParseNode): void {
  const { sql } = text
  const type = textIn(query, 'type')
  if (type === 'SET_OPERATION_NODE') {
    const start = sql.startOf(nodeIn(query, 'right') ?? {})
    const at = sql.keywordBefore(/\b(union|except|intersect)\b/gi, start)
    const operation = textIn(query, 'setop_type').replace('_BY_NAME', '')
    refuse(
      text,
      at,
      `${operation} puts two queries together`,
      'Make a model of each, and put them together in the panel.',
    )
  }
  if (type !== 'SELECT_NODE') refuse(text, sql.startOf(query), `${type} is not kept`, 'Write one SELECT … GROUP BY.')
  const ctes = listIn(nodeIn(query, 'cte_map') ?? {}, 'map')
  if (ctes.length > 0) {
    const name = textIn(ctes[0] ?? {}, 'key')
    const at = sql.keywordBefore(/\bwith\b/gi, sql.startOf(ctes[0]))
    refuse(
      text,
      at,
      `WITH ${name} is a second query`,
      `Write one SELECT over a table or a view of first rows. ${IN_THE_PANEL}`,
    )
  }
  refuseClause(text, query, 'having', /\bhaving\b/gi, 'HAVING drops groups that may come back')
  refuseClause(text, query, 'qualify', /\bqualify\b/gi, 'QUALIFY looks at other rows')
  if (!isDefault(query.sample)) {
    const at = sql.keywordAfter(/\b(using\s+sample|tablesample)\b/gi, sql.startOf(query))
    refuse(text, at, 'a sample is another one each time', 'Leave it out.')
  }
  refuseModifiers(text, query)
  const { modifiers: _, cte_map: __, ...others } = query
  assertOnlyKeys(text, others, QUERY_KEYS)
}

function refuseClause(text: ModelText, query: ParseNode, key: string, keyword: RegExp, what: string): void {
  const clause = query[key]
  if (isDefault(clause)) return
  refuse(text, text.sql.keywordBefore(keyword, text.sql.startOf(clause)), what, IN_THE_PANEL)
}

/** Keyword of each thing that follows a query. */
const MODIFIERS: ReadonlyMap<string, readonly [string, RegExp]> = new Map([
  ['ORDER_MODIFIER', ['ORDER BY', /\border\b/gi]],
  ['DISTINCT_MODIFIER', ['DISTINCT', /\bdistinct\b/gi]],
  ['LIMIT_MODIFIER', ['LIMIT', /\b(limit|offset|fetch)\b/gi]],
  ['LIMIT_PERCENT_MODIFIER', ['LIMIT', /\b(limit|offset|fetch)\b/gi]],
])

function refuseModifiers(text: ModelText, query: ParseNode): void {
  const { sql } = text
  for (const modifier of listIn(query, 'modifiers')) {
    const type = textIn(modifier, 'type')
    const [named, keyword] = MODIFIERS.get(type) ?? [type, /$^/g]
    const name = named === 'LIMIT' && isDefault(modifier.limit) ? 'OFFSET' : named
    const start = sql.startOf(modifier) ?? sql.startOf(query.select_list)
    refuse(text, sql.keywordBefore(keyword, start), `${name} belongs to what reads the model`, IN_THE_PANEL)
  }
}

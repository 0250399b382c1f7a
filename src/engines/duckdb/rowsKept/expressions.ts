import {
  EXPRESSION_KEYS,
  folded,
  isNode,
  listIn,
  nodeIn,
  nodesBelow,
  type ParseNode,
  textIn,
  textsIn,
} from '../../../duckdb/parseTree.ts'
import { assertKnownKeys, type Proof, refuse, relationOf, type Scope, scopeWithin } from './proof.ts'

// Refuses an expression that may change the rows for which it is computed.

/**
 * The relations of a subquery and of the subqueries around it, by their alias: each with the columns that it certainly
 * has. An aggregate may read only those.
 */
type Own = ReadonlyMap<string, ReadonlySet<string>>

const OPERATORS: ReadonlySet<string> = new Set([
  'OPERATOR_NOT',
  'OPERATOR_IS_NULL',
  'OPERATOR_IS_NOT_NULL',
  'OPERATOR_COALESCE',
  'OPERATOR_NULLIF',
  'OPERATOR_TRY',
  'OPERATOR_UNPACK',
  'COMPARE_IN',
  'COMPARE_NOT_IN',
  'ARRAY_CONSTRUCTOR',
  'ARRAY_EXTRACT',
  'ARRAY_SLICE',
  'STRUCT_EXTRACT',
])

const IN_A_VIEW = 'Compute it in a view or a report over the table.'
const REFERENCES_ALONE = 'Let it read only references.'
const OTHERWISE = 'Write it another way.'

/** Checks that all expressions in a value have one value for each row, and change the number of no row. */
export function assertPerRow(proof: Proof, value: unknown, scope: Scope): void {
  check(proof, value, scope, undefined)
}

/** @param own  what the subqueries around the value read; undefined outside a subquery */
function check(proof: Proof, value: unknown, scope: Scope, own: Own | undefined): void {
  if (Array.isArray(value)) {
    for (const item of value) check(proof, item, scope, own)
    return
  }
  if (!isNode(value)) return
  const node = value
  const kind = textIn(node, 'class')
  if (kind === 'SUBQUERY') {
    assertKnownKeys(proof, node, EXPRESSION_KEYS.get(kind) ?? new Set())
    check(proof, node.child, scope, own)
    checkSubquery(proof, nodeIn(nodeIn(node, 'subquery') ?? {}, 'node') ?? {}, scope, own ?? new Map())
    return
  }
  if (kind !== '') checkClass(proof, node, kind, own)
  for (const [key, item] of Object.entries(node)) if (key !== 'value' || kind === '') check(proof, item, scope, own)
}

function checkClass(proof: Proof, node: ParseNode, kind: string, own: Own | undefined): void {
  if (kind === 'WINDOW') {
    const what =
      own === undefined ? 'depends on which rows come in one batch' : 'is not known to keep rows in a subquery'
    refuse(proof, proof.sql.startOf(node), `${calledName(node)}() OVER (…) ${what}`, IN_A_VIEW)
  }
  const keys = EXPRESSION_KEYS.get(kind)
  const type = textIn(node, 'type')
  if (keys === undefined || (kind === 'OPERATOR' && !OPERATORS.has(type))) {
    refuse(proof, proof.sql.startOf(node), `${type === '' ? kind : type} is not known to keep rows`, OTHERWISE)
  }
  assertKnownKeys(proof, node, keys)
  if (kind === 'FUNCTION') checkFunction(proof, node, own)
}

function checkFunction(proof: Proof, node: ParseNode, own: Own | undefined): void {
  const name = calledName(node)
  const kind = proof.functions.kindOf(textIn(node, 'function_name'))
  if (kind === 'unknown') {
    refuse(
      proof,
      proof.sql.placeOf(node),
      `${name}() is not known to return one value for each row`,
      'Use another function.',
    )
  }
  const isOrdered = listIn(nodeIn(node, 'order_bys') ?? {}, 'orders').length > 0
  const isAggregate = kind === 'aggregate' || node.filter !== undefined || node.distinct === true || isOrdered
  if (own === undefined) {
    if (kind === 'rows')
      refuse(proof, proof.sql.placeOf(node), `${name}() makes several rows of one, or none`, IN_A_VIEW)
    if (isAggregate) refuse(proof, proof.sql.placeOf(node), `${name}() makes one row of many`, IN_A_VIEW)
    return
  }
  const outer = isAggregate ? outerColumn(node, own) : undefined
  if (outer === undefined) return
  // An aggregate that reads only columns of the outer query makes one row of that query's rows.
  const what = `${name}() in a subquery reads ${outer}, which may be a column outside it`
  refuse(proof, proof.sql.placeOf(node), what, 'Write the column with the name of its table in the subquery.')
}

function calledName(node: ParseNode): string {
  const name = textIn(node, 'function_name')
  return name === 'count_star' ? 'count' : name
}

/** The first column that is not certain to be the subquery's own. */
function outerColumn(call: ParseNode, own: Own): string | undefined {
  for (const node of nodesBelow(call)) {
    if (node.class === 'STAR') return '*'
    if (node.class !== 'COLUMN_REF') continue
    const names = textsIn(node, 'column_names')
    const [first = '', second] = names.map(folded)
    const isOwn =
      second === undefined
        ? [...own.values()].some((columns) => columns.has(first))
        : (own.get(first)?.has(second) ?? false)
    if (!isOwn) return names.join('.')
  }
  return undefined
}

/**
 * A subquery is a value of its row: it may filter and aggregate what it reads. It may neither read the rows of the
 * batch again nor contain an aggregate that belongs to the query around it.
 * @returns columns that its rows certainly have
 */
function checkSubquery(proof: Proof, query: ParseNode, around: Scope, outer: Own): ReadonlySet<string> {
  const scope = scopeWithin(proof, query, around)
  const type = textIn(query, 'type')
  if (type === 'SET_OPERATION_NODE') {
    const columns = checkSubquery(proof, nodeIn(query, 'left') ?? {}, scope, outer)
    checkSubquery(proof, nodeIn(query, 'right') ?? {}, scope, outer)
    check(proof, query.modifiers, scope, outer)
    return columns
  }
  if (type !== 'SELECT_NODE') {
    return refuse(proof, proof.sql.startOf(query), `a subquery with ${type} is not known to keep rows`, OTHERWISE)
  }
  const own = new Map(outer)
  const from = checkFrom(proof, nodeIn(query, 'from_table') ?? {}, scope, own)
  const { cte_map: _, from_table: __, ...clauses } = query
  check(proof, clauses, scope, own)
  return columnsOf(listIn(query, 'select_list'), from)
}

/** Names that the expressions of a SELECT certainly return. */
export function columnsOf(expressions: readonly ParseNode[], from: ReadonlySet<string>): ReadonlySet<string> {
  const columns = new Set<string>()
  for (const node of expressions) {
    if (isPlainStar(node)) for (const column of from) columns.add(column)
    const named = textIn(node, 'alias') || (node.class === 'COLUMN_REF' ? textsIn(node, 'column_names').at(-1) : '')
    if (named !== undefined && named !== '') columns.add(folded(named))
  }
  return columns
}

/** All columns as they are, of all relations. */
export function isPlainStar(node: ParseNode): boolean {
  return node.class === 'STAR' && Object.keys(node).every((key) => STAR_ALONE.has(key))
}

const STAR_ALONE: ReadonlySet<string> = new Set(['class', 'type', 'query_location'])

/**
 * Checks what a subquery reads, and adds it to `own`.
 * @returns columns that it certainly has
 */
function checkFrom(proof: Proof, table: ParseNode, scope: Scope, own: Map<string, ReadonlySet<string>>): Set<string> {
  if (textIn(table, 'type') === 'JOIN') {
    const left = checkFrom(proof, nodeIn(table, 'left') ?? {}, scope, own)
    const right = checkFrom(proof, nodeIn(table, 'right') ?? {}, scope, own)
    check(proof, table.condition, scope, own)
    return new Set([...left, ...right])
  }
  const given = checkRelation(proof, table, scope, own)
  const renamed = textsIn(table, 'column_name_alias')
  const columns = new Set(renamed.length === 0 ? given : renamed.map(folded))
  own.set(folded(textIn(table, 'alias') || textIn(table, 'table_name')), columns)
  return columns
}

/** Functions in a FROM that read nothing but their arguments. */
const LIST_FUNCTIONS: ReadonlySet<string> = new Set(['unnest', 'range', 'generate_series'])

function checkRelation(proof: Proof, table: ParseNode, scope: Scope, own: Own): ReadonlySet<string> {
  const type = textIn(table, 'type')
  const at = proof.sql.startOf(table)
  const none: ReadonlySet<string> = new Set()
  switch (type) {
    case 'SUBQUERY':
      return checkSubquery(proof, nodeIn(nodeIn(table, 'subquery') ?? {}, 'node') ?? {}, scope, own)
    case 'TABLE_FUNCTION': {
      const call = nodeIn(table, 'function') ?? {}
      const name = textIn(call, 'function_name')
      if (!LIST_FUNCTIONS.has(name))
        refuse(proof, at, `a subquery reads ${name}(), which is not a reference`, REFERENCES_ALONE)
      check(proof, listIn(call, 'children'), scope, own)
      return none
    }
    case 'EXPRESSION_LIST':
      check(proof, table.values, scope, own)
      return none
    case 'EMPTY':
      return none
    case 'BASE_TABLE': {
      const relation = relationOf(proof, table, scope)
      if (relation.kind === 'cte') {
        const { query, scope: seen, columns } = relation.cte
        const given = checkSubquery(proof, query, seen, new Map())
        return columns.length === 0 ? given : new Set(columns.map(folded))
      }
      if (relation.kind === 'reference') return new Set(Object.keys(relation.reference.columns).map(folded))
      const isSource = relation.kind === 'source'
      const what = isSource ? 'of which it would see only one batch' : 'which is not a reference'
      return refuse(proof, at, `a subquery reads ${textIn(table, 'table_name')}, ${what}`, REFERENCES_ALONE)
    }
    default:
      return refuse(proof, at, `a subquery over ${type} is not known to keep rows`, REFERENCES_ALONE)
  }
}

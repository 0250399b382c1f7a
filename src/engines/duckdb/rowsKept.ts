import { functionKinds } from '../../duckdb/functionKinds.ts'
import {
  folded,
  listIn,
  nodeIn,
  nodesBelow,
  type ParseNode,
  parseStatements,
  SqlText,
  textIn,
  textsIn,
} from '../../duckdb/parseTree.ts'
import type { Session } from '../../duckdb/session.ts'
import { joinOnKey } from '../../duckdb/sql/parseTree.ts'
import type { Reference, SqlFile } from '../../tables/engine.ts'
import { assertPerRow, columnsOf, isPlainStar } from './rowsKept/expressions.ts'
import { assertKnownKeys, type Proof, refuse, relationOf, type Scope, scopeWithin } from './rowsKept/proof.ts'

// Proves that in a SELECT each row of the source becomes one row. It is an allow-list: whatever it does not know is
// refused. What it allows can lose no row, so that rows which a join would double show in the count of the batch: rows
// in = rows out then means one to one. (A key may be unique and yet be found twice, by a COLLATE or a cast.)

/**
 * Proves that a SELECT, which is known to bind, keeps the rows of its source one to one.
 * @throws LakeError LAKE_SQL_INVALID naming the file, the line and the column, and the way to write it
 */
export async function assertRowsKept(
  session: Session,
  select: SqlFile,
  source: string,
  references: readonly Reference[],
): Promise<void> {
  const statements = (await parseStatements(session, select.text)) ?? []
  const functions = await functionKinds(session, statements)
  const proof: Proof = { name: select.name, sql: new SqlText(select.text), source, references, functions }
  const query = nodeIn(statements[0] ?? {}, 'node')
  if (query === undefined || statements.length > 1) {
    refuse(proof, undefined, 'it is not known to keep rows', `Write it as one query over ${source}.`)
  }
  assertQuery(proof, query, new Map())
}

const QUERY_KEYS: ReadonlySet<string> = new Set([
  'type',
  'cte_map',
  'from_table',
  'select_list',
  'where_clause',
  'group_expressions',
  'group_sets',
  'aggregate_handling',
  'having',
  'qualify',
  'sample',
  'modifiers',
])

const BY_DESTINATION = 'Send the rows that it drops to a table of their own, by the column destination.'
const IN_A_VIEW = 'Do it in a view or a report over the table.'

function assertQuery(proof: Proof, query: ParseNode, around: Scope): void {
  const type = textIn(query, 'type')
  const scope = scopeWithin(proof, query, around)
  if (type === 'SET_OPERATION_NODE') refuseSetOperation(proof, query)
  if (type !== 'SELECT_NODE') {
    const what = type === 'RECURSIVE_CTE_NODE' ? 'a recursive WITH makes rows of its own' : `${type} may change rows`
    refuse(proof, proof.sql.startOf(query), what, `Write it as one query over ${proof.source}.`)
  }
  assertKnownKeys(proof, query, QUERY_KEYS)
  assertFrom(proof, nodeIn(query, 'from_table') ?? {}, scope, proof.sql.startOf(query))
  assertPerRow(proof, query.select_list, scope)
  refuseClauses(proof, query)
  refuseModifiers(proof, query)
  assertPerRow(proof, query.modifiers, scope)
}

function refuseSetOperation(proof: Proof, query: ParseNode): never {
  const operation = textIn(query, 'setop_type').replace('_BY_NAME', '')
  const right = nodeIn(query, 'right') ?? {}
  // A FROM without a SELECT has no position before what it reads.
  const start = proof.sql.startOf(right)
  const at = proof.sql.keywordBefore(/\b(union|except|intersect)\b/gi, start)
  if (operation !== 'UNION') refuse(proof, at, `${operation} drops rows`, BY_DESTINATION)
  refuse(proof, at, 'UNION adds rows to those of the source', `Read ${proof.source} once, and use CASE.`)
}

/** Refuses clauses that drop rows or combine them. */
function refuseClauses(proof: Proof, query: ParseNode): void {
  const { sql } = proof
  const { where_clause: where, group_expressions: groups, having, qualify, sample } = query
  const body = sql.startOf(query.select_list) ?? sql.startOf(query.from_table)
  if (where !== undefined) {
    refuse(proof, sql.keywordBefore(/\bwhere\b/gi, sql.startOf(where)), 'WHERE drops rows', BY_DESTINATION)
  }
  if (groups !== undefined || query.group_sets !== undefined) {
    const at = sql.keywordBefore(/\bgroup\b/gi, sql.startOf(groups)) ?? sql.keywordAfter(/\bgroup\b/gi, body)
    refuse(proof, at, 'GROUP BY makes one row of many', IN_A_VIEW)
  }
  if (query.aggregate_handling !== 'STANDARD_HANDLING') {
    refuse(proof, sql.keywordAfter(/\bgroup\b/gi, body), 'GROUP BY makes one row of many', IN_A_VIEW)
  }
  if (having !== undefined) {
    refuse(proof, sql.keywordBefore(/\bhaving\b/gi, sql.startOf(having)), 'HAVING drops rows', BY_DESTINATION)
  }
  if (qualify !== undefined) {
    refuse(proof, sql.keywordBefore(/\bqualify\b/gi, sql.startOf(qualify)), 'QUALIFY drops rows', IN_A_VIEW)
  }
  if (sample !== undefined) {
    const at = sql.keywordAfter(/\b(using\s+sample|tablesample)\b/gi, body)
    refuse(proof, at, 'a sample drops rows', 'Take it in a view or a query.')
  }
}

/** Refuses what follows a query, except ORDER BY, which keeps rows. */
function refuseModifiers(proof: Proof, query: ParseNode): void {
  const { sql } = proof
  for (const modifier of listIn(query, 'modifiers')) {
    const type = textIn(modifier, 'type')
    if (type === 'ORDER_MODIFIER') continue
    if (type === 'DISTINCT_MODIFIER') {
      const start = sql.startOf(modifier) ?? sql.startOf(query.select_list)
      refuse(proof, sql.keywordBefore(/\bdistinct\b/gi, start), 'DISTINCT drops rows', IN_A_VIEW)
    }
    if (type === 'LIMIT_MODIFIER' || type === 'LIMIT_PERCENT_MODIFIER') {
      const keyword = modifier.limit === undefined ? 'OFFSET' : 'LIMIT'
      const pattern = keyword === 'LIMIT' ? /\b(limit|fetch)\b/gi : /\boffset\b/gi
      const at = sql.keywordBefore(pattern, sql.startOf(modifier.limit ?? modifier.offset))
      refuse(proof, at, `${keyword} drops rows`, IN_A_VIEW)
    }
    refuse(proof, sql.startOf(modifier), `${type} is not known to keep rows`, 'Leave it out.')
  }
}

const TABLE_KEYS: ReadonlySet<string> = new Set([
  'type',
  'alias',
  'query_location',
  'sample',
  'catalog_name',
  'schema_name',
  'table_name',
  'column_name_alias',
  'subquery',
])

/** What makes rows of its own in a FROM, by its node's type. */
const MAKES_ROWS: ReadonlyMap<string, string> = new Map([
  ['EXPRESSION_LIST', 'VALUES'],
  ['PIVOT', 'PIVOT or UNPIVOT'],
  ['SHOW_REF', 'DESCRIBE or SUMMARIZE'],
])

/**
 * Checks that a FROM returns the rows of the source one to one.
 * @param at  where the query begins, for a FROM that has no position
 * @returns the columns that a USING has merged: their plain names mean those of the left side
 */
function assertFrom(proof: Proof, table: ParseNode, scope: Scope, at: number | undefined): ReadonlySet<string> {
  const type = textIn(table, 'type')
  const start = proof.sql.startOf(table) ?? at
  const once = `Read ${proof.source} here.`
  if (type === 'JOIN') return assertJoin(proof, table, scope, at)
  if (type === 'EMPTY') refuse(proof, start, `it does not read ${proof.source}`, once)
  if (type === 'TABLE_FUNCTION') {
    const name = textIn(nodeIn(table, 'function') ?? {}, 'function_name')
    refuse(proof, start, `${name}() makes rows of its own`, once)
  }
  if (type !== 'BASE_TABLE' && type !== 'SUBQUERY') {
    const what = MAKES_ROWS.get(type)
    refuse(proof, start, what === undefined ? `${type} may change rows` : `${what} makes rows of its own`, once)
  }
  assertUnsampled(proof, table)
  assertKnownKeys(proof, table, TABLE_KEYS)
  if (type === 'SUBQUERY') {
    assertQuery(proof, nodeIn(nodeIn(table, 'subquery') ?? {}, 'node') ?? {}, scope)
    return new Set()
  }
  const relation = relationOf(proof, table, scope)
  if (relation.kind === 'cte') assertQuery(proof, relation.cte.query, relation.cte.scope)
  const name = textIn(table, 'table_name')
  if (relation.kind === 'reference') {
    refuse(proof, start, `it reads ${name} where it must read ${proof.source}`, joinRemedy(relation.reference))
  }
  if (relation.kind === 'other') {
    const path = [textIn(table, 'catalog_name'), textIn(table, 'schema_name'), name].filter((step) => step !== '')
    refuse(proof, start, `it reads ${path.join('.')}, which is neither ${proof.source} nor a reference`, once)
  }
  return new Set()
}

function assertUnsampled(proof: Proof, table: ParseNode): void {
  if (table.sample === undefined) return
  const at = proof.sql.keywordAfter(/\btablesample\b/gi, proof.sql.startOf(table))
  refuse(proof, at, 'a sample drops rows', 'Take it in a view or a query.')
}

const JOIN_KEYS: ReadonlySet<string> = new Set([
  'type',
  'query_location',
  'left',
  'right',
  'condition',
  'join_type',
  'ref_type',
  'using_columns',
])

/** Rows in which each key occurs at most once. */
interface KeyedRows {
  readonly reference: Reference
  readonly alias: string
  readonly columns: ReadonlySet<string>
  /** The folded name of the column that is the reference's key. */
  readonly key: string
}

function assertJoin(proof: Proof, join: ParseNode, scope: Scope, at: number | undefined): ReadonlySet<string> {
  const { sql } = proof
  const [left, right] = [nodeIn(join, 'left') ?? {}, nodeIn(join, 'right') ?? {}]
  const merged = assertFrom(proof, left, scope, at)
  const start = typeof join.query_location === 'number' ? join.query_location : sql.startOf(right)
  assertKnownKeys(proof, join, JOIN_KEYS)
  if (readsSource(proof, right, scope)) {
    refuse(proof, start, `it joins ${proof.source} a second time`, `Read ${proof.source} once, and join references.`)
  }
  if (right.type === 'TABLE_FUNCTION') {
    const name = textIn(nodeIn(right, 'function') ?? {}, 'function_name')
    refuse(proof, sql.startOf(right), `${name}() makes rows of its own`, IN_A_VIEW)
  }
  const keyed = keyedRows(proof, right, scope)
  const remedy = joinRemedy(keyed?.reference)
  const fault = joinFault(textIn(join, 'join_type'), textIn(join, 'ref_type'))
  if (fault !== undefined) refuse(proof, start, fault, remedy)
  if (keyed === undefined) {
    refuse(proof, sql.startOf(right) ?? start, 'a join with something other than a reference may add rows', remedy)
  }
  assertUnsampled(proof, right)
  const using = textsIn(join, 'using_columns').map(folded)
  const condition = nodeIn(join, 'condition')
  assertPerRow(proof, condition, scope)
  if (!using.includes(keyed.key) && !conjunctsOf(condition).some((part) => isOnKey(part, keyed, merged))) {
    refuse(proof, start, `a row may match several of ${keyed.alias}, which is not joined on just its key`, remedy)
  }
  return new Set([...merged, ...using])
}

/** What a join other than a plain LEFT JOIN does to rows. */
function joinFault(join: string, kind: string): string | undefined {
  if (kind === 'NATURAL') return 'a NATURAL JOIN depends on which columns there are'
  if (kind === 'CROSS') return 'a cross join pairs every row with every other'
  if (kind !== 'REGULAR') return `a join of the kind ${kind} is not known to keep rows`
  if (join === 'LEFT') return undefined
  if (join === 'RIGHT' || join === 'FULL' || join === 'OUTER') return 'this join adds rows to those of the source'
  return 'this join drops rows'
}

function joinRemedy(reference: Reference | undefined): string {
  if (reference === undefined) return 'Join references of the lake, each on its key.'
  const { name, key } = reference
  return `Write ${joinOnKey(name, key)} instead.`
}

/** The parts of a condition that must all be true. */
function conjunctsOf(condition: ParseNode | undefined): readonly ParseNode[] {
  if (condition === undefined) return []
  return condition.type === 'CONJUNCTION_AND' ? listIn(condition, 'children').flatMap(conjunctsOf) : [condition]
}

/** Whether a comparison is true for at most one row of a reference, whatever row that is joined to. */
function isOnKey(part: ParseNode, keyed: KeyedRows, merged: ReadonlySet<string>): boolean {
  if (part.type !== 'COMPARE_EQUAL' && part.type !== 'COMPARE_NOT_DISTINCT_FROM') return false
  const sides = [nodeIn(part, 'left') ?? {}, nodeIn(part, 'right') ?? {}] as const
  return (
    (isKey(sides[0], keyed, merged) && !mentions(sides[1], keyed, merged)) ||
    (isKey(sides[1], keyed, merged) && !mentions(sides[0], keyed, merged))
  )
}

/** A plain name is the reference's if it has such a column: were there another, DuckDB would have refused the name. */
function isKey(side: ParseNode, { alias, key }: KeyedRows, merged: ReadonlySet<string>): boolean {
  if (side.class !== 'COLUMN_REF') return false
  const names = textsIn(side, 'column_names').map(folded)
  if (names.at(-1) !== key) return false
  return names.length === 1 ? !merged.has(key) : names.length === 2 && names[0] === alias
}

/** Whether a value may depend on the row of the reference. */
function mentions(side: ParseNode, { alias, columns }: KeyedRows, merged: ReadonlySet<string>): boolean {
  for (const node of nodesBelow(side)) {
    if (node.class === 'STAR' || node.class === 'SUBQUERY' || node.class === 'POSITIONAL_REFERENCE') return true
    if (node.class !== 'COLUMN_REF') continue
    const names = textsIn(node, 'column_names').map(folded)
    const before = names.length === 1 ? names : names.slice(0, -1)
    if (before.includes(alias)) return true
    if (names.length === 1 && columns.has(names[0] ?? '') && !merged.has(names[0] ?? '')) return true
  }
  return false
}

/** What is joined, if it is rows with a key: a reference, or a query that filters one and returns its key. */
function keyedRows(proof: Proof, table: ParseNode, scope: Scope): KeyedRows | undefined {
  if (textsIn(table, 'column_name_alias').length > 0) return undefined
  const alias = folded(textIn(table, 'alias') || textIn(table, 'table_name'))
  if (table.type === 'SUBQUERY') {
    const rows = keyedQuery(proof, nodeIn(nodeIn(table, 'subquery') ?? {}, 'node') ?? {}, scope)
    return rows === undefined ? undefined : { ...rows, alias }
  }
  if (table.type !== 'BASE_TABLE') return undefined
  const relation = relationOf(proof, table, scope)
  if (relation.kind === 'cte') {
    const { query, scope: seen, columns } = relation.cte
    const rows = columns.length === 0 ? keyedQuery(proof, query, seen) : undefined
    return rows === undefined ? undefined : { ...rows, alias }
  }
  if (relation.kind !== 'reference') return undefined
  const { reference } = relation
  const columns = new Set(Object.keys(reference.columns).map(folded))
  return { reference, alias, columns, key: folded(reference.key) }
}

const KEYED_QUERY_KEYS: ReadonlySet<string> = new Set([
  'type',
  'cte_map',
  'from_table',
  'select_list',
  'where_clause',
  'aggregate_handling',
  'modifiers',
])

function keyedQuery(proof: Proof, query: ParseNode, around: Scope): KeyedRows | undefined {
  if (query.type !== 'SELECT_NODE' || query.aggregate_handling !== 'STANDARD_HANDLING') return undefined
  if (Object.keys(query).some((key) => !KEYED_QUERY_KEYS.has(key))) return undefined
  const scope = scopeWithin(proof, query, around)
  const from = keyedRows(proof, nodeIn(query, 'from_table') ?? {}, scope)
  if (from === undefined) return undefined
  const expressions = listIn(query, 'select_list')
  assertPerRow(proof, expressions, scope)
  assertPerRow(proof, [query.where_clause, query.modifiers], scope)
  const passed = expressions.find((node) => isPlainStar(node) || isKey(node, from, new Set()))
  if (passed === undefined) return undefined
  const key = folded(textIn(passed, 'alias')) || from.key
  // The name might mean another column that is called the same.
  if (expressions.some((node) => node !== passed && columnsOf([node], new Set()).has(key))) return undefined
  return { ...from, columns: columnsOf(expressions, from.columns), key }
}

/** Whether the source is read anywhere below. */
function readsSource(proof: Proof, value: unknown, scope: Scope): boolean {
  for (const node of nodesBelow(value)) {
    if (node.type !== 'BASE_TABLE') continue
    const relation = relationOf(proof, node, scope)
    if (relation.kind === 'source') return true
    if (relation.kind === 'cte' && readsSource(proof, relation.cte.query, relation.cte.scope)) return true
  }
  return false
}

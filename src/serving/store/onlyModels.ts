import { type Functions, functionKinds } from '../../duckdb/functionKinds.ts'
import {
  folded,
  listIn,
  nodeIn,
  nodesBelow,
  type ParseNode,
  parseStatements,
  SqlText,
  textIn,
} from '../../duckdb/parseTree.ts'
import type { Session } from '../../duckdb/session.ts'
import { STORE } from '../../duckdb/sql/liveStore.ts'
import { builtInRelations } from '../../duckdb/sql/parseTree.ts'
import { requiredText } from '../../duckdb/values.ts'
import { LakeError } from '../../errors.ts'
import { nearestWord } from '../../words.ts'
import type { ServedQuery } from '../reader.ts'

// What a query over the models may be. DuckDB's own parse tree decides: what is not listed here is refused.

/** Kinds of queries, all of which only read. */
const QUERIES: ReadonlySet<string> = new Set(['SELECT_NODE', 'SET_OPERATION_NODE', 'CTE_NODE', 'RECURSIVE_CTE_NODE'])

/** What may stand in a FROM, besides the tables and table functions that are checked by name. */
const SOURCES: ReadonlySet<string> = new Set(['JOIN', 'SUBQUERY', 'EXPRESSION_LIST', 'EMPTY', 'PIVOT'])

/** Other parts of a query: ORDER BY, LIMIT and DISTINCT, what a sort is by, and what the type of a cast is. */
const PARTS = /^(?:\w+_MODIFIER|ASCENDING|DESCENDING|ORDER_DEFAULT|\w+_TYPE_INFO)$/

/** Table functions that read nothing. */
const FUNCTIONS: ReadonlySet<string> = new Set(['range', 'generate_series', 'unnest'])

/** Functions whose result depends on the moment, on which the same query may be answered in another way later. */
const OF_THE_MOMENT: ReadonlySet<string> = new Set([
  'age',
  'ago',
  'current_date',
  'current_localtime',
  'current_localtimestamp',
  'get_current_time',
  'get_current_timestamp',
  'now',
  'today',
  'transaction_timestamp',
])

/** Functions that DuckDB's binder knows and its catalog does not. */
const OF_THE_BINDER: ReadonlySet<string> = new Set(['grouping', 'grouping_id', 'unlist', 'unnest'])

/** A name that DuckDB would never take for that of a file. */
const PLAIN_NAME = /^\w+$/

/**
 * Asserts that a query is one SELECT that reads models alone.
 * @param models  the names that it may read as `live.NAME`
 * @returns those that it reads
 * @throws LakeError LAKE_SQL_INVALID
 */
export async function assertReadsModels(
  session: Session,
  { name, sql }: ServedQuery,
  models: readonly string[],
): Promise<ReadonlySet<string>> {
  const statements = await parseStatements(session, sql)
  if (statements === undefined || statements.length !== 1) {
    throw refused(name, statements === undefined ? 'is not a SELECT' : `has ${statements.length} statements`)
  }
  const text = new SqlText(sql)
  const read = new Set<string>()
  const known = new Map(models.map((model) => [folded(model), model]))
  const local = await namesOfQueries(session, name, statements)
  const functions = await functionKinds(session, statements)
  for (const node of nodesBelow(statements)) {
    const type = textIn(node, 'type')
    if (node.class === 'FUNCTION') assertReadsItsRows(placed(name, node, text), node, functions)
    if (type === '' || node.class !== undefined || QUERIES.has(type) || SOURCES.has(type) || PARTS.test(type)) continue
    const at = placed(name, node, text)
    if (type === 'TABLE_FUNCTION') assertHarmless(at, node)
    else if (type !== 'BASE_TABLE') throw refused(at, NAMED[type] ?? `has ${type.toLowerCase().replaceAll('_', ' ')}`)
    else if (!isLocal(node, local)) read.add(modelOf(at, node, known))
  }
  return read
}

/** The query, and where in it a node is, if DuckDB says so. */
function placed(query: string, node: ParseNode, text: SqlText): string {
  const { query_location: place } = node
  return typeof place === 'number' ? `${query}, ${text.place(place)},` : query
}

/** What people call a part of the tree. */
const NAMED: Readonly<Record<string, string>> = {
  SHOW_REF: 'has a DESCRIBE, SHOW or SUMMARIZE',
}

/** A function may look at settings, at the catalog or at the clock, wait, or change something. */
function assertReadsItsRows(query: string, call: ParseNode, functions: Functions): void {
  const name = folded(textIn(call, 'function_name'))
  if (OF_THE_MOMENT.has(name) || OF_THE_BINDER.has(name) || functions.isStable(name)) return
  throw refused(query, `calls ${name}(), which is not a function of the rows alone`)
}

/** The names that a query defines in its WITH. */
async function namesOfQueries(
  session: Session,
  query: string,
  statements: readonly ParseNode[],
): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for (const node of nodesBelow(statements)) {
    for (const entry of listIn(nodeIn(node, 'cte_map') ?? {}, 'map')) {
      const name = textIn(entry, 'key')
      // Where it is out of scope, DuckDB would look for a file of that name.
      if (!PLAIN_NAME.test(name)) throw refused(query, `calls a query in its WITH ${JSON.stringify(name)}`)
      names.add(folded(name))
    }
  }
  if (names.size === 0) return names
  // There, a relation of DuckDB's own of that name would be read.
  const taken = (await session.rows(builtInRelations)).map((row) => folded(requiredText(row.name, 'a relation')))
  const twin = taken.find((name) => names.has(name))
  if (twin !== undefined) throw refused(query, `calls a query in its WITH ${twin}, as a relation of DuckDB`)
  return names
}

function isLocal(table: ParseNode, local: ReadonlySet<string>): boolean {
  const isPlain = textIn(table, 'schema_name') === '' && textIn(table, 'catalog_name') === ''
  return isPlain && local.has(folded(textIn(table, 'table_name')))
}

function modelOf(query: string, table: ParseNode, known: ReadonlyMap<string, string>): string {
  const [catalog, schema, name] = ['catalog_name', 'schema_name', 'table_name'].map((key) => textIn(table, key))
  const written = [catalog, schema, name].filter((part) => part !== '').join('.')
  const place = [catalog, schema].filter((part) => part !== '').map((part) => folded(part ?? ''))
  const isOfStore = place.join('.') === STORE || place.join('.') === `${STORE}.main`
  const model = isOfStore ? known.get(folded(name ?? '')) : undefined
  if (model !== undefined) return model
  const nearest = nearestWord(name ?? '', [...known.values()])
  const remedy =
    nearest === undefined
      ? `It can read ${[...known.values()].map((one) => `${STORE}.${one}`).join(', ')}.`
      : `Did you mean ${STORE}.${nearest}?`
  throw refused(query, `reads ${written}, which is not a model`, remedy)
}

function assertHarmless(query: string, node: ParseNode): void {
  const call = nodeIn(node, 'function') ?? {}
  const name = folded(textIn(call, 'function_name'))
  const isBuiltIn = textIn(call, 'schema') === '' && textIn(call, 'catalog') === ''
  if (!isBuiltIn || !FUNCTIONS.has(name)) throw refused(query, `reads from ${name}(), which is not a model`)
}

function refused(query: string, what: string, remedy = 'Write one SELECT that reads models alone.'): LakeError {
  return new LakeError('LAKE_SQL_INVALID', `${query} ${what}.`, { state: 'Nothing was run.', remedy })
}

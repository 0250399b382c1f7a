import type { Columns } from '../../columns.ts'
import {
  folded,
  listIn,
  nodeIn,
  type ParseNode,
  parseWholeStatements,
  textIn,
  textsIn,
} from '../../duckdb/parseTree.ts'
import type { Session } from '../../duckdb/session.ts'
import type { SqlFile } from '../../tables/engine.ts'
import { suggestion } from '../../words.ts'
import type { FirstRelation, OrderColumn } from '../model.ts'
import { assertOnlyKeys, isDefault, type ModelText, modelText, refuse } from './modelText.ts'

const FORM =
  'A model reads a view only of the form SELECT * FROM table QUALIFY row_number() OVER (PARTITION BY … ORDER BY …) = 1.'

const QUERY_KEYS: ReadonlySet<string> = new Set(['type', 'select_list', 'from_table', 'aggregate_handling', 'qualify'])
const STAR_KEYS: ReadonlySet<string> = new Set(['class', 'type', 'query_location'])
const TABLE_KEYS: ReadonlySet<string> = new Set(['type', 'alias', 'query_location', 'table_name'])
const WINDOW_KEYS: ReadonlySet<string> = new Set([
  'class',
  'type',
  'query_location',
  'function_name',
  'partitions',
  'orders',
  'start',
  'start_expr',
  'end',
  'end_expr',
  'exclude_clause',
])

/**
 * Reads which rows a view calls first.
 * @param tables  of the stream that live follows
 * @throws LakeError LAKE_SQL_INVALID if the view is of another form
 */
export async function readFirstRelation(
  session: Session,
  view: SqlFile & { readonly view: string },
  tables: readonly { readonly name: string; readonly columns: Columns }[],
): Promise<FirstRelation> {
  const text = modelText(view)
  const statements = (await parseWholeStatements(session, view.text)) ?? []
  const query = nodeIn(statements[0] ?? {}, 'node') ?? {}
  if (statements.length !== 1 || query.type !== 'SELECT_NODE') refuse(text, undefined, 'it is not one SELECT', FORM)
  assertForm(text, query)
  const from = nodeIn(query, 'from_table') ?? {}
  const name = textIn(from, 'table_name')
  const table = tables.find((other) => folded(other.name) === folded(name))
  if (table === undefined) {
    const what = `it reads ${name}, which is no table of the stream that live follows`
    const names = tables.map((other) => other.name)
    return refuse(text, text.sql.startOf(from), what, suggestion(name, names))
  }
  const window = firstRowWindow(text, nodeIn(query, 'qualify') ?? {})
  const columnOf = (node: ParseNode, what: string): string => {
    const names = node.class === 'COLUMN_REF' ? textsIn(node, 'column_names').map(folded) : []
    const column = Object.keys(table.columns).find((other) => folded(other) === names.at(-1))
    const isOfTable = names.length === 1 || (names.length === 2 && names[0] === folded(textIn(from, 'alias') || name))
    if (column !== undefined && isOfTable) return column
    return refuse(text, text.sql.startOf(node), `its ${what} names more than a column`, `Name columns alone. ${FORM}`)
  }
  const keys = listIn(window, 'partitions').map((node) => columnOf(node, 'PARTITION BY'))
  const order = listIn(window, 'orders').map((node) => orderColumn(node, columnOf))
  assertKeys(text, window, keys, table.columns)
  return { kind: 'first', name: view.view, table: table.name, columns: table.columns, keys: [...new Set(keys)], order }
}

function assertForm(text: ModelText, query: ParseNode): void {
  const { sql } = text
  const fault = (what: string, at: number | undefined): void => {
    refuse(text, at, what, FORM)
  }
  const where = query.where_clause
  if (!isDefault(where)) {
    const at = sql.keywordBefore(/\bwhere\b/gi, sql.startOf(where))
    const remedy = `Let the stream send such rows to a table of their own. ${FORM}`
    refuse(text, at, 'it drops rows before it looks for the first', remedy)
  }
  const from = nodeIn(query, 'from_table') ?? {}
  if (from.type !== 'BASE_TABLE') fault('it reads other than one table', sql.startOf(from) ?? sql.startOf(query))
  assertOnlyKeys(text, from, TABLE_KEYS)
  const items = listIn(query, 'select_list')
  const [item] = items
  if (items.length !== 1 || item?.class !== 'STAR')
    fault('it returns other columns than those of its table', sql.startOf(items))
  assertOnlyKeys(text, item ?? {}, STAR_KEYS)
  if (isDefault(query.qualify)) fault('it has no QUALIFY', sql.startOf(query))
  assertOnlyKeys(text, query, QUERY_KEYS)
  if (query.aggregate_handling !== 'STANDARD_HANDLING') fault('it has a GROUP BY', sql.startOf(query))
}

/** The window of `row_number() OVER (…) = 1`. */
function firstRowWindow(text: ModelText, condition: ParseNode): ParseNode {
  const sides = [nodeIn(condition, 'left') ?? {}, nodeIn(condition, 'right') ?? {}]
  const window = sides.find((side) => side.type === 'WINDOW_ROW_NUMBER')
  const one = sides.find((side) => side.class === 'CONSTANT')
  const value = nodeIn(one ?? {}, 'value') ?? {}
  const isOne = value.value === 1 && nodeIn(value, 'type')?.id === 'INTEGER'
  if (window === undefined || !isOne || condition.type !== 'COMPARE_EQUAL') {
    return refuse(text, text.sql.startOf(condition), 'its QUALIFY is not row_number() OVER (…) = 1', FORM)
  }
  assertOnlyKeys(text, window, WINDOW_KEYS)
  const frame = [window.start, window.end, window.exclude_clause ?? 'NO_OTHER'].map(String)
  if (frame.join() !== 'UNBOUNDED_PRECEDING,CURRENT_ROW_RANGE,NO_OTHER') {
    refuse(text, text.sql.startOf(window), 'its window has a frame', `Leave it out. ${FORM}`)
  }
  return window
}

function orderColumn(node: ParseNode, columnOf: (node: ParseNode, what: string) => string): OrderColumn {
  const column = columnOf(nodeIn(node, 'expression') ?? {}, 'ORDER BY')
  // DuckDB's defaults: ascending, and NULL last in either direction.
  return {
    column,
    isDescending: textIn(node, 'type') === 'DESCENDING',
    areNullsFirst: textIn(node, 'null_order').replace('_', ' ') === 'NULLS FIRST',
  }
}

function assertKeys(text: ModelText, window: ParseNode, keys: readonly string[], columns: Columns): void {
  const at = text.sql.startOf(window)
  if (keys.length === 0) refuse(text, at, 'it has no PARTITION BY', `Say which rows are the same. ${FORM}`)
  if (listIn(window, 'orders').length === 0) {
    refuse(text, at, 'it has no ORDER BY', `Say which of the same rows is the first. ${FORM}`)
  }
  const float = keys.find((key) => ['FLOAT', 'DOUBLE'].includes(columns[key] ?? ''))
  if (float === undefined) return
  refuse(text, at, `${float} is a ${columns[float]}, whose values are seldom equal`, 'Take other columns for the keys.')
}

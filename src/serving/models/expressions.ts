import type { Functions } from '../../duckdb/functionKinds.ts'
import { EXPRESSION_KEYS, folded, isNode, type ParseNode, textIn } from '../../duckdb/parseTree.ts'
import { assertOnlyKeys, IN_THE_PANEL, isDefault, type ModelText, refuse, refuseUnstable } from './modelText.ts'

// Refuses an expression whose value is not the same wherever and whenever it is computed from the same row.

const CLASSES: ReadonlySet<string> = new Set([
  'COLUMN_REF',
  'CONSTANT',
  'CAST',
  'COMPARISON',
  'CONJUNCTION',
  'OPERATOR',
  'CASE',
  'BETWEEN',
  'FUNCTION',
])

const OPERATORS: ReadonlySet<string> = new Set([
  'OPERATOR_NOT',
  'OPERATOR_IS_NULL',
  'OPERATOR_IS_NOT_NULL',
  'OPERATOR_COALESCE',
  'OPERATOR_NULLIF',
  'COMPARE_IN',
  'COMPARE_NOT_IN',
  'ARRAY_CONSTRUCTOR',
  'ARRAY_EXTRACT',
  'ARRAY_SLICE',
  'STRUCT_EXTRACT',
])

interface Fault {
  readonly what: string
  readonly instead: string
}

/** What is wrong with a class or an operator that is not kept, by its name. */
const FAULTS: ReadonlyMap<string, Fault> = new Map([
  ['WINDOW', { what: 'a window function looks at other rows', instead: IN_THE_PANEL }],
  ['SUBQUERY', { what: 'a subquery looks at other rows', instead: IN_THE_PANEL }],
  ['STAR', { what: '* changes with the table', instead: 'Name the columns.' }],
  ['POSITIONAL_REFERENCE', { what: 'a column is named by its number', instead: 'Name it.' }],
  ['PARAMETER', { what: 'a model has no parameters', instead: 'Group by the column, and filter in the panel.' }],
  [
    'COLLATE',
    {
      what: 'a collation makes texts equal that are not the same',
      instead: 'Write lower(…), or what it is to ignore.',
    },
  ],
  ['LAMBDA', { what: 'a lambda is not known to be kept', instead: 'Write it without one.' }],
  ['OPERATOR_TRY', { what: 'TRY is not known to be kept', instead: 'Write TRY_CAST, or CASE.' }],
])

/** Checks expressions without aggregates. @throws LakeError LAKE_SQL_INVALID */
export function assertPerRow(text: ModelText, value: unknown, functions: Functions): void {
  assertStable(text, value, functions, (call) => {
    const name = calledName(call)
    refuse(text, text.sql.placeOf(call), `${name}() stands where one row counts`, 'Aggregate in the SELECT alone.')
  })
}

/**
 * Checks expressions in which aggregates may stand.
 * @param onAggregate  called for each aggregate; what is in it is not looked at
 * @throws LakeError LAKE_SQL_INVALID
 */
export function assertStable(
  text: ModelText,
  value: unknown,
  functions: Functions,
  onAggregate: (call: ParseNode) => void,
): void {
  if (Array.isArray(value)) {
    for (const item of value) assertStable(text, item, functions, onAggregate)
    return
  }
  if (!isNode(value)) return
  const kind = textIn(value, 'class')
  if (kind === 'FUNCTION' && isAggregate(value, functions)) {
    onAggregate(value)
    return
  }
  if (kind !== '') assertClass(text, value, kind, functions)
  for (const [key, item] of Object.entries(value)) {
    // A constant and a type say nothing that is computed.
    if (kind !== '' && (key === 'value' || key === 'cast_type')) continue
    assertStable(text, item, functions, onAggregate)
  }
}

/** Takes every function for one that is kept. */
const ANY_FUNCTION: Functions = { kindOf: () => 'scalar', isStable: () => true }

/**
 * Checks what needs no binding: DuckDB may not bind such an expression, and would say something else of it.
 * @throws LakeError LAKE_SQL_INVALID
 */
export function assertClasses(text: ModelText, value: unknown): void {
  assertStable(text, value, ANY_FUNCTION, (call) => {
    const at = text.sql.placeOf(call)
    if (call.export_state === true) refuse(text, at, 'EXPORT_STATE is not kept', 'Leave it out.')
    assertClasses(text, [call.children, call.filter, call.order_bys])
  })
}

function assertClass(text: ModelText, node: ParseNode, kind: string, functions: Functions): void {
  const type = textIn(node, 'type')
  const fault = FAULTS.get(kind) ?? FAULTS.get(type)
  const at = text.sql.startOf(node)
  if (fault !== undefined) refuse(text, at, fault.what, fault.instead)
  if (!CLASSES.has(kind) || (kind === 'OPERATOR' && !OPERATORS.has(type))) {
    refuse(text, at, `${type || kind} is not known to be kept`, 'Write it another way.')
  }
  assertOnlyKeys(text, node, EXPRESSION_KEYS.get(kind) ?? new Set())
  if (kind === 'FUNCTION') assertFunction(text, node, functions)
}

function assertFunction(text: ModelText, node: ParseNode, functions: Functions): void {
  const name = textIn(node, 'function_name')
  const at = text.sql.placeOf(node)
  const path = [textIn(node, 'catalog'), textIn(node, 'schema')].filter((step) => step !== '' && step !== 'main')
  const kind = path.length > 0 ? 'unknown' : functions.kindOf(name)
  if (kind === 'rows') refuse(text, at, `${name}() makes several rows of one`, IN_THE_PANEL)
  if (kind !== 'scalar' || folded(name).startsWith('__internal')) {
    refuse(text, at, `${[...path, name].join('.')}() is not known to be kept`, 'Use another function.')
  }
  if (!functions.isStable(name)) {
    refuseUnstable(text, at, `${name}()`)
  }
}

export function isAggregate(node: ParseNode, functions: Functions): boolean {
  if (node.class !== 'FUNCTION') return false
  if (functions.kindOf(textIn(node, 'function_name')) === 'aggregate') return true
  return ['filter', 'order_bys', 'distinct', 'export_state'].some(
    (key) => node[key] !== undefined && !isDefault(node[key]),
  )
}

export function calledName(node: ParseNode): string {
  const name = textIn(node, 'function_name')
  return name === 'count_star' ? 'count' : name
}

import { EXPRESSION_KEYS, folded, listIn, nodeIn, type ParseNode, textIn, textsIn } from '../../../duckdb/parseTree.ts'
import { typeOfCall, typeOfWindow } from './calls.ts'
import { typeOfCast } from './casts.ts'
import { type Check, columnNamed, refuse, type Scope } from './check.ts'
import type { Argument } from './functions.ts'
import { literalOf } from './literals.ts'
import { common, DIGITS, familyOf, isComparable, NULL, resolved, type Type, UNKNOWN } from './types.ts'

/** How the query in a subquery is looked at. The walk over queries passes it, so that neither imports the other. */
export type TypeOfQuery = (check: Check, query: ParseNode, scope: Scope) => readonly Type[]

/** What an expression may hold where it stands. */
export interface Place {
  readonly scope: Scope
  readonly ofQuery: TypeOfQuery
  /** Whether the expression is all of a WHERE, or one of the conditions there that AND joins. */
  readonly isCondition?: boolean
}

/** The type that an expression has on both engines; notes whatever is not portable in it. */
export function typeOf(check: Check, node: ParseNode, place: Place): Type {
  const inner = { ...place, isCondition: false }
  const kind = textIn(node, 'class')
  const known = EXPRESSION_KEYS.get(kind)
  const unknown = known === undefined ? undefined : Object.keys(node).find((key) => !known.has(key))
  if (unknown !== undefined) return refused(check, node, `"${unknown}" of ${kind}`)
  switch (kind) {
    case 'COLUMN_REF':
      return typeOfColumn(check, node, place.scope)
    case 'CONSTANT':
      return typeOfConstant(check, node)
    case 'CAST':
      return typeOfCast(check, node, (child) => typeOf(check, child, inner))
    case 'COMPARISON':
      return typeOfComparison(check, node, inner)
    case 'BETWEEN':
      for (const bound of ['lower', 'upper']) compare(check, node, [node.input, node[bound]], inner)
      return 'BOOLEAN'
    case 'CONJUNCTION':
      return typeOfConjunction(check, node, place)
    case 'OPERATOR':
      return typeOfOperator(check, node, place)
    case 'CASE':
      return typeOfCase(check, node, inner)
    case 'FUNCTION':
      return typeOfCall(check, node, (child) => argumentOf(check, child, inner))
    case 'WINDOW':
      return typeOfWindow(check, node, (child) => argumentOf(check, child, inner))
    case 'SUBQUERY':
      return typeOfSubquery(check, node, place)
    default:
      return refused(check, node, KINDS.get(kind) ?? textIn(node, 'type'))
  }
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ['STAR', 'COLUMNS or *'],
  ['LAMBDA', 'a lambda'],
  ['COLLATE', 'COLLATE'],
  ['POSITIONAL_REFERENCE', 'a column by its number'],
])

function refused(check: Check, node: ParseNode, what: string): Type {
  refuse(check, node, `${what} is not known to be the same on Spark`, ELSEWHERE)
  return UNKNOWN
}

const ELSEWHERE = 'Write it another way.'

/** An argument of a function, with its value if it is written out. */
function argumentOf(check: Check, node: ParseNode, place: Place): Argument {
  return { type: typeOf(check, node, place), literal: literalOf(node) }
}

function typeOfColumn(check: Check, node: ParseNode, scope: Scope): Type {
  const names = textsIn(node, 'column_names')
  const [name = '', own] = names
  for (let seen: Scope | undefined = scope; seen !== undefined && names.length <= 2; seen = seen.around) {
    if (own === undefined) {
      const found =
        seen.merged.get(folded(name)) ?? seen.relations.flatMap(({ columns }) => columnNamed(columns, name) ?? [])[0]
      if (found !== undefined) return found.type
      const alias = seen.aliases.get(folded(name))
      if (alias !== undefined) return alias
      continue
    }
    const relation = seen.relations.find(({ alias }) => alias === folded(name))
    const found = relation === undefined ? undefined : columnNamed(relation.columns, own)
    if (found !== undefined) return found.type
  }
  if (scope.relations.some(({ columns }) => columns.length === 0)) return UNKNOWN
  const what = /^current_|^localtime/.test(folded(name)) ? 'the clock is read by each engine when it likes' : undefined
  refuse(
    check,
    node,
    what ?? `${names.join('.')} is not known to be the same on Spark`,
    what === undefined
      ? 'Read a column of a relation that the header names.'
      : "Use CAST(getvariable('batch_time') AS DATE).",
  )
  return UNKNOWN
}

function typeOfConstant(check: Check, node: ParseNode): Type {
  const value = nodeIn(node, 'value') ?? {}
  const type = nodeIn(value, 'type') ?? {}
  const id = textIn(type, 'id')
  if (id === 'NULL' || value.is_null === true) return NULL
  if (id === 'INTEGER') return DIGITS
  if (id === 'DECIMAL') {
    const { width, scale } = nodeIn(type, 'type_info') ?? {}
    return `DECIMAL(${width},${typeof scale === 'number' ? scale : 0})`
  }
  if (['VARCHAR', 'BOOLEAN', 'BIGINT', 'DOUBLE'].includes(id)) return id
  return refused(check, node, `a literal of the type ${id}`)
}

function typeOfComparison(check: Check, node: ParseNode, place: Place): Type {
  compare(check, node, [node.left, node.right], place)
  return 'BOOLEAN'
}

/** Texts that both engines read as the same date or time. */
const DATE_TEXT = /^\d{4}-\d\d-\d\d$/
const TIME_TEXT = /^\d{4}-\d\d-\d\d([ T]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00(:00)?)?)?$/

function compare(check: Check, at: ParseNode, sides: readonly unknown[], place: Place): void {
  const nodes = sides.map((side) => (side ?? {}) as ParseNode)
  const [left = UNKNOWN, right = UNKNOWN] = nodes.map((node) => typeOf(check, node, place))
  if (isComparable(left, right)) return
  const [text, other] = left === 'VARCHAR' ? [nodes[0], right] : [nodes[1], left]
  const literal = text === undefined ? undefined : literalOf(text)
  const pattern = other === 'DATE' ? DATE_TEXT : other === 'TIMESTAMPTZ' ? TIME_TEXT : undefined
  if (typeof literal === 'string' && pattern?.test(literal) === true) return
  const what = `${shownType(left)} is compared with ${shownType(right)}, which Spark may read in another way`
  refuse(check, at, what, 'CAST one side to the type of the other.')
}

export function shownType(type: Type): string {
  return resolved(type)
}

function typeOfConjunction(check: Check, node: ParseNode, place: Place): Type {
  const isCondition = place.isCondition === true && node.type === 'CONJUNCTION_AND'
  for (const child of listIn(node, 'children')) assertTruth(check, child, { ...place, isCondition })
  return 'BOOLEAN'
}

export function assertTruth(check: Check, node: ParseNode, place: Place): void {
  const type = typeOf(check, node, place)
  if (['boolean', 'null', 'unknown'].includes(familyOf(type))) return
  refuse(check, node, `${shownType(type)} stands where a truth value is needed`, 'Compare it with something.')
}

function typeOfOperator(check: Check, node: ParseNode, place: Place): Type {
  const inner = { ...place, isCondition: false }
  const children = listIn(node, 'children')
  const [first = {}, second = {}] = children
  switch (textIn(node, 'type')) {
    case 'OPERATOR_NOT':
      assertTruth(check, first, place)
      return 'BOOLEAN'
    case 'OPERATOR_IS_NULL':
    case 'OPERATOR_IS_NOT_NULL':
      typeOf(check, first, inner)
      return 'BOOLEAN'
    case 'OPERATOR_COALESCE':
      return commonOf(check, node, children, inner)
    case 'OPERATOR_NULLIF':
      compare(check, node, [first, second], inner)
      return typeOf(check, first, inner)
    case 'COMPARE_IN':
    case 'COMPARE_NOT_IN':
      for (const other of children.slice(1)) compare(check, node, [first, other], inner)
      return 'BOOLEAN'
    default:
      return refused(check, node, LIST_OPERATORS.get(textIn(node, 'type')) ?? textIn(node, 'type'))
  }
}

const LIST_OPERATORS: ReadonlyMap<string, string> = new Map([
  ['ARRAY_CONSTRUCTOR', 'a list, which Spark writes as array(…),'],
  ['ARRAY_EXTRACT', 'an element by its number, which Spark counts from 0,'],
  ['ARRAY_SLICE', 'a part of a list'],
  ['STRUCT_EXTRACT', 'a field of a struct'],
  ['OPERATOR_TRY', 'TRY'],
])

/** The one type of several values. */
function commonOf(check: Check, at: ParseNode, nodes: readonly ParseNode[], place: Place): Type {
  let type: Type | undefined
  for (const node of nodes) {
    const own = typeOf(check, node, place)
    const both = type === undefined ? own : common(type, own)
    if (both === undefined) {
      const what = `${shownType(type ?? own)} and ${shownType(own)} are mixed, which Spark may do in another way`
      refuse(check, at, what, 'CAST them to one type.')
      return UNKNOWN
    }
    type = both
  }
  return type ?? UNKNOWN
}

function typeOfCase(check: Check, node: ParseNode, place: Place): Type {
  const checks = listIn(node, 'case_checks')
  for (const branch of checks) assertTruth(check, nodeIn(branch, 'when_expr') ?? {}, place)
  const results = [...checks.map((branch) => nodeIn(branch, 'then_expr') ?? {}), nodeIn(node, 'else_expr') ?? {}]
  return commonOf(check, node, results, place)
}

function typeOfSubquery(check: Check, node: ParseNode, place: Place): Type {
  const kind = textIn(node, 'subquery_type')
  const query = nodeIn(nodeIn(node, 'subquery') ?? {}, 'node') ?? {}
  const types = place.ofQuery(check, query, place.scope)
  if (kind === 'SCALAR') return types.length === 1 ? (types[0] ?? UNKNOWN) : refused(check, node, 'this subquery')
  if (kind === 'EXISTS') return 'BOOLEAN'
  const child = nodeIn(node, 'child') ?? {}
  const type = typeOf(check, child, { ...place, isCondition: false })
  if (kind !== 'ANY' || textIn(node, 'comparison_type') !== 'COMPARE_EQUAL') return refused(check, node, 'ANY or ALL')
  if (place.isCondition !== true) {
    const what = 'outside the conditions of a WHERE, IN (SELECT …) is false on Spark where it is NULL in DuckDB'
    refuse(check, node, what, 'Use it in a WHERE, joined by AND, or join the rows.')
  }
  if (!isComparable(type, types[0] ?? UNKNOWN)) {
    refuse(check, node, `${shownType(type)} is looked up among ${shownType(types[0] ?? UNKNOWN)}`, 'CAST one of them.')
  }
  return 'BOOLEAN'
}

import { listIn, nodeIn, type ParseNode, textIn } from '../../../duckdb/parseTree.ts'
import { type Check, refuse } from './check.ts'
import { type Argument, type Call, calledAggregate, calledFunction, calledOperator, isAggregate } from './functions.ts'
import { literalOf } from './literals.ts'
import { isWrittenWithFrom } from './texts.ts'
import { common, DAYS, familyOf, HOURS, quotient, remainder, type Type, UNKNOWN, WHOLE } from './types.ts'

type ArgumentOf = (child: ParseNode) => Argument

/** INTERVAL 1 DAY is parsed as a call of these. */
const INTERVALS: Readonly<Record<string, Type>> = {
  to_years: DAYS,
  to_months: DAYS,
  to_weeks: DAYS,
  to_days: DAYS,
  to_hours: HOURS,
  to_minutes: HOURS,
  to_seconds: HOURS,
}

/** The type that a call of a function or an operator has on both engines. */
export function typeOfCall(check: Check, node: ParseNode, argumentOf: ArgumentOf): Type {
  const name = textIn(node, 'function_name').toLowerCase()
  const children = listIn(node, 'children')
  if (Object.hasOwn(INTERVALS, name)) return intervalOf(check, node, name)
  if (isAggregate(name)) return typeOfAggregate(check, node, name, argumentOf)
  if (node.filter !== undefined || node.distinct === true || hasOrder(node)) {
    refuse(check, node, `${name}() is not known to be the same on Spark`, 'Use count, sum, min or max.')
    return UNKNOWN
  }
  if (name === 'getvariable') return typeOfVariable(check, node, children, argumentOf)
  const given = children.map(argumentOf)
  if (given.some(({ type }) => type === UNKNOWN)) return UNKNOWN
  return typeOrRefusal(check, node, operatorOf(check, node, name, given) ?? calledFunction(name, given))
}

function typeOrRefusal(check: Check, node: ParseNode, call: Call): Type {
  if ('type' in call) return call.type
  refuse(check, node, call.refusal.what, call.refusal.instead)
  return UNKNOWN
}

function operatorOf(check: Check, node: ParseNode, name: string, given: readonly Argument[]): Call | undefined {
  const [left, right] = given
  if (left === undefined) return undefined
  if (right === undefined) {
    const isSigned = (name === '-' || name === '+') && familyOf(left.type) === 'number'
    return isSigned || (name === '~' && isLong(left.type)) ? { type: left.type } : undefined
  }
  switch (name) {
    case '+':
    case '-':
    case '*':
      return calledOperator(name, left, right)
    case '/':
      return divided(node, quotient(left.type, right.type), '/', 'CAST both sides to DOUBLE.')
    case '%':
    case 'mod':
      return divided(node, remainder(left.type, right.type), '%', 'CAST both sides to BIGINT or DOUBLE.')
    case '&':
    case '|': {
      const type = [left.type, right.type].some(isLong) ? common(left.type, right.type) : undefined
      return type === 'INTEGER' || type === 'BIGINT' ? { type } : undefined
    }
    case 'trim':
    case 'ltrim':
    case 'rtrim':
      return isWrittenWithFrom(check.tokens, placeOf(node)) &&
        left.type === 'VARCHAR' &&
        typeof right.literal === 'string'
        ? { type: 'VARCHAR' }
        : undefined
    default:
      return undefined
  }
}

function isLong(type: Type): boolean {
  return type === 'INTEGER' || type === 'BIGINT'
}

function placeOf(node: ParseNode): number | undefined {
  return typeof node.query_location === 'number' ? node.query_location : undefined
}

/** DuckDB divides by 0 to NULL, and Spark fails. */
function divided(node: ParseNode, type: Type | undefined, sign: string, instead: string): Call {
  const divisor = listIn(node, 'children')[1] ?? {}
  if (type === undefined) {
    return { refusal: { what: `${sign} has another type on Spark for these numbers`, instead } }
  }
  if (isNotZero(divisor)) return { type }
  const what = `${sign} by 0 is NULL in DuckDB and an error on Spark`
  return { refusal: { what, instead: `Write … ${sign} nullif(…, 0).` } }
}

function isNotZero(divisor: ParseNode): boolean {
  const { value } = nodeIn(divisor, 'value') ?? {}
  if (divisor.class === 'CONSTANT') return typeof value === 'number' && value !== 0
  const [, zero] = listIn(divisor, 'children')
  return textIn(divisor, 'function_name') === 'nullif' && zero !== undefined && literalOf(zero) === 0
}

function intervalOf(check: Check, node: ParseNode, name: string): Type {
  // INTERVAL 1 DAY: to_days(CAST(trunc(CAST(1 AS DOUBLE)) AS INTEGER)), with casts that nobody has written.
  let value: ParseNode | undefined = node
  while (value !== undefined && value.class !== 'CONSTANT')
    value = nodeIn(value, 'child') ?? listIn(value, 'children')[0]
  if (value !== undefined && typeof nodeIn(value, 'value')?.value === 'number') return INTERVALS[name] ?? UNKNOWN
  refuse(
    check,
    node,
    'an INTERVAL whose length is computed is written in another way on Spark',
    'Write INTERVAL 1 DAY.',
  )
  return UNKNOWN
}

function typeOfVariable(check: Check, node: ParseNode, children: readonly ParseNode[], argumentOf: ArgumentOf): Type {
  const [argument] = children.map(argumentOf)
  if (argument?.literal === 'batch_time') return 'VARCHAR'
  refuse(
    check,
    node,
    'Spark is given no variable but batch_time',
    "Write getvariable('batch_time'), or join a reference.",
  )
  return UNKNOWN
}

function hasOrder(node: ParseNode): boolean {
  return listIn(nodeIn(node, 'order_bys') ?? {}, 'orders').length > 0
}

function typeOfAggregate(check: Check, node: ParseNode, name: string, argumentOf: ArgumentOf): Type {
  const filter = nodeIn(node, 'filter')
  if (filter !== undefined) argumentOf(filter)
  if (hasOrder(node)) {
    refuse(check, node, `an order inside ${name}() is written in another way on Spark`, 'Leave it out.')
    return UNKNOWN
  }
  const given = listIn(node, 'children').map(argumentOf)
  if (given.some(({ type }) => type === UNKNOWN)) return UNKNOWN
  return typeOrRefusal(check, node, calledAggregate(name, given))
}

const WINDOW_KEYS: ReadonlySet<string> = new Set([
  'class',
  'type',
  'alias',
  'query_location',
  'function_name',
  'schema',
  'catalog',
  'children',
  'partitions',
  'orders',
  'start',
  'end',
  'start_expr',
  'end_expr',
  'offset_expr',
  'default_expr',
  'filter_expr',
  'distinct',
])

const FRAME_ENDS: ReadonlySet<string> = new Set([
  'UNBOUNDED_PRECEDING',
  'UNBOUNDED_FOLLOWING',
  'CURRENT_ROW_RANGE',
  'CURRENT_ROW_ROWS',
  'EXPR_PRECEDING_ROWS',
  'EXPR_FOLLOWING_ROWS',
])

const RANKS: ReadonlySet<string> = new Set(['row_number', 'rank', 'dense_rank', 'ntile'])
const OF_ONE_ROW: ReadonlySet<string> = new Set(['lag', 'lead', 'first_value', 'last_value', 'nth_value'])

/** The type of a window function. */
export function typeOfWindow(check: Check, node: ParseNode, argumentOf: ArgumentOf): Type {
  const name = textIn(node, 'function_name').toLowerCase()
  const stray = Object.keys(node).find((key) => !WINDOW_KEYS.has(key))
  if (stray !== undefined || ![node.start, node.end].every((end) => FRAME_ENDS.has(String(end)))) {
    refuse(check, node, `this window of ${name}() is not known to be the same on Spark`, 'Use ROWS BETWEEN … AND ….')
    return UNKNOWN
  }
  for (const part of listIn(node, 'partitions')) argumentOf(part)
  for (const order of listIn(node, 'orders')) assertOrder(check, order, argumentOf)
  const filter = nodeIn(node, 'filter_expr')
  if (filter !== undefined) argumentOf(filter)
  const given = listIn(node, 'children').map(argumentOf)
  if (given.some(({ type }) => type === UNKNOWN)) return UNKNOWN
  if (RANKS.has(name)) return WHOLE
  if (OF_ONE_ROW.has(name)) return typeOfOneRow(check, node, name, given, argumentOf)
  const own = name === 'count' && given.length === 0 ? 'count_star' : name
  if (isAggregate(own)) return typeOrRefusal(check, node, calledAggregate(own, given))
  refuse(check, node, `${name}() OVER (…) is not known to be the same on Spark`, 'Use another window function.')
  return UNKNOWN
}

function typeOfOneRow(
  check: Check,
  node: ParseNode,
  name: string,
  [given]: readonly Argument[],
  argumentOf: ArgumentOf,
): Type {
  const other = nodeIn(node, 'default_expr')
  const type =
    given === undefined ? undefined : other === undefined ? given.type : common(given.type, argumentOf(other).type)
  if (type !== undefined) return type
  refuse(
    check,
    node,
    `${name}() is given another type for rows outside the window`,
    'CAST it to the type of the column.',
  )
  return UNKNOWN
}

/** NULLs come last in DuckDB and first on Spark, unless the order says where. */
export function assertOrder(check: Check, order: ParseNode, argumentOf: ArgumentOf): void {
  const expression = nodeIn(order, 'expression') ?? {}
  if (expression.class === 'STAR') {
    refuse(check, expression, 'ORDER BY ALL puts NULL first on Spark', 'Name the columns, each with NULLS LAST.')
    return
  }
  argumentOf(expression)
  if (order.null_order !== 'ORDER_DEFAULT') return
  refuse(check, expression, 'NULL comes last here in DuckDB, and on Spark first', 'Say NULLS LAST or NULLS FIRST.')
}

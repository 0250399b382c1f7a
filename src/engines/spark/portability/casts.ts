import { nodeIn, type ParseNode, textIn } from '../../../duckdb/parseTree.ts'
import { type Check, refuse } from './check.ts'
import { literalOf } from './literals.ts'
import { writtenType } from './texts.ts'
import { DAYS, familyOf, HOURS, isCastAlike, isDecimal, isInteger, resolved, type Type, UNKNOWN } from './types.ts'

/** Types by the names that mean the same to both engines; with a bracket where digits follow. */
const NAMES: Readonly<Record<string, string>> = {
  BOOLEAN: 'BOOLEAN',
  TINYINT: 'TINYINT',
  SMALLINT: 'SMALLINT',
  INTEGER: 'INTEGER',
  INT: 'INTEGER',
  BIGINT: 'BIGINT',
  FLOAT: 'FLOAT',
  REAL: 'FLOAT',
  DOUBLE: 'DOUBLE',
  STRING: 'VARCHAR',
  DATE: 'DATE',
  'DECIMAL(': 'DECIMAL',
  'NUMERIC(': 'DECIMAL',
}

/** A date as both engines read it. */
const DATE_TEXT = /^\d{4}-\d\d-\d\d$/
/** Intervals as both read them. */
const INTERVAL_TEXT = /^(\d{1,6}) (second|minute|hour|day|week|month|year)s?$/

/** The type of a CAST on both engines. */
export function typeOfCast(check: Check, node: ParseNode, typeOf: (child: ParseNode) => Type): Type {
  const child = nodeIn(node, 'child') ?? {}
  const to = targetOf(node)
  const literal = literalText(child)
  if (literal !== undefined && to === 'BOOLEAN' && (literal === 't' || literal === 'f')) return 'BOOLEAN' // TRUE, FALSE
  if (to === 'INTERVAL') return intervalOf(check, node, literal)
  if (literal !== undefined && to === 'DATE') {
    if (DATE_TEXT.test(literal)) return 'DATE'
    refuse(check, child, `'${literal}' is another date on Spark, or none`, "Write it as '2026-11-22'.")
    return UNKNOWN
  }
  if (isTruthTest(child, node)) return typeOf(child)
  const from = typeOf(child)
  if (!isNamedAlike(check, node, to)) return UNKNOWN
  if (isBatchTime(child) && to === 'DATE') return 'DATE'
  if (isCastAlike(from, to)) return to
  const [what, instead] = reasonOf(from, to)
  refuse(check, node, what, instead)
  return UNKNOWN
}

function targetOf(node: ParseNode): Type {
  const type = nodeIn(node, 'cast_type') ?? {}
  const id = textIn(type, 'id')
  const { width, scale } = nodeIn(type, 'type_info') ?? {}
  if (id === 'TIMESTAMP WITH TIME ZONE') return 'TIMESTAMPTZ'
  return id === 'DECIMAL' ? `DECIMAL(${width},${typeof scale === 'number' ? scale : 0})` : id
}

function literalText(node: ParseNode): string | undefined {
  const literal = literalOf(node)
  return typeof literal === 'string' ? literal : undefined
}

/** `x IS TRUE` is parsed as a comparison of CAST(x AS BOOLEAN), which nobody has written. */
function isTruthTest(child: ParseNode, node: ParseNode): boolean {
  return nodeIn(node, 'cast_type')?.id === 'BOOLEAN' && node.query_location === undefined && child.class !== 'CONSTANT'
}

function isBatchTime(node: ParseNode): boolean {
  return node.class === 'FUNCTION' && textIn(node, 'function_name') === 'getvariable'
}

/** Whether the type is written in a way that Spark reads, too. */
function isNamedAlike(check: Check, node: ParseNode, to: Type): boolean {
  const at = typeof node.query_location === 'number' ? node.query_location : undefined
  const written = writtenType(check.tokens, at)
  const named = written === undefined ? undefined : Object.hasOwn(NAMES, written) ? NAMES[written] : undefined
  if (named !== undefined && to.startsWith(named)) return true
  const name = (written ?? to).replace('(', '')
  if (to === 'VARCHAR') {
    refuse(check, node, `Spark has no type ${name} without a length, or cuts the text to it`, 'CAST it to STRING.')
  } else if (to === 'TIMESTAMP' || to === 'TIMESTAMPTZ') {
    const what = `${name} is ${to === 'TIMESTAMP' ? 'another type' : 'no type'} on Spark`
    refuse(check, node, what, "Read times from columns, and compare them with texts: ts >= '2026-11-22'.")
  } else if (to.startsWith('DECIMAL')) {
    refuse(check, node, 'DECIMAL without digits has others on Spark', 'Write DECIMAL(p,s).')
  } else if (written === undefined) {
    refuse(check, node, 'this CAST is not known to be the same on Spark', 'Write CAST(… AS …).')
  } else {
    refuse(check, node, `${name} is not a type of both engines`, `Use one of ${typeNames()}.`)
  }
  return false
}

function typeNames(): string {
  return 'BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, FLOAT, DOUBLE, DECIMAL(p,s), STRING and DATE'
}

function reasonOf(from: Type, to: Type): readonly [what: string, instead: string] {
  const own = resolved(from)
  const isFraction = isDecimal(from) || from === 'DOUBLE' || from === 'FLOAT'
  if (isFraction && isInteger(to)) {
    const instead = isDecimal(from)
      ? 'Say how: round(x), floor(x) or ceil(x) inside the CAST.'
      : 'Cast where its table is made.'
    return [`DuckDB rounds a ${own} to an integer, and Spark cuts it off`, instead]
  }
  if (from === 'DOUBLE' && (isDecimal(to) || to === 'FLOAT')) {
    return [`the last digit of a DOUBLE as ${to} is not the same on Spark`, 'Declare the column as DECIMAL.']
  }
  if (to === 'VARCHAR')
    return [`a ${own} as text is written in another way on Spark`, 'Leave its text to who reads it.']
  if (from === 'VARCHAR') {
    return [
      `one of them makes a ${to} of texts such as '1e3' or '2026-1', and the other does not`,
      'Cast it where its table is made.',
    ]
  }
  if (familyOf(from) === 'time') return [`a ${own} becomes another ${to} on Spark`, 'Only CAST(… AS DATE) is the same.']
  return [`a CAST from ${own} to ${to} is not known to be the same on Spark`, 'Cast it in steps that are.']
}

function intervalOf(check: Check, node: ParseNode, literal: string | undefined): Type {
  const [, , unit] = INTERVAL_TEXT.exec(literal ?? '') ?? []
  if (unit !== undefined) return ['second', 'minute', 'hour'].includes(unit) ? HOURS : DAYS
  refuse(
    check,
    node,
    'this INTERVAL is not known to be the same on Spark',
    "Write one number and unit: INTERVAL '90 minutes'.",
  )
  return UNKNOWN
}

/**
 * The type of an expression. Those in capitals are the contract's, and the same on both engines; the others are not the
 * same, although the values are, and an expression of such a type needs a CAST before it is a column.
 */
export type Type = string

/** An integer of another width. */
export const WHOLE: Type = 'whole'
/** A decimal of other digits. */
export const DECIMAL: Type = 'decimal'
/** A date with an INTERVAL, or cut to a unit: TIMESTAMP in DuckDB, not in Spark. */
export const DAY: Type = 'day'
/** An integer as it is written: its type follows from what stands beside it. */
export const DIGITS: Type = 'digits'
export const NULL: Type = 'NULL'
/** An INTERVAL of whole days, months or years. */
export const DAYS: Type = 'INTERVAL of days'
export const HOURS: Type = 'INTERVAL of hours'
/** Something that was found fault with already. */
export const UNKNOWN: Type = 'unknown'

const INTEGERS: readonly Type[] = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT']

export type Family = 'number' | 'text' | 'time' | 'boolean' | 'bytes' | 'null' | 'interval' | 'unknown'

export function familyOf(type: Type): Family {
  if (isInteger(type) || isDecimal(type) || type === 'DOUBLE' || type === 'FLOAT') return 'number'
  if (type === 'VARCHAR') return 'text'
  if (type === 'DATE' || type === 'TIMESTAMPTZ' || type === DAY) return 'time'
  if (type === 'BOOLEAN') return 'boolean'
  if (type === 'BLOB') return 'bytes'
  if (type === DAYS || type === HOURS) return 'interval'
  return type === NULL ? 'null' : 'unknown'
}

export function isInteger(type: Type): boolean {
  return INTEGERS.includes(type) || type === WHOLE || type === DIGITS
}

export function isDecimal(type: Type): boolean {
  return type === DECIMAL || type.startsWith('DECIMAL(')
}

/** Whether columns of a type can be made: it is the same on both engines. */
export function isSame(type: Type): boolean {
  return type === UNKNOWN || familyOf(type) === 'unknown' || /^[A-Z]+(\(|$)/.test(type)
}

/** How many digits a decimal has; undefined for one whose digits are not the same. */
function digitsOf(type: Type): { readonly width: number; readonly scale: number } | undefined {
  const [, width, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? []
  return width === undefined ? undefined : { width: Number(width), scale: Number(scale) }
}

/** Whether both engines compare two values alike. */
export function isComparable(left: Type, right: Type): boolean {
  const [a, b] = [familyOf(left), familyOf(right)]
  if (a === 'interval' || b === 'interval') return false
  return a === b || a === 'null' || b === 'null' || a === 'unknown' || b === 'unknown'
}

/** The type of a value that is one of two, as in CASE; undefined where the engines do not agree. */
export function common(left: Type, right: Type): Type | undefined {
  if (left === UNKNOWN || right === UNKNOWN) return UNKNOWN
  if (left === right) return left
  if (left === NULL) return right
  if (right === NULL) return left
  if (isInteger(left) && isInteger(right)) return commonInteger(left, right)
  const types = [left, right]
  if (types.every((type) => familyOf(type) === 'number')) {
    if (types.includes('DOUBLE')) return 'DOUBLE'
    return types.includes('FLOAT') ? undefined : DECIMAL
  }
  return types.includes('DATE') && types.includes('TIMESTAMPTZ') ? 'TIMESTAMPTZ' : undefined
}

function commonInteger(left: Type, right: Type): Type {
  if (left === DIGITS && right === DIGITS) return DIGITS
  const literal = left === DIGITS ? right : right === DIGITS ? left : undefined
  if (literal !== undefined) return literal === 'INTEGER' || literal === 'BIGINT' ? literal : WHOLE
  if (left === WHOLE || right === WHOLE) return WHOLE
  return INTEGERS.indexOf(left) > INTEGERS.indexOf(right) ? left : right
}

/** The type of a sum, a difference or a product; undefined where the engines do not agree. */
export function arithmetic(operator: '+' | '-' | '*', left: Type, right: Type): Type | undefined {
  if (left === UNKNOWN || right === UNKNOWN) return UNKNOWN
  if (operator !== '*') {
    const moved = movedTime(operator, left, right)
    if (moved !== undefined) return moved
  }
  if (familyOf(left) !== 'number' || familyOf(right) !== 'number') return undefined
  if (isInteger(left) && isInteger(right)) {
    const isNarrow = [left, right].some((type) => type === 'TINYINT' || type === 'SMALLINT')
    return isNarrow && [left, right].includes(DIGITS) ? undefined : resolved(commonInteger(left, right))
  }
  if (left === 'DOUBLE' || right === 'DOUBLE') return 'DOUBLE'
  if (left === 'FLOAT' || right === 'FLOAT') return left === right ? 'FLOAT' : undefined
  const [a, b] = [digitsOf(left), digitsOf(right)]
  if (operator !== '*')
    return left === right && a !== undefined && a.width < 18 ? `DECIMAL(${a.width + 1},${a.scale})` : DECIMAL
  // DuckDB keeps to 18 digits where both have no more, and fails for a product that needs more.
  const isNarrow = (a?.width ?? 10) <= 18 && (b?.width ?? 10) <= 18
  return isNarrow && a !== undefined && b !== undefined && a.width + b.width > 18 ? undefined : DECIMAL
}

function movedTime(operator: '+' | '-', left: Type, right: Type): Type | undefined {
  if (operator === '+' && familyOf(left) !== 'time' && familyOf(right) === 'time') return movedTime('+', right, left)
  if (left === 'TIMESTAMPTZ' && (right === DAYS || right === HOURS)) return left
  if (left !== 'DATE') return undefined
  if (right === DAYS) return DAY
  return right === DIGITS || right === 'INTEGER' || right === 'SMALLINT' || right === 'TINYINT' ? 'DATE' : undefined
}

/** The type of a quotient, whose divisor is known not to be 0. */
export function quotient(left: Type, right: Type): Type | undefined {
  if (left === UNKNOWN || right === UNKNOWN) return UNKNOWN
  const types = [left, right]
  if (types.some((type) => familyOf(type) !== 'number') || types.includes('FLOAT')) return undefined
  return types.every(isInteger) || types.includes('DOUBLE') ? 'DOUBLE' : undefined
}

/** The type of a remainder. */
export function remainder(left: Type, right: Type): Type | undefined {
  if (left === UNKNOWN || right === UNKNOWN) return UNKNOWN
  if (isInteger(left) && isInteger(right)) return resolved(commonInteger(left, right))
  const isDouble = [left, right].every((type) => type === 'DOUBLE' || isInteger(type))
  return isDouble ? 'DOUBLE' : undefined
}

/** An integer that stands alone is an INTEGER. */
export function resolved(type: Type): Type {
  return type === DIGITS ? 'INTEGER' : type
}

/** Whether both engines cast alike, also where the value does not fit: they fail, or return NULL for a TRY_CAST. */
export function isCastAlike(from: Type, to: Type): boolean {
  if (from === UNKNOWN || from === NULL || resolved(from) === to) return true
  if (isInteger(from)) {
    return isInteger(to) || isDecimal(to) || ['DOUBLE', 'FLOAT', 'BOOLEAN', 'VARCHAR'].includes(to)
  }
  if (isDecimal(from))
    return isDecimal(to) || ['DOUBLE', 'FLOAT'].includes(to) || (to === 'VARCHAR' && from !== DECIMAL)
  if (from === 'BOOLEAN') return INTEGERS.includes(to) || to === 'DOUBLE' || to === 'VARCHAR'
  if (from === 'FLOAT') return to === 'DOUBLE'
  if (from === 'DATE') return to === 'VARCHAR'
  return (from === 'TIMESTAMPTZ' || from === DAY) && to === 'DATE'
}

import type { Column, Value } from '../client/index.ts'

// Values as the server writes them. A number is text where JavaScript's own would not have every digit of it; it is
// added and compared digit for digit, and becomes a JavaScript number only where it is drawn.

/** What the values of a column are. */
export type Shape =
  | 'integer'
  | 'decimal'
  | 'float'
  | 'boolean'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'moment'
  | 'interval'
  | 'text'
  | 'nested'

const SHAPES: readonly (readonly [RegExp, Shape])[] = [
  [/\]$|^(STRUCT|MAP|UNION)\b/, 'nested'],
  [/^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|BIGNUM|VARINT)$/, 'integer'],
  [/^DECIMAL\b/, 'decimal'],
  [/^(FLOAT|DOUBLE)$/, 'float'],
  [/^BOOLEAN$/, 'boolean'],
  [/^DATE$/, 'date'],
  [/^TIME\b/, 'time'],
  [/^(TIMESTAMP WITH TIME ZONE|TIMESTAMPTZ)$/, 'moment'],
  [/^TIMESTAMP/, 'timestamp'],
  [/^INTERVAL$/, 'interval'],
]

/** @param type  DuckDB's name of it */
export function shapeOf(type: string): Shape {
  return SHAPES.find(([pattern]) => pattern.test(type))?.[1] ?? 'text'
}

export function isNumeric(shape: Shape): boolean {
  return shape === 'integer' || shape === 'decimal' || shape === 'float'
}

/** Whether the sum of a column says anything: counts and amounts add up, averages and shares do not. */
export function addsUp(type: string, unit: string | null): boolean {
  const shape = shapeOf(type)
  return (shape === 'integer' || shape === 'decimal') && unit !== '%'
}

/** A number with all its digits. */
export type Exact = number | string

const DIGITS = /^-?\d+(\.\d+)?$/

/** A value as a number; undefined if it is none, such as NULL, NaN or a text. */
export function exactOf(value: Value | undefined): Exact | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  return typeof value === 'string' && DIGITS.test(value) ? value : undefined
}

/** The same for drawing, as near to it as a JavaScript number is. */
export function amountOf(value: Value | undefined): number | undefined {
  const exact = exactOf(value)
  return exact === undefined ? undefined : Number(exact)
}

/** A number as whole units of its last decimal place. */
interface Scaled {
  readonly units: bigint
  readonly places: number
}

function scaled(exact: Exact): Scaled | undefined {
  // Numbers that are written with an exponent are FLOAT or DOUBLE, and not exact in the first place.
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(exact))
  if (match === null) return undefined
  const [, sign = '', whole = '', fraction = ''] = match
  return { units: BigInt(`${sign}${whole}${fraction}`), places: fraction.length }
}

function written({ units, places }: Scaled): Exact {
  const digits = String(units < 0n ? -units : units).padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places)
  const text = `${units < 0n ? '-' : ''}${whole}${places === 0 ? '' : `.${digits.slice(-places)}`}`
  return places === 0 && Number.isSafeInteger(Number(text)) ? Number(text) : text
}

function combined(a: Exact, b: Exact, sign: 1 | -1): Exact {
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b)) {
    const sum = Number(a) + sign * Number(b)
    if (Number.isSafeInteger(sum)) return sum
  }
  const [left, right] = [scaled(a), scaled(b)]
  if (left === undefined || right === undefined) return Number(a) + sign * Number(b)
  const places = Math.max(left.places, right.places)
  const unitsOf = (one: Scaled): bigint => one.units * 10n ** BigInt(places - one.places)
  return written({ units: unitsOf(left) + BigInt(sign) * unitsOf(right), places })
}

export function sum(a: Exact, b: Exact): Exact {
  return combined(a, b, 1)
}

export function difference(a: Exact, b: Exact): Exact {
  return combined(a, b, -1)
}

/** The sum of those that are known; undefined if none is. */
export function sumOf(values: readonly (Exact | undefined)[]): Exact | undefined {
  let total: Exact | undefined
  for (const value of values) {
    if (value !== undefined) total = total === undefined ? value : sum(total, value)
  }
  return total
}

/** The same for all readers, so that a link shows everyone the same: `a9` before `a10`. */
const NAMES = new Intl.Collator('en', { numeric: true })

/** The order of values: numbers by size, texts as names are ordered, NULL last. */
export function compareValues(a: Value, b: Value): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  const [left, right] = [exactOf(a), exactOf(b)]
  if (left !== undefined && right !== undefined) {
    const apart = Number(left) - Number(right)
    return apart === 0 ? Number(difference(left, right)) : apart
  }
  const [one, other] = [keyOf(a), keyOf(b)]
  return NAMES.compare(one, other) || (one < other ? -1 : one > other ? 1 : 0)
}

/** A text by which equal values are found: NULL, '' and 'null' are three values. */
export function keyOf(value: Value): string {
  return typeof value === 'string' ? `'${value}` : (JSON.stringify(value) ?? '')
}

/** Where a column stands in each row; undefined if there is none of this name. */
export function placeOf(columns: readonly Column[], name: string | null | undefined): number | undefined {
  const at = columns.findIndex((column) => column.name === name)
  return at < 0 ? undefined : at
}

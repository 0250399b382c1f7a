import {
  DuckDBIntervalValue,
  type DuckDBType,
  type DuckDBValueConverter,
  JsonDuckDBValueConverter,
} from '@duckdb/node-api'
import { LakeError } from '../errors.ts'

/** A value of a result, in a form that JSON can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** A row of a result: column name → value. */
export type Row = Readonly<Record<string, JsonValue>>

/** Turns a value of DuckDB into one that JSON can hold. An interval stays one text; the driver would take it apart. */
export const jsonValue: DuckDBValueConverter<JsonValue> = (value, type, converter) =>
  value instanceof DuckDBIntervalValue
    ? value.toString()
    : (JsonDuckDBValueConverter(value, type, converter as typeof JsonDuckDBValueConverter) as JsonValue)

/** Integer types that a JavaScript number cannot always hold exactly; in DuckDB's JSON form they are text. */
const WIDE_INTEGERS: ReadonlySet<string> = new Set(['BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT'])

/** Turns the text of a wide integer column into numbers where they are exact; others stay text, digit for digit. */
export function exactNumbers(type: DuckDBType): (value: JsonValue) => JsonValue {
  if (!WIDE_INTEGERS.has(type.toString())) return (value) => value
  return (value) => {
    if (typeof value !== 'string') return value
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  }
}

/** A count, size or version that our own code computes with. */
export function safeInteger(value: JsonValue | undefined, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^-?\d+$/.test(value))
  const code = isNumber ? 'LAKE_VALUE_UNSAFE' : 'LAKE_VALUE_UNEXPECTED'
  throw new LakeError(code, `${what} is ${JSON.stringify(value)}, not an exact integer`)
}

/** A text value that must not be missing. */
export function requiredText(value: JsonValue | undefined, what: string): string {
  if (typeof value === 'string') return value
  throw new LakeError('LAKE_VALUE_UNEXPECTED', `${what} is ${JSON.stringify(value)}, not a string`)
}

/** A value with fields that must be there. */
export function requiredStruct(value: JsonValue | undefined, what: string): Row {
  if (isStruct(value)) return value
  throw new LakeError('LAKE_VALUE_UNEXPECTED', `${what} is ${JSON.stringify(value)}, not a struct`)
}

function isStruct(value: JsonValue | undefined): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  DuckDBDateValue,
  DuckDBTimestampTZValue,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  LIST,
  listValue,
  SQLNULL,
  TIMESTAMPTZ,
  VARCHAR,
} from '@duckdb/node-api'

/** A value for a parameter of a type that its query declares: numbers may be text, times are ISO 8601. */
export class TypedParameter {
  readonly type: string
  readonly value: string | number | boolean | readonly string[] | null

  constructor(type: string, value: TypedParameter['value']) {
    this.type = type
    this.value = value
  }

  /** A value of the type, for finding out what a query returns: a NULL has no type to DuckDB. */
  static sampleOf(type: string): TypedParameter {
    return new TypedParameter(type, type.endsWith('[]') ? [] : (SAMPLES[type] ?? null))
  }

  /** What DuckDB binds. @throws RangeError if the value is not of the type, or the type is of no parameter */
  bound(): [DuckDBValue, DuckDBType] {
    const { type, value } = this
    const element = /^(.*)\[\]$/.exec(type)?.[1]
    const known = TYPES.get(element ?? type)
    if (known === undefined) throw new RangeError(`${type} is not a type of parameters`)
    if (value === null) return [null, SQLNULL]
    if (element === undefined) return [known.read(value), known.type]
    if (!Array.isArray(value)) throw new RangeError(`is ${JSON.stringify(value)}, not a list`)
    return [listValue(value.map((item: unknown) => known.read(item))), LIST(known.type)]
  }
}

interface ParameterType {
  readonly type: DuckDBType
  /** @throws RangeError */
  readonly read: (value: unknown) => DuckDBValue
}

/** DuckDB's names of the types that a parameter can have; each can be that of a list's elements. */
const TYPES: ReadonlyMap<string, ParameterType> = new Map(
  Object.entries({
    VARCHAR: { type: VARCHAR, read: (value) => (typeof value === 'string' ? value : unfit(value, 'a text')) },
    BOOLEAN: { type: BOOLEAN, read: booleanOf },
    INTEGER: { type: INTEGER, read: (value) => Number(integerOf(value, 32)) },
    BIGINT: { type: BIGINT, read: (value) => integerOf(value, 64) },
    DOUBLE: { type: DOUBLE, read: numberOf },
    DATE: { type: DATE, read: dateOf },
    TIMESTAMPTZ: { type: TIMESTAMPTZ, read: timeOf },
  } satisfies Record<string, ParameterType>),
)

/** Values that fit wherever their types do. No text does: it may have to be that of a date. */
const SAMPLES: Readonly<Record<string, string | number | boolean>> = {
  BOOLEAN: false,
  INTEGER: 0,
  BIGINT: 0,
  DOUBLE: 0,
  DATE: '1970-01-01',
  TIMESTAMPTZ: '1970-01-01T00:00:00Z',
}

/** The types that a parameter can have. */
export const parameterTypes: readonly string[] = [...TYPES.keys()].flatMap((type) => [type, `${type}[]`])

function unfit(value: unknown, wanted: string): never {
  throw new RangeError(`is ${JSON.stringify(value)}, not ${wanted}`)
}

function booleanOf(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  return value === 'true' || value === 'false' ? value === 'true' : unfit(value, 'true or false')
}

function integerOf(value: unknown, bits: 32 | 64): bigint {
  const isInteger = Number.isSafeInteger(value) || (typeof value === 'string' && /^-?\d{1,19}$/.test(value))
  const integer = isInteger ? BigInt(value as string | number) : unfit(value, 'an integer')
  return BigInt.asIntN(bits, integer) === integer ? integer : unfit(value, `an integer of ${bits} bits`)
}

function numberOf(value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && !Number.isNaN(number) ? number : unfit(value, 'a number')
}

function dateOf(value: unknown): DuckDBDateValue {
  const isDate = typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value)
  const ms = isDate ? Date.parse(`${value}T00:00:00Z`) : Number.NaN
  // An impossible day, such as February 30, is one of the next month to JavaScript.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== value)
    return unfit(value, 'a date like 2026-11-22')
  return new DuckDBDateValue(ms / 86_400_000)
}

/** A time to the microsecond. */
function timeOf(value: unknown): DuckDBTimestampTZValue {
  const parts = typeof value === 'string' ? /^(.*:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:?\d\d)$/i.exec(value) : null
  const ms = parts === null ? Number.NaN : Date.parse(`${parts[1]}${parts[3]}`)
  if (parts === null || Number.isNaN(ms)) return unfit(value, 'a time like 2026-11-22T10:00:00Z')
  return new DuckDBTimestampTZValue(BigInt(ms) * 1000n + BigInt((parts[2] ?? '').padEnd(6, '0')))
}

import type { JsonValue } from '../../../duckdb/values.ts'

// How DuckDB's types are those of PostgreSQL, and how its texts become what DuckDB's results have.

const PLAIN: ReadonlyMap<string, string> = new Map([
  ['BOOLEAN', 'boolean'],
  ['TINYINT', 'smallint'],
  ['SMALLINT', 'smallint'],
  ['INTEGER', 'integer'],
  ['BIGINT', 'bigint'],
  ['UTINYINT', 'smallint'],
  ['USMALLINT', 'integer'],
  ['UINTEGER', 'bigint'],
  ['UBIGINT', 'numeric'],
  ['HUGEINT', 'numeric'],
  ['UHUGEINT', 'numeric'],
  ['FLOAT', 'real'],
  ['DOUBLE', 'double precision'],
  // Sorted and compared by bytes, as DuckDB does, whatever the database's own order is.
  ['VARCHAR', 'text COLLATE "C"'],
  ['DATE', 'date'],
  ['TIME', 'time'],
  ['TIMESTAMP', 'timestamp'],
  ['TIMESTAMP WITH TIME ZONE', 'timestamptz'],
  ['TIMESTAMPTZ', 'timestamptz'],
  ['INTERVAL', 'interval'],
  ['UUID', 'uuid'],
  ['JSON', 'json'],
])

/**
 * PostgreSQL's type for a type of DuckDB; undefined if it has none that holds the same values. A map by texts becomes
 * an object of JSON.
 */
export function postgresType(type: string): string | undefined {
  const plain = PLAIN.get(type)
  if (plain !== undefined) return plain
  if (/^DECIMAL\(\d+, ?\d+\)$/.test(type)) return type.replace('DECIMAL', 'numeric')
  if (type.startsWith('ENUM(')) return 'text'
  if (type.startsWith('MAP(VARCHAR, ')) return 'jsonb'
  return type === 'VARCHAR[]' ? 'text[]' : undefined
}

/** A column of a result, as PostgreSQL describes it. */
export interface PostgresField {
  readonly name: string
  readonly dataTypeID: number
  readonly dataTypeModifier: number
}

const NUMERIC = 1700
const INTEGERS: ReadonlySet<number> = new Set([20, 21, 23])
const FLOAT = 700
const DOUBLE = 701
const BOOLEAN = 16
const TIMES: ReadonlySet<number> = new Set([1082, 1114, 1184])

/** Type number → DuckDB's name; the numbers are fixed in PostgreSQL's catalog `pg_type`. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [BOOLEAN, 'BOOLEAN'],
  [20, 'BIGINT'],
  [21, 'SMALLINT'],
  [23, 'INTEGER'],
  [25, 'VARCHAR'],
  [114, 'JSON'],
  [3802, 'JSON'],
  [700, 'FLOAT'],
  [701, 'DOUBLE'],
  [1009, 'VARCHAR[]'],
  [1015, 'VARCHAR[]'],
  [1043, 'VARCHAR'],
  [1082, 'DATE'],
  [1083, 'TIME'],
  [1114, 'TIMESTAMP'],
  [1184, 'TIMESTAMP WITH TIME ZONE'],
  [1186, 'INTERVAL'],
  [2950, 'UUID'],
])

/** DuckDB's name of a column's type; of a type that it does not have, VARCHAR. */
export function duckdbType({ dataTypeID, dataTypeModifier }: PostgresField): string {
  if (dataTypeID !== NUMERIC) return NAMES.get(dataTypeID) ?? 'VARCHAR'
  if (dataTypeModifier < 0) return 'DOUBLE'
  // numeric(p,s) as one number, four more than p in its upper half (PostgreSQL, numeric.c, make_numeric_typmod).
  const packed = dataTypeModifier - 4
  return `DECIMAL(${packed >> 16},${packed & 0xffff})`
}

/** Turns a value of PostgreSQL, as the driver returns it, into what a result of DuckDB has there. */
export function jsonOf({ dataTypeID, dataTypeModifier }: PostgresField, value: JsonValue): JsonValue {
  if (typeof value !== 'string') return value
  if (dataTypeID === BOOLEAN) return value === 't'
  if (INTEGERS.has(dataTypeID)) return exactNumber(value)
  if (dataTypeID === DOUBLE) return finiteNumber(value)
  if (dataTypeID === FLOAT) return finiteNumber(value, Math.fround)
  // Without digits of its own, it is a sum or an average: DuckDB has HUGEINT or DOUBLE there.
  if (dataTypeID === NUMERIC && dataTypeModifier < 0)
    return value.includes('.') ? finiteNumber(value) : exactNumber(value)
  // 0044-03-15 10:00:00 BC is 0044-03-15 (BC) 10:00:00 in DuckDB.
  return TIMES.has(dataTypeID) ? value.replace(/^(\S+)(.*) BC$/, '$1 (BC)$2') : value
}

function exactNumber(text: string): JsonValue {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : text
}

/** NaN and the infinities stay text, as JSON has none. */
function finiteNumber(text: string, round: (number: number) => number = (number) => number): JsonValue {
  const number = round(Number(text))
  return Number.isFinite(number) ? number : text
}

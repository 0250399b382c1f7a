/** The root of a schema, a column or a part of one, as hyparquet reads it. */
export interface SchemaElement {
  readonly name: string
  readonly type?: string
  readonly type_length?: number
  readonly repetition_type?: string
  readonly num_children?: number
  readonly field_id?: number
  readonly converted_type?: string
  readonly scale?: number
  readonly precision?: number
  readonly logical_type?: LogicalType
}

/** With the fields of all kinds of logical type. */
interface LogicalType {
  readonly type: string
  readonly bitWidth?: number
  readonly isSigned?: boolean
  readonly unit?: keyof typeof UNITS
  readonly isAdjustedToUTC?: boolean
  readonly precision?: number
  readonly scale?: number
}

/**
 * What a column holds by the Parquet format: the logical type, else the converted type, else how it is stored. Source:
 * the Parquet format, `LogicalTypes.md`.
 */
export type ColumnType =
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer'; readonly bits: 8 | 16 | 32 | 64; readonly isSigned: boolean }
  | { readonly kind: 'float'; readonly bits: 16 | 32 | 64 }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'date' }
  | { readonly kind: 'time' }
  | {
      readonly kind: 'timestamp'
      readonly unit: TimeUnit
      readonly isUtc: boolean
      /** Whether the stored integers are read instead of times. */
      readonly isRaw?: boolean
    }
  /** A timestamp as older versions of Spark, Hive and Impala write it. */
  | { readonly kind: 'int96' }
  | { readonly kind: 'text' }
  | { readonly kind: 'json' }
  | { readonly kind: 'uuid' }
  /** Nothing says what they mean: older writers do not mark text as text. */
  | { readonly kind: 'bytes' }
  | { readonly kind: 'bson' }
  | { readonly kind: 'interval' }
  | { readonly kind: 'geometry' }
  /** Has no value in any row: Arrow's null type. */
  | { readonly kind: 'null' }
  | { readonly kind: 'nested' }
  /** Its annotation does not fit how it is stored. */
  | { readonly kind: 'contradictory'; readonly says: string }

export type TimeUnit = 'ms' | 'us' | 'ns'

const BITS = [8, 16, 32, 64] as const

type Bits = (typeof BITS)[number]

/** The type of a column by its outermost element. */
export function columnTypeOf(element: SchemaElement): ColumnType {
  if (element.type === undefined || (element.num_children ?? 0) > 0) return { kind: 'nested' }
  if (element.repetition_type === 'REPEATED') return { kind: 'nested' }
  return annotatedType(element) ?? storedType(element)
}

/** The name of a type in messages, which is DuckDB's. */
export function typeName(type: ColumnType): string {
  switch (type.kind) {
    case 'integer':
      return `${type.isSigned ? '' : 'U'}${INTEGER_NAMES[type.bits]}`
    case 'float':
      return type.bits === 64 ? 'DOUBLE' : 'FLOAT'
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`
    case 'timestamp':
      if (type.isUtc) return 'TIMESTAMP WITH TIME ZONE'
      return type.unit === 'ns' ? 'TIMESTAMP_NS' : 'TIMESTAMP'
    case 'contradictory':
      return type.says
    default:
      return NAMES[type.kind]
  }
}

const INTEGER_NAMES: Readonly<Record<Bits, string>> = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' }

type NamedKind = Exclude<ColumnType['kind'], 'integer' | 'float' | 'decimal' | 'timestamp' | 'contradictory'>

const NAMES: Readonly<Record<NamedKind, string>> = {
  boolean: 'BOOLEAN',
  date: 'DATE',
  time: 'TIME',
  int96: 'TIMESTAMP',
  text: 'VARCHAR',
  json: 'JSON',
  uuid: 'UUID',
  bytes: 'BLOB',
  bson: 'BSON',
  interval: 'INTERVAL',
  geometry: 'GEOMETRY',
  null: 'NULL',
  nested: 'NESTED',
}

/** The type that a leaf's annotation says; undefined if it has no known one, so that its stored type counts. */
function annotatedType(element: SchemaElement): ColumnType | undefined {
  const type = logicalType(element) ?? convertedType(element)
  if (type === undefined || isStoredAs(type, element)) return type
  const says = element.logical_type?.type ?? element.converted_type
  return { kind: 'contradictory', says: `${says} stored as ${element.type}` }
}

/** Annotations whose name says everything: logical ones, and the older converted ones. */
const NAMED_TYPES: ReadonlyMap<string | undefined, ColumnType> = new Map(
  Object.entries({
    STRING: { kind: 'text' },
    UTF8: { kind: 'text' },
    ENUM: { kind: 'text' },
    JSON: { kind: 'json' },
    BSON: { kind: 'bson' },
    UUID: { kind: 'uuid' },
    NULL: { kind: 'null' },
    DATE: { kind: 'date' },
    TIME: { kind: 'time' },
    TIME_MILLIS: { kind: 'time' },
    TIME_MICROS: { kind: 'time' },
    // From before the format could mark times without a zone; read as UTC either way.
    TIMESTAMP_MILLIS: { kind: 'timestamp', unit: 'ms', isUtc: false },
    TIMESTAMP_MICROS: { kind: 'timestamp', unit: 'us', isUtc: false },
    INTERVAL: { kind: 'interval' },
    FLOAT16: { kind: 'float', bits: 16 },
    GEOMETRY: { kind: 'geometry' },
    GEOGRAPHY: { kind: 'geometry' },
  } satisfies Readonly<Record<string, ColumnType>>),
)

function logicalType({ logical_type: logical, type: stored, precision, scale }: SchemaElement): ColumnType | undefined {
  switch (logical?.type) {
    case 'TIMESTAMP':
      return { kind: 'timestamp', unit: UNITS[logical.unit ?? 'MICROS'], isUtc: logical.isAdjustedToUTC === true }
    case 'INTEGER':
      return integerType(logical.bitWidth, logical.isSigned === true, stored)
    case 'DECIMAL':
      return { kind: 'decimal', precision: logical.precision ?? precision ?? 0, scale: logical.scale ?? scale ?? 0 }
    default:
      return NAMED_TYPES.get(logical?.type)
  }
}

function integerType(width: number | undefined, isSigned: boolean, stored: string | undefined): ColumnType {
  const bits = BITS.find((known) => known === width)
  if (bits === undefined) return { kind: 'contradictory', says: `INTEGER stored as ${stored}` }
  return { kind: 'integer', bits, isSigned }
}

const UNITS = { MILLIS: 'ms', MICROS: 'us', NANOS: 'ns' } as const

function convertedType({
  converted_type: converted,
  type: stored,
  precision,
  scale,
}: SchemaElement): ColumnType | undefined {
  if (converted === 'DECIMAL') return { kind: 'decimal', precision: precision ?? 0, scale: scale ?? 0 }
  const integer = /^(U?)INT_(8|16|32|64)$/.exec(converted ?? '')
  if (integer !== null) return integerType(Number(integer[2]), integer[1] === '', stored)
  return NAMED_TYPES.get(converted)
}

/** How each annotated kind may be stored. */
function isStoredAs(type: ColumnType, { type: stored, type_length: length }: SchemaElement): boolean {
  switch (type.kind) {
    case 'integer':
      return stored === (type.bits === 64 ? 'INT64' : 'INT32')
    case 'date':
      return stored === 'INT32'
    case 'time':
      return stored === 'INT32' || stored === 'INT64'
    case 'timestamp':
      return stored === 'INT64'
    case 'decimal':
      return (
        type.precision > 0 && stored !== 'BOOLEAN' && stored !== 'INT96' && stored !== 'FLOAT' && stored !== 'DOUBLE'
      )
    case 'float':
      return stored === 'FIXED_LEN_BYTE_ARRAY' && length === 2
    case 'uuid':
      return stored === 'FIXED_LEN_BYTE_ARRAY' && length === 16
    case 'interval':
      return stored === 'FIXED_LEN_BYTE_ARRAY' && length === 12
    case 'text':
    case 'json':
    case 'bson':
    case 'geometry':
      return stored === 'BYTE_ARRAY' || stored === 'FIXED_LEN_BYTE_ARRAY'
    default:
      return true
  }
}

function storedType({ type, type_length: length }: SchemaElement): ColumnType {
  switch (type) {
    case 'BOOLEAN':
      return { kind: 'boolean' }
    case 'INT32':
      return { kind: 'integer', bits: 32, isSigned: true }
    case 'INT64':
      return { kind: 'integer', bits: 64, isSigned: true }
    case 'INT96':
      return { kind: 'int96' }
    case 'FLOAT':
      return { kind: 'float', bits: 32 }
    case 'DOUBLE':
      return { kind: 'float', bits: 64 }
    case 'FIXED_LEN_BYTE_ARRAY':
      return length === undefined ? { kind: 'contradictory', says: `${type} without a length` } : { kind: 'bytes' }
    default:
      return { kind: 'bytes' }
  }
}

// A small writer of flat Parquet files, for what DuckDB does not write: plain encoding, one row group, a page a column
// (source: the Parquet format, `parquet.thrift`).

const PHYSICAL = [
  'BOOLEAN',
  'INT32',
  'INT64',
  'INT96',
  'FLOAT',
  'DOUBLE',
  'BYTE_ARRAY',
  'FIXED_LEN_BYTE_ARRAY',
] as const
const CONVERTED = [
  ...['UTF8', 'MAP', 'MAP_KEY_VALUE', 'LIST', 'ENUM', 'DECIMAL', 'DATE', 'TIME_MILLIS', 'TIME_MICROS'],
  ...['TIMESTAMP_MILLIS', 'TIMESTAMP_MICROS', 'UINT_8', 'UINT_16', 'UINT_32', 'UINT_64', 'INT_8', 'INT_16', 'INT_32'],
  ...['INT_64', 'JSON', 'BSON', 'INTERVAL'],
]

export interface WrittenType {
  readonly physical: (typeof PHYSICAL)[number]
  readonly length?: number
  readonly converted?: string
  readonly precision?: number
  readonly scale?: number
  /** A LogicalType as Thrift. */
  readonly logical?: Buffer
}

export interface WrittenColumn {
  readonly name: string
  readonly type: WrittenType
  /** As they are stored; byte arrays without their length. */
  readonly values: readonly (Buffer | null)[]
  /** The bounds that its statistics claim. */
  readonly bounds?: { readonly min: Buffer; readonly max: Buffer }
  /** How many NULLs its statistics claim; beside bounds, as many as there are. Without both it has none. */
  readonly nulls?: number
}

export interface WrittenFile {
  readonly columns: readonly WrittenColumn[]
  /** Nested columns behind them, whose pages are nonsense. */
  readonly groups?: readonly WrittenGroup[]
  readonly keyValues?: Readonly<Record<string, string>>
  readonly createdBy?: string
  /** What the footer claims; as many as there are where left out. */
  readonly rows?: number
  /** What its row group claims. */
  readonly groupRows?: number
  /** Of each page, by its bytes. */
  readonly checksum?: (page: Buffer) => number
}

/** A nested column by its schema elements, depth first, and the paths of its leaves. */
export interface WrittenGroup {
  readonly elements: readonly Buffer[]
  readonly leaves: readonly (readonly string[])[]
}

const MAGIC = Buffer.from('PAR1')

export function parquetFile({
  columns,
  groups = [],
  keyValues = {},
  createdBy = 'a test',
  rows: claimed,
  groupRows,
  checksum,
}: WrittenFile): Buffer {
  const rows = columns[0]?.values.length ?? 0
  const pages: Buffer[] = []
  const chunks: Buffer[] = []
  let offset = MAGIC.length
  for (const column of columns) {
    const page = pageOf(column, checksum)
    chunks.push(chunkOf(column, offset, page.length))
    pages.push(page)
    offset += page.length
  }
  for (const leaf of groups.flatMap(({ leaves }) => leaves)) {
    chunks.push(chunkAt(leaf, PHYSICAL.indexOf('BYTE_ARRAY'), rows, MAGIC.length, 0))
  }
  const root = struct(binary(4, 'schema'), i32(5, columns.length + groups.length))
  const schema = [root, ...columns.map(elementOf), ...groups.flatMap(({ elements }) => elements)]
  const rowGroup = struct(list(1, 12, chunks), i64(2, offset), i64(3, groupRows ?? rows))
  const pairs = Object.entries(keyValues).map(([key, value]) => struct(binary(1, key), binary(2, value)))
  const footer = struct(
    i32(1, 1),
    list(2, 12, schema),
    i64(3, claimed ?? rows),
    list(4, 12, [rowGroup]),
    ...(pairs.length === 0 ? [] : [list(5, 12, pairs)]),
    binary(6, createdBy),
  )
  const footerBytes = Buffer.alloc(4)
  footerBytes.writeUInt32LE(footer.length)
  return Buffer.concat([MAGIC, ...pages, footer, footerBytes, MAGIC])
}

function pageOf({ type, values }: WrittenColumn, checksum: WrittenFile['checksum']): Buffer {
  // A run of one for each row: whether it has a value.
  const levels = Buffer.concat(values.map((value) => Buffer.from([2, value === null ? 0 : 1])))
  const levelBytes = Buffer.alloc(4)
  levelBytes.writeUInt32LE(levels.length)
  const stored = values.flatMap((value) => {
    if (value === null) return []
    if (type.physical !== 'BYTE_ARRAY') return [value]
    const length = Buffer.alloc(4)
    length.writeUInt32LE(value.length)
    return [length, value]
  })
  const body = Buffer.concat([levelBytes, levels, ...stored])
  const header = struct(
    i32(1, 0), // DATA_PAGE
    i32(2, body.length),
    i32(3, body.length),
    ...(checksum === undefined ? [] : [i32(4, checksum(body) | 0)]),
    nested(5, struct(i32(1, values.length), i32(2, 0), i32(3, 3), i32(4, 3))),
  )
  return Buffer.concat([header, body])
}

function elementOf({ name, type }: WrittenColumn): Buffer {
  const { physical, length, converted, scale, precision, logical } = type
  return struct(
    i32(1, PHYSICAL.indexOf(physical)),
    ...(length === undefined ? [] : [i32(2, length)]),
    i32(3, 1), // OPTIONAL
    binary(4, name),
    ...(converted === undefined ? [] : [i32(6, CONVERTED.indexOf(converted))]),
    ...(scale === undefined ? [] : [i32(7, scale)]),
    ...(precision === undefined ? [] : [i32(8, precision)]),
    ...(logical === undefined ? [] : [nested(10, logical)]),
  )
}

function chunkOf({ name, type, values, bounds, nulls }: WrittenColumn, offset: number, bytes: number): Buffer {
  const isClaimed = bounds !== undefined || nulls !== undefined
  const claims = bounds === undefined ? [] : [bytesField(5, bounds.max), bytesField(6, bounds.min)]
  const isNull = (value: Buffer | null): boolean => value === null
  const statistics = isClaimed ? struct(i64(3, nulls ?? values.filter(isNull).length), ...claims) : undefined
  return chunkAt([name], PHYSICAL.indexOf(type.physical), values.length, offset, bytes, statistics)
}

function chunkAt(
  path: readonly string[],
  physical: number,
  values: number,
  offset: number,
  bytes: number,
  statistics?: Buffer,
): Buffer {
  const metaData = struct(
    i32(1, physical),
    list(2, 5, [zigzag(0), zigzag(3)]), // PLAIN, RLE
    list(3, 8, path.map(string)),
    i32(4, 0), // uncompressed
    i64(5, values),
    i64(6, bytes),
    i64(7, bytes),
    i64(9, offset),
    ...(statistics === undefined ? [] : [nested(12, statistics)]),
  )
  return struct(i64(2, offset), nested(3, metaData))
}

/** What parquet-go makes of `struct{}`. */
export function emptyStruct(name: string): WrittenGroup {
  return { elements: [struct(i32(3, 1), binary(4, name), i32(5, 0))], leaves: [] }
}

/** Legal by the format, for sets: entries that have a key and nothing else. */
export function mapWithoutValues(name: string): WrittenGroup {
  const [map, mapKeyValue] = [CONVERTED.indexOf('MAP'), CONVERTED.indexOf('MAP_KEY_VALUE')]
  return {
    elements: [
      struct(i32(3, 1), binary(4, name), i32(5, 1), i32(6, map)),
      struct(i32(3, 2), binary(4, 'key_value'), i32(5, 1), i32(6, mapKeyValue)),
      struct(i32(1, PHYSICAL.indexOf('BYTE_ARRAY')), i32(3, 0), binary(4, 'key')),
    ],
    leaves: [[name, 'key_value', 'key']],
  }
}

/** An annotation that has no place there. */
export function listOfNothing(name: string): WrittenGroup {
  return { elements: [struct(i32(3, 1), binary(4, name), i32(5, 0), i32(6, CONVERTED.indexOf('LIST')))], leaves: [] }
}

const int = (bitWidth: number, isSigned: boolean): Buffer =>
  struct(nested(10, struct({ id: 1, type: 3, bytes: Buffer.from([bitWidth]) }, flag(2, isSigned))))
const timestamp = (unit: 1 | 2 | 3, isUtc: boolean): Buffer =>
  struct(nested(8, struct(flag(1, isUtc), nested(2, struct(nested(unit, struct()))))))

/** Types by the names that Parquet has for them. */
export const types = {
  int32: { physical: 'INT32' },
  int64: { physical: 'INT64' },
  int96: { physical: 'INT96' },
  uint64: { physical: 'INT64', converted: 'UINT_64', logical: int(64, false) },
  uint8: { physical: 'INT32', converted: 'UINT_8', logical: int(8, false) },
  float: { physical: 'FLOAT' },
  double: { physical: 'DOUBLE' },
  float16: { physical: 'FIXED_LEN_BYTE_ARRAY', length: 2, logical: struct(nested(15, struct())) },
  date: { physical: 'INT32', converted: 'DATE' },
  bytes: { physical: 'BYTE_ARRAY' },
  text: { physical: 'BYTE_ARRAY', converted: 'UTF8', logical: struct(nested(1, struct())) },
  enum: { physical: 'BYTE_ARRAY', converted: 'ENUM' },
  json: { physical: 'BYTE_ARRAY', converted: 'JSON' },
  bson: { physical: 'BYTE_ARRAY', converted: 'BSON' },
  uuid: { physical: 'FIXED_LEN_BYTE_ARRAY', length: 16, logical: struct(nested(14, struct())) },
  interval: { physical: 'FIXED_LEN_BYTE_ARRAY', length: 12, converted: 'INTERVAL' },
  unknown: { physical: 'INT32', logical: struct(nested(11, struct())) },
  /** Of a format to come. */
  future: { physical: 'BYTE_ARRAY', logical: struct(nested(40, struct())) },
  textAsInt32: { physical: 'INT32', converted: 'UTF8' },
  int8AsInt64: { physical: 'INT64', converted: 'INT_8' },
  time: { physical: 'INT64', converted: 'TIME_MICROS' },
  millis: { physical: 'INT64', converted: 'TIMESTAMP_MILLIS' },
  micros: { physical: 'INT64', converted: 'TIMESTAMP_MICROS' },
  millisUtc: { physical: 'INT64', logical: timestamp(1, true) },
  millisLocal: { physical: 'INT64', logical: timestamp(1, false) },
  microsUtc: { physical: 'INT64', logical: timestamp(2, true) },
  microsLocal: { physical: 'INT64', logical: timestamp(2, false) },
  nanosUtc: { physical: 'INT64', logical: timestamp(3, true) },
  nanosLocal: { physical: 'INT64', logical: timestamp(3, false) },
} as const satisfies Record<string, WrittenType>

export function fixed(length: number): WrittenType {
  return { physical: 'FIXED_LEN_BYTE_ARRAY', length }
}

export function decimalType(precision: number, scale: number): WrittenType {
  const logical = struct(nested(5, struct(i32(1, scale), i32(2, precision))))
  return { physical: 'FIXED_LEN_BYTE_ARRAY', length: 16, converted: 'DECIMAL', precision, scale, logical }
}

const NANOS_PER_DAY = 86_400_000_000_000n
const JULIAN_DAY_OF_1970 = 2_440_588n

/** Values as they are stored. */
export const stored = {
  int32(value: number): Buffer {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32LE(value)
    return bytes
  },
  int64(value: bigint): Buffer {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt.asIntN(64, value))
    return bytes
  },
  /** Nanoseconds since 1970 as a day and its nanoseconds. */
  int96(nanos: bigint): Buffer {
    const ofDay = ((nanos % NANOS_PER_DAY) + NANOS_PER_DAY) % NANOS_PER_DAY
    const day = Buffer.alloc(4)
    day.writeUInt32LE(Number((nanos - ofDay) / NANOS_PER_DAY + JULIAN_DAY_OF_1970))
    return Buffer.concat([stored.int64(ofDay), day])
  },
  float(value: number): Buffer {
    const bytes = Buffer.alloc(4)
    bytes.writeFloatLE(value)
    return bytes
  },
  double(value: number): Buffer {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleLE(value)
    return bytes
  },
  /** Sixteen bytes, the highest first. */
  decimal(unscaled: bigint): Buffer {
    const bytes = Buffer.alloc(16)
    bytes.writeBigInt64BE(unscaled >> 64n)
    bytes.writeBigUInt64BE(BigInt.asUintN(64, unscaled), 8)
    return bytes
  },
}

// Thrift's compact protocol, as much of it as a footer takes. A field carries its id; `struct` writes the distances.

interface Field {
  readonly id: number
  readonly type: number
  readonly bytes: Buffer
}

function struct(...fields: readonly Field[]): Buffer {
  let last = 0
  const parts: Buffer[] = []
  for (const { id, type, bytes } of fields) {
    const isNear = id - last <= 15
    parts.push(isNear ? Buffer.from([((id - last) << 4) | type]) : Buffer.from([type, ...zigzag(id)]), bytes)
    last = id
  }
  return Buffer.concat([...parts, Buffer.from([0])])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, rest])
}

function zigzag(value: number): Buffer {
  return varint(value < 0 ? -value * 2 - 1 : value * 2)
}

function string(value: string): Buffer {
  return Buffer.concat([varint(Buffer.byteLength(value)), Buffer.from(value)])
}

function flag(id: number, value: boolean): Field {
  return { id, type: value ? 1 : 2, bytes: Buffer.alloc(0) }
}

function i32(id: number, value: number): Field {
  return { id, type: 5, bytes: zigzag(value) }
}

function i64(id: number, value: number): Field {
  return { id, type: 6, bytes: zigzag(value) }
}

function binary(id: number, value: string): Field {
  return bytesField(id, Buffer.from(value))
}

function bytesField(id: number, value: Buffer): Field {
  return { id, type: 8, bytes: Buffer.concat([varint(value.length), value]) }
}

function nested(id: number, bytes: Buffer): Field {
  return { id, type: 12, bytes }
}

function list(id: number, itemType: number, items: readonly Buffer[]): Field {
  const isShort = items.length < 15
  const head = Buffer.from([((isShort ? items.length : 15) << 4) | itemType])
  return { id, type: 9, bytes: Buffer.concat([head, ...(isShort ? [] : [varint(items.length)]), ...items]) }
}

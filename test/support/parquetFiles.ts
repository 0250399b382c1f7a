import { readFileSync, writeFileSync } from 'node:fs'
import type { Session } from '../../src/duckdb/session.ts'
import { text } from '../../src/duckdb/sql/literals.ts'

/** Writes the rows of a SELECT as one Parquet file. */
export async function writeParquet(session: Session, path: string, select: string): Promise<void> {
  await session.run(`COPY (${select}) TO ${text(path)} (FORMAT parquet, COMPRESSION uncompressed)`)
}

/** Overwrites the first page's header: the footer stays whole, the rows cannot be decoded. */
export function damagePages(path: string): void {
  writeFileSync(path, damageBytes(readFileSync(path), 4, 44))
}

/** A copy with some of its bytes overwritten. */
export function damageBytes(bytes: Buffer, first: number, endExclusive: number): Buffer {
  return Buffer.from(bytes).fill(0xff, first, endExclusive)
}

/**
 * A Parquet file with one INT96 column, the timestamps of older Sparks, which DuckDB reads and does not write. Plain
 * encoding, one page, no nulls (source: the Parquet format, `parquet.thrift`).
 * @param nanos      nanoseconds since 1970, one a row
 * @param footerRows what the footer claims; as many as there are where left out
 * @param checksum   of its page, by the bytes of that
 */
export function int96File(
  column: string,
  nanos: readonly bigint[],
  footerRows = nanos.length,
  checksum?: (page: Buffer) => number,
): Buffer {
  const values = Buffer.concat(nanos.map(int96))
  const pageHeader = struct(
    i32(1, 0), // DATA_PAGE
    i32(2, values.length),
    i32(3, values.length),
    ...(checksum === undefined ? [] : [i32(4, checksum(values) | 0)]),
    nested(5, struct(i32(1, nanos.length), i32(2, 0), i32(3, 3), i32(4, 3))),
  )
  const magic = Buffer.from('PAR1')
  const page = Buffer.concat([pageHeader, values])
  const path = list(3, 8, [string(column)])
  const columnMetaData = struct(
    i32(1, 3), // INT96
    list(2, 5, [zigzag(0)]), // PLAIN
    path,
    i32(4, 0), // uncompressed
    i64(5, nanos.length),
    i64(6, page.length),
    i64(7, page.length),
    i64(9, magic.length),
  )
  const chunk = struct(i64(2, magic.length), nested(3, columnMetaData))
  const rowGroup = struct(list(1, 12, [chunk]), i64(2, page.length), i64(3, nanos.length))
  const schema = [struct(binary(4, 'schema'), i32(5, 1)), struct(i32(1, 3), i32(3, 0), binary(4, column))]
  const footer = struct(i32(1, 1), list(2, 12, schema), i64(3, footerRows), list(4, 12, [rowGroup]))
  const footerBytes = Buffer.alloc(4)
  footerBytes.writeUInt32LE(footer.length)
  return Buffer.concat([magic, page, footer, footerBytes, magic])
}

const NANOS_PER_DAY = 86_400_000_000_000n
const JULIAN_DAY_OF_1970 = 2_440_588n

function int96(nanos: bigint): Buffer {
  const ofDay = ((nanos % NANOS_PER_DAY) + NANOS_PER_DAY) % NANOS_PER_DAY
  const day = (nanos - ofDay) / NANOS_PER_DAY + JULIAN_DAY_OF_1970
  const bytes = Buffer.alloc(12)
  bytes.writeBigInt64LE(ofDay, 0)
  bytes.writeUInt32LE(Number(day), 8)
  return bytes
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
    parts.push(Buffer.from([((id - last) << 4) | type]), bytes)
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

function i32(id: number, value: number): Field {
  return { id, type: 5, bytes: zigzag(value) }
}

function i64(id: number, value: number): Field {
  return { id, type: 6, bytes: zigzag(value) }
}

function binary(id: number, value: string): Field {
  return { id, type: 8, bytes: string(value) }
}

function nested(id: number, bytes: Buffer): Field {
  return { id, type: 12, bytes }
}

function list(id: number, itemType: number, items: readonly Buffer[]): Field {
  return { id, type: 9, bytes: Buffer.concat([Buffer.from([(items.length << 4) | itemType]), ...items]) }
}

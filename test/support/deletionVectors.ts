import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { DeletionVector } from '../../src/delta/deletionVectors.ts'

// Deletion vectors as other Delta writers make them, written by the specifications of Delta and of Roaring.

export type ContainerKind = 'list' | 'bitmap' | 'runs'

/** A 64-bit Roaring bitmap in its portable format; every container is of the wanted kind where its size allows it. */
export function roaringBitmap(positions: readonly number[], kind: ContainerKind = 'list'): Buffer {
  const byHigh = groupedBy(
    [...new Set(positions)].sort((a, b) => a - b),
    2 ** 32,
  )
  const parts = [...byHigh].flatMap(([high, values]) => [uint32(high), bitmap32(values, kind)])
  return Buffer.concat([uint64(byHigh.size), ...parts])
}

function bitmap32(positions: readonly number[], kind: ContainerKind): Buffer {
  const containers = [...groupedBy(positions, 65_536)]
  const heads = containers.map(([key, values]) => Buffer.concat([uint16(key), uint16(values.length - 1)]))
  if (kind === 'runs') {
    const cookie = uint32(12_347 | ((containers.length - 1) << 16))
    const flags = Buffer.alloc(Math.ceil(containers.length / 8), 0xff)
    const bodies = containers.map(([, values]) => runs(values))
    const offsets = containers.length >= 4 ? [Buffer.alloc(containers.length * 4)] : []
    return Buffer.concat([cookie, flags, ...heads, ...offsets, ...bodies])
  }
  const bodies = containers.map(([, values]) =>
    values.length > 4_096 ? bitmapContainer(values) : Buffer.concat(values.map(uint16)),
  )
  return Buffer.concat([
    uint32(12_346),
    uint32(containers.length),
    ...heads,
    Buffer.alloc(containers.length * 4),
    ...bodies,
  ])
}

function runs(values: readonly number[]): Buffer {
  const found: [first: number, length: number][] = []
  for (const value of values) {
    const last = found.at(-1)
    if (last !== undefined && value === last[0] + last[1] + 1) last[1] += 1
    else found.push([value, 0])
  }
  return Buffer.concat([uint16(found.length), ...found.flatMap(([first, length]) => [uint16(first), uint16(length)])])
}

function bitmapContainer(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8_192)
  for (const value of values) bytes[value >> 3] = (bytes[value >> 3] ?? 0) | (1 << (value & 7))
  return bytes
}

function groupedBy(values: readonly number[], size: number): Map<number, number[]> {
  const groups = new Map<number, number[]>()
  for (const value of values) {
    const group = Math.floor(value / size)
    const members = groups.get(group) ?? []
    members.push(value % size)
    groups.set(group, members)
  }
  return groups
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function withMagic(positions: readonly number[], kind: ContainerKind): Buffer {
  return Buffer.concat([uint32(1_681_511_377), roaringBitmap(positions, kind)])
}

/** A vector that stands in the log itself. */
export function inlineVector(positions: readonly number[], kind: ContainerKind = 'list'): DeletionVector {
  const bytes = withMagic(positions, kind)
  return {
    storageType: 'i',
    pathOrInlineDv: z85(bytes),
    offset: undefined,
    sizeInBytes: bytes.length,
    cardinality: positions.length,
  }
}

/** A vector in a file of the table's folder, behind the bytes of others. */
export function filedVector(
  tableFolder: string,
  positions: readonly number[],
  {
    kind = 'list',
    uuid = 'd2c639aa-8816-431a-aaf6-d3fe2512ff61',
    before = Buffer.from([1, 9, 9]),
  }: { kind?: ContainerKind; uuid?: string; before?: Buffer } = {},
): DeletionVector {
  const bytes = withMagic(positions, kind)
  const size = Buffer.alloc(4)
  size.writeUInt32BE(bytes.length)
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(bytes))
  writeFileSync(join(tableFolder, `deletion_vector_${uuid}.bin`), Buffer.concat([before, size, bytes, checksum]))
  return {
    storageType: 'u',
    pathOrInlineDv: z85(Buffer.from(uuid.replaceAll('-', ''), 'hex')),
    offset: before.length,
    sizeInBytes: bytes.length,
    cardinality: positions.length,
  }
}

const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#'

function z85(bytes: Buffer): string {
  const padded = Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
  let text = ''
  for (let at = 0; at < padded.length; at += 4) {
    let value = padded.readUInt32BE(at)
    let group = ''
    for (let digit = 0; digit < 5; digit++) {
      group = `${Z85[value % 85]}${group}`
      value = Math.floor(value / 85)
    }
    text += group
  }
  return text
}

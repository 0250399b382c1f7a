// 64-bit Roaring bitmaps in their portable format: https://github.com/RoaringBitmap/RoaringFormatSpec. All numbers are
// little-endian.

/** The positions of 65,536 rows in a row, one bit each, the first row in the highest bit of the first byte. */
export interface Chunk {
  /** Of the first row, divided by 65,536. */
  readonly number: number
  /** As many bytes as there are bits set up to. */
  readonly bits: Uint8Array
}

export const CHUNK_ROWS = 65_536

const NO_RUNS = 12_346
const WITH_RUNS = 12_347
/** From so many containers on, a bitmap with runs says where each begins. */
const OFFSETS_FROM = 4
/** A container with more values is a bitmap of 8 KiB, one with fewer a list. */
const MAX_LISTED = 4_096
const BITMAP_BYTES = CHUNK_ROWS / 8

/** @throws RangeError  if the bytes are not such a bitmap */
export function chunksOf(bitmap: Uint8Array): Chunk[] {
  const read = new Reader(bitmap)
  const chunks: Chunk[] = []
  const count = read.uint32() + read.uint32() * 2 ** 32
  for (let index = 0; index < count; index++) {
    const high = read.uint32()
    for (const { key, bits } of containersIn(read)) chunks.push({ number: high * CHUNK_ROWS + key, bits })
  }
  return chunks
}

/** How many positions there are. */
export function cardinalityOf(chunks: readonly Chunk[]): number {
  let count = 0
  for (const { bits } of chunks) {
    for (const byte of bits) for (let rest = byte; rest > 0; rest &= rest - 1) count += 1
  }
  return count
}

function containersIn(read: Reader): { key: number; bits: Uint8Array }[] {
  const cookie = read.uint32()
  const hasRuns = (cookie & 0xffff) === WITH_RUNS
  if (!hasRuns && cookie !== NO_RUNS) throw new RangeError(`a bitmap begins with ${cookie}`)
  const size = hasRuns ? (cookie >>> 16) + 1 : read.uint32()
  const runs = hasRuns ? read.bytes(Math.ceil(size / 8)) : new Uint8Array()
  const heads = Array.from({ length: size }, (_, index) => ({
    key: read.uint16(),
    cardinality: read.uint16() + 1,
    isRuns: ((runs[index >> 3] ?? 0) & (1 << (index & 7))) !== 0,
  }))
  if (!hasRuns || size >= OFFSETS_FROM) read.bytes(size * 4)
  return heads.map(({ key, cardinality, isRuns }) => ({ key, bits: containerBits(read, cardinality, isRuns) }))
}

function containerBits(read: Reader, cardinality: number, isRuns: boolean): Uint8Array {
  const bits = new Bits()
  if (isRuns) {
    for (let run = read.uint16(); run > 0; run--) {
      const first = read.uint16()
      const last = first + read.uint16()
      for (let position = first; position <= last; position++) bits.set(position)
    }
  } else if (cardinality <= MAX_LISTED) {
    for (let value = 0; value < cardinality; value++) bits.set(read.uint16())
  } else {
    const words = read.bytes(BITMAP_BYTES)
    for (const [index, byte] of words.entries()) {
      for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) bits.set(index * 8 + bit)
    }
  }
  return bits.trimmed()
}

class Bits {
  readonly #bytes = new Uint8Array(BITMAP_BYTES)
  #end = 0

  set(position: number): void {
    if (position >= CHUNK_ROWS) throw new RangeError(`a run of a bitmap goes up to ${position}`)
    const index = position >> 3
    this.#bytes[index] = (this.#bytes[index] ?? 0) | (0x80 >> (position & 7))
    this.#end = Math.max(this.#end, index + 1)
  }

  trimmed(): Uint8Array {
    return this.#bytes.slice(0, this.#end)
  }
}

/** Reads numbers one after another. @throws RangeError  at the end */
class Reader {
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  uint16(): number {
    this.#at += 2
    return this.#view.getUint16(this.#at - 2, true)
  }

  uint32(): number {
    this.#at += 4
    return this.#view.getUint32(this.#at - 4, true)
  }

  bytes(count: number): Uint8Array {
    if (this.#at + count > this.#view.byteLength) throw new RangeError('a bitmap is cut off')
    this.#at += count
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#at - count, count)
  }
}

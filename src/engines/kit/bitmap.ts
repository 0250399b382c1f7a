// Writes 64-bit Roaring bitmaps in their portable format, as delta/roaring.ts reads them. Numbers are little-endian.

const NO_RUNS = 12_346
const CONTAINER_ROWS = 65_536
/** A container with more values is a bitmap, one with fewer a list. */
const MAX_LISTED = 4_096

/** A bitmap with these positions below 2³², in base64: a container is a list or a bitmap, as its size says. */
export function bitmapOf(positions: readonly number[]): string {
  const containers = new Map<number, number[]>()
  for (const position of [...positions].sort((one, other) => one - other)) {
    const key = Math.floor(position / CONTAINER_ROWS)
    containers.set(key, [...(containers.get(key) ?? []), position % CONTAINER_ROWS])
  }
  return Buffer.concat([
    number(8, 1),
    number(4, 0),
    number(4, NO_RUNS),
    number(4, containers.size),
    ...[...containers].map(([key, values]) => Buffer.concat([number(2, key), number(2, values.length - 1)])),
    Buffer.alloc(containers.size * 4), // where each begins, which readers of a whole bitmap do not need
    ...[...containers.values()].map(container),
  ]).toString('base64')
}

/** A bitmap with all positions from 10 to 19 as one run, in base64. */
export const RUN_OF_TEN = Buffer.from(
  '0100000000000000 00000000 3b300000 01 0000 0900 0100 0a00 0900'.replaceAll(' ', ''),
  'hex',
).toString('base64')

function container(values: readonly number[]): Buffer {
  if (values.length <= MAX_LISTED) return Buffer.concat(values.map((value) => number(2, value)))
  const bytes = Buffer.alloc(CONTAINER_ROWS / 8)
  for (const value of values) bytes[value >> 3] = (bytes[value >> 3] ?? 0) | (1 << (value & 7))
  return bytes
}

function number(bytes: 2 | 4 | 8, value: number): Buffer {
  const buffer = Buffer.alloc(bytes)
  buffer.writeUIntLE(value, 0, Math.min(bytes, 6))
  return buffer
}

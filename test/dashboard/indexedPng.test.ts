import { crc32, deflateSync, inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { indexedPng } from '../../scripts/pictures/indexedPng.ts'

type Colour = readonly [red: number, green: number, blue: number]

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')

function chunk(name: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name), content])
  const numbers = Buffer.alloc(8)
  numbers.writeUInt32BE(content.length, 0)
  numbers.writeUInt32BE(crc32(named), 4)
  return Buffer.concat([numbers.subarray(0, 4), named, numbers.subarray(4)])
}

/** A picture of a browser's kind, whose lines are all written in one of a PNG's five ways. */
function png(lines: readonly (readonly Colour[])[], way: 0 | 1 | 2): Buffer {
  const [first = []] = lines
  const head = Buffer.alloc(13)
  head.writeUInt32BE(first.length, 0)
  head.writeUInt32BE(lines.length, 4)
  head.set([8, 2], 8)
  const bytes = lines.map((line) => line.flat())
  const written = bytes.flatMap((line, y) => {
    const before = (x: number): number => (way === 0 ? 0 : ((way === 1 ? line[x - 3] : bytes[y - 1]?.[x]) ?? 0))
    return [way, ...line.map((value, x) => (value - before(x) + 256) % 256)]
  })
  const content = deflateSync(Buffer.from(written))
  return Buffer.concat([SIGNATURE, chunk('IHDR', head), chunk('IDAT', content), chunk('IEND', Buffer.alloc(0))])
}

/** What an indexed picture shows. */
function shown(picture: Buffer): { readonly lines: readonly (readonly Colour[])[]; readonly colours: number } {
  const parts = new Map<string, Buffer>()
  for (let at = SIGNATURE.length; at < picture.length; ) {
    const length = picture.readUInt32BE(at)
    const name = picture.toString('latin1', at + 4, at + 8)
    expect(crc32(picture.subarray(at + 4, at + 8 + length)), name).toBe(picture.readUInt32BE(at + 8 + length))
    parts.set(name, picture.subarray(at + 8, at + 8 + length))
    at += length + 12
  }
  const [head, table, content] = ['IHDR', 'PLTE', 'IDAT'].map((name) => parts.get(name) ?? Buffer.alloc(0))
  if (head === undefined || table === undefined || content === undefined) throw new Error('a part is missing')
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)]
  const indexes = inflateSync(content)
  const colourAt = (x: number, y: number): Colour => {
    const at = 3 * (indexes[y * (width + 1) + 1 + x] ?? 0)
    return [table[at] ?? 0, table[at + 1] ?? 0, table[at + 2] ?? 0]
  }
  const lines = Array.from({ length: height }, (_, y) => Array.from({ length: width }, (__, x) => colourAt(x, y)))
  return { lines, colours: table.length / 3 }
}

describe('a picture by a table of colours', () => {
  const few: readonly (readonly Colour[])[] = [
    [
      [255, 255, 255],
      [20, 24, 31],
      [31, 136, 239],
    ],
    [
      [255, 255, 255],
      [255, 255, 254],
      [12, 112, 89],
    ],
  ]

  test.each([0, 1, 2] as const)(
    'is the same to the last pixel where there are few, however it was written: %i',
    (way) => {
      expect(shown(indexedPng(png(few, way)))).toEqual({ lines: few, colours: 5 })
    },
  )

  test('has no colour that is far from what it was where there are many', () => {
    const many = Array.from({ length: 32 }, (_, y) =>
      Array.from({ length: 32 }, (__, x): Colour => [8 * x, 8 * y, 128]),
    )
    const { lines, colours } = shown(indexedPng(png(many, 0)))
    expect(colours).toBeLessThanOrEqual(256)
    const away = lines.flatMap((line, y) =>
      line.map(([red, green], x) => Math.max(Math.abs(red - 8 * x), Math.abs(green - 8 * y))),
    )
    expect(Math.max(...away)).toBeLessThanOrEqual(16)
  })
})

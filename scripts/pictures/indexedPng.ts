import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** As many colours as one byte names. */
const MOST_COLOURS = 256

/** What a browser's screenshot is: eight bits each of red, green and blue, and perhaps of opacity. */
interface Picture {
  readonly width: number
  readonly height: number
  /** Red, green and blue of each pixel, as one number. */
  readonly pixels: Uint32Array
}

/**
 * The same picture by a table of 256 colours, at less than half of the size. A page has a few colours and the shades
 * between them at the edges of its letters: the shades that are left out differ from their neighbours by a few steps of
 * 256, which nobody sees.
 */
export function indexedPng(png: Buffer): Buffer {
  const { width, height, pixels } = pictureOf(png)
  const { table, indexOf } = colourTable(pixels)
  const lines = Buffer.alloc(height * (width + 1))
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) lines[y * (width + 1) + 1 + x] = indexOf.get(pixels[y * width + x] ?? 0) ?? 0
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 3, 0, 0, 0], 8) // eight bits, by table
  const colours = Buffer.from(table.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]))
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', head),
    chunk('PLTE', colours),
    chunk('IDAT', deflateSync(lines, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(name: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), content])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(content.length)
  sum.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, sum])
}

/** Reads a PNG of eight bits without interlacing, as Chromium writes it. */
function pictureOf(png: Buffer): Picture {
  const parts: Buffer[] = []
  let [width, height, channels] = [0, 0, 0]
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at)
    const name = png.toString('latin1', at + 4, at + 8)
    const content = png.subarray(at + 8, at + 8 + length)
    if (name === 'IHDR') {
      width = content.readUInt32BE(0)
      height = content.readUInt32BE(4)
      channels = content[9] === 6 ? 4 : 3
    } else if (name === 'IDAT') parts.push(content)
    at += length + 12
  }
  const bytes = unfiltered(inflateSync(Buffer.concat(parts)), { width, height, channels })
  const pixels = new Uint32Array(width * height)
  for (let index = 0; index < pixels.length; index++) pixels[index] = bytes.readUIntBE(index * channels, 3)
  return { width, height, pixels }
}

/** Each line of a PNG is written as the difference from its neighbours, in one of five ways. */
function unfiltered(
  filtered: Buffer,
  { width, height, channels }: { readonly width: number; readonly height: number; readonly channels: number },
): Buffer {
  const stride = width * channels
  const bytes = Buffer.alloc(height * stride)
  for (let y = 0; y < height; y++) {
    const kind = filtered[y * (stride + 1)]
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x
      const left = x < channels ? 0 : (bytes[at - channels] ?? 0)
      const above = y === 0 ? 0 : (bytes[at - stride] ?? 0)
      const corner = x < channels || y === 0 ? 0 : (bytes[at - stride - channels] ?? 0)
      const guess = [0, left, above, (left + above) >> 1, nearest(left, above, corner)][kind ?? 0] ?? 0
      bytes[at] = ((filtered[y * (stride + 1) + 1 + x] ?? 0) + guess) & 255
    }
  }
  return bytes
}

/** Whichever of three neighbours is nearest to what they promise together. */
function nearest(left: number, above: number, corner: number): number {
  const promised = left + above - corner
  const [byLeft, byAbove, byCorner] = [left, above, corner].map((each) => Math.abs(promised - each))
  if ((byLeft ?? 0) <= (byAbove ?? 0) && (byLeft ?? 0) <= (byCorner ?? 0)) return left
  return (byAbove ?? 0) <= (byCorner ?? 0) ? above : corner
}

/**
 * The colours to keep, and which of them each colour becomes. The most frequent ones stay as they are; one that is near
 * to a colour that was kept gives its place to a rarer one that is not.
 */
function colourTable(pixels: Uint32Array): {
  readonly table: readonly number[]
  readonly indexOf: ReadonlyMap<number, number>
} {
  const counts = new Map<number, number>()
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1)
  const byCount = [...counts.keys()].sort((one, other) => (counts.get(other) ?? 0) - (counts.get(one) ?? 0))
  let table: number[] = []
  for (let apart = 1; table.length === 0 || table.length > MOST_COLOURS; apart += 1) {
    table = []
    for (const colour of byCount) {
      if (table.every((kept) => distance(kept, colour) >= apart)) table.push(colour)
      if (table.length > MOST_COLOURS) break
    }
  }
  const indexOf = new Map<number, number>()
  for (const colour of byCount) {
    let best = 0
    for (let index = 1; index < table.length; index++) {
      if (distance(table[index] ?? 0, colour) < distance(table[best] ?? 0, colour)) best = index
    }
    indexOf.set(colour, best)
  }
  return { table, indexOf }
}

/** How far two colours are apart in the channel in which they differ most. */
function distance(one: number, other: number): number {
  return Math.max(
    Math.abs((one >> 16) - (other >> 16)),
    Math.abs(((one >> 8) & 255) - ((other >> 8) & 255)),
    Math.abs((one & 255) - (other & 255)),
  )
}

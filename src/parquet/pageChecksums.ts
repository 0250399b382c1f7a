import { crc32 } from 'node:zlib'
import { systemCodeOf } from '../errors.ts'
import { FileBytes } from '../files/read.ts'
import type { Column, Footer } from './footer.ts'
import { type Field, ThriftError, ThriftWalker } from './thrift.ts'

/** Read from a page in one call; most pages are smaller. */
const SLICE_BYTES = 1024 * 1024
/** Most headers are shorter. One may contain the bounds of its page, and those values may be long. */
const HEADER_BYTES = 512
const MAX_HEADER_BYTES = 16 * 1024 * 1024
/** After this many bytes, signals and timers get their turn. */
const BYTES_A_TURN = 16 * 1024 * 1024

/** Fields of a page's header. Source: the Parquet format, `parquet.thrift`, `PageHeader`. */
const COMPRESSED_BYTES = 3
const CHECKSUM = 4

/**
 * Compares the pages of some columns with the checksums in their headers, which DuckDB does not do. A checksum is the
 * CRC-32 of a page as it is stored: compressed, with its levels. Pages without one are skipped, and so is the rest of
 * a column chunk whose headers cannot be followed: decoding fails there.
 * @returns the name of the first column with a page that does not match; undefined if none is found, or the file is
 *          gone
 * @throws the system's error, if the file cannot be read
 */
export async function mismatchedColumn(
  path: string,
  { rowGroups }: Pick<Footer, 'rowGroups'>,
  columns: readonly Column[],
): Promise<string | undefined> {
  let file: FileBytes
  try {
    file = FileBytes.open(path)
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  }
  const pages = new PageReader(file)
  try {
    for (const { chunks } of rowGroups) {
      for (const { name, firstChunk, endChunkExclusive } of columns) {
        for (const { firstPage, bytes } of chunks.slice(firstChunk, endChunkExclusive)) {
          if (!(await pages.match(firstPage, bytes))) return name
        }
      }
    }
    return undefined
  } finally {
    pages.close()
  }
}

/** Reads a file page by page. */
class PageReader {
  readonly #file: FileBytes
  #bytesThisTurn = 0

  constructor(file: FileBytes) {
    this.#file = file
  }

  close(): void {
    this.#file.close()
  }

  /** Whether every page of a chunk that has a checksum matches it. */
  async match(start: number, bytes: number): Promise<boolean> {
    const endExclusive = Math.min(start + bytes, this.#file.size)
    for (let position = start; position < endExclusive; ) {
      const header = this.#headerAt(position)
      // A writer gives either all pages of a chunk a checksum, or none.
      if (header?.checksum === undefined) return true
      const dataEnd = header.dataStart + header.bytes
      // If the page is cut off, decoding fails.
      if (dataEnd > this.#file.size) return true
      if ((await this.#checksumOf(header.dataStart, dataEnd)) !== header.checksum) return false
      position = dataEnd
    }
    return true
  }

  /** @returns undefined if there is no header that can be followed */
  #headerAt(position: number): { dataStart: number; bytes: number; checksum: number | undefined } | undefined {
    for (let bytes = HEADER_BYTES; ; bytes *= 32) {
      const text = this.#file.at(position, bytes)
      try {
        const walker = new ThriftWalker(text)
        const fields = walker.fieldsAt(0)
        const number = (id: number): number | undefined => {
          const field = fields.find((found: Field) => found.id === id)
          return field === undefined ? undefined : walker.integerOf(field)
        }
        const compressed = number(COMPRESSED_BYTES)
        const checksum = number(CHECKSUM)
        if (compressed === undefined || compressed < 0) return undefined
        // A one-byte end mark follows the last field.
        const dataStart = position + (fields.at(-1)?.endExclusive ?? 0) + 1
        return { dataStart, bytes: compressed, checksum: checksum === undefined ? undefined : checksum >>> 0 }
      } catch (error) {
        if (!(error instanceof ThriftError)) throw error
        // Perhaps the header goes on after what was read.
        if (text.length < bytes || bytes >= MAX_HEADER_BYTES) return undefined
      }
    }
  }

  async #checksumOf(start: number, endExclusive: number): Promise<number> {
    let checksum = 0
    for (let position = start; position < endExclusive; ) {
      const slice = this.#file.at(position, Math.min(SLICE_BYTES, endExclusive - position))
      if (slice.length === 0) break
      checksum = crc32(slice, checksum)
      position += slice.length
      await this.#turn(slice.length)
    }
    return checksum
  }

  /** The calls are synchronous and would keep Ctrl-C waiting until the end of a large file. */
  async #turn(bytes: number): Promise<void> {
    this.#bytesThisTurn += bytes
    if (this.#bytesThisTurn < BYTES_A_TURN) return
    this.#bytesThisTurn = 0
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}

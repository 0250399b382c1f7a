import { type ColumnChunk, parquetMetadata } from 'hyparquet'
import { systemCodeOf } from '../errors.ts'
import { FileBytes } from '../files/read.ts'
import { isBindable } from './bindable.ts'
import { type SchemaElements, withoutAnnotations } from './plainFooter.ts'
import { ThriftWalker } from './thrift.ts'
import { type ColumnType, columnTypeOf, type SchemaElement } from './types.ts'

/** A top-level column of a Parquet file. */
export interface Column {
  readonly name: string
  readonly type: ColumnType
  /** Which of a row group's chunks belong to the column: one for each of its leaves. */
  readonly firstChunk: number
  readonly endChunkExclusive: number
  readonly elements: SchemaElements
  /** A number that some writers give each column, to recognize it by when its name changes. */
  readonly fieldId: number | undefined
  /** Whether DuckDB can read a file that has the column as it is annotated. */
  readonly isBindable: boolean
}

/** The values of one leaf in one row group. Nothing of it is checked: it is what the file's writer says. */
export interface Chunk {
  readonly codec: string
  readonly encodings: readonly string[]
  /** Including NULLs and, in a nested leaf, the entries that represent empty lists. */
  readonly values: number
  /** Where its pages begin in the file, with the dictionary's page and all headers. */
  readonly firstPage: number
  readonly bytes: number
  readonly statistics: ChunkStatistics | undefined
  /** The file that contains its pages, if that is another one. */
  readonly filePath: string | undefined
}

/** Bounds as they are stored: times as integers, decimals as hyparquet decodes them. */
export interface ChunkStatistics {
  readonly nulls: number | undefined
  readonly min: unknown
  readonly max: unknown
}

export interface RowGroup {
  readonly rows: number
  readonly chunks: readonly Chunk[]
}

/** What the footer of a Parquet file says. */
export interface Footer {
  readonly rows: number
  /** The sum over its row groups, which is what a reader finds. */
  readonly rowGroupRows: number
  /** In order. Files with the same schema share one array, as long as one `FooterReader` reads them. */
  readonly columns: readonly Column[]
  readonly rowGroups: readonly RowGroup[]
  readonly keyValues: ReadonlyMap<string, string>
  /** The program that wrote the file, as it calls itself. */
  readonly createdBy: string
  readonly isEncrypted: boolean
}

/** A file whose footer cannot be read, and why. */
export interface NoFooter {
  readonly reason: string
}

/** What a Parquet file begins and ends with; one with an encrypted footer ends differently. */
const MAGIC = 'PAR1'
const ENCRYPTED_MAGIC = 'PARE'
/** The length of a footer and the magic after it. */
const TAIL_BYTES = 8
/** Both magics and the length of a footer. */
const LEAST_BYTES = 12
/** Read from the end in one call: most footers are shorter. */
const FIRST_READ_BYTES = 16_384
/** A footer of 100,000 column chunks has 20 MB. */
const MAX_FOOTER_BYTES = 64 * 1024 * 1024
/** The field of a footer that names the encryption algorithm, even where the footer itself is not encrypted. */
const ENCRYPTION_FIELD = 8

const UNDECODABLE: NoFooter = { reason: 'its footer cannot be decoded' }

/** Reads footers; columns that files share are made once. */
export class FooterReader {
  readonly #columns = new Map<string, readonly Column[]>()

  /** @throws Error  the system's, if the file is not at fault */
  read(path: string): Footer | NoFooter {
    let end: FileBytes
    try {
      end = FileBytes.open(path)
    } catch (error) {
      const code = systemCodeOf(error)
      if (code === 'EACCES' || code === 'EPERM') return { reason: 'it cannot be read: permission denied' }
      if (code === 'ENOENT') return { reason: 'it is gone' }
      throw error
    }
    try {
      const bytes = footerBytes(end)
      return bytes instanceof Uint8Array ? this.#decode(bytes) : bytes
    } finally {
      end.close()
    }
  }

  /** @param bytes  the footer, its length and the magic */
  #decode(bytes: Uint8Array): Footer | NoFooter {
    try {
      const fields = new ThriftWalker(bytes.subarray(0, -TAIL_BYTES)).fieldsAt(0)
      // GeoParquet's keys are ignored and statistics stay as they are stored: only readers of values need more.
      const metadata = parquetMetadata(bytes, { geoparquet: false, parsers: AS_THEY_ARE })
      const rows = countOf(metadata.num_rows)
      const isEncrypted =
        fields.some(({ id }) => id === ENCRYPTION_FIELD) ||
        metadata.row_groups.some(({ columns }) => columns.some(isEncryptedChunk))
      const rowGroups = metadata.row_groups.map(({ num_rows, columns }) => {
        return { rows: countOf(num_rows), chunks: isEncrypted ? [] : columns.map(chunkOf) }
      })
      return {
        rows,
        rowGroupRows: rowGroups.reduce((sum, group) => sum + group.rows, 0),
        columns: this.#columnsOf(metadata.schema),
        rowGroups,
        keyValues: new Map(metadata.key_value_metadata?.map(({ key, value }) => [key, value ?? ''])),
        createdBy: metadata.created_by ?? '',
        isEncrypted,
      }
    } catch {
      // Whatever failed: no writer of Parquet makes such bytes.
      return UNDECODABLE
    }
  }

  #columnsOf(schema: readonly SchemaElement[]): readonly Column[] {
    const key = JSON.stringify(schema, (_, value) => (typeof value === 'bigint' ? String(value) : value))
    const columns = this.#columns.get(key) ?? outermostColumns(schema)
    this.#columns.set(key, columns)
    return columns
  }
}

/** A different end for a file, in which some columns have no annotations. */
export interface PlainEnd {
  /** How many bytes of the file come before its footer. */
  readonly keptBytes: number
  readonly end: Uint8Array
}

/** Makes an end for a file in which `columns` have no annotations. */
export function plainEndOf(path: string, columns: readonly Column[]): PlainEnd {
  const file = FileBytes.open(path)
  try {
    const bytes = footerBytes(file)
    if (!(bytes instanceof Uint8Array)) throw new Error(`${path}: ${bytes.reason}`)
    const footer = withoutAnnotations(bytes.subarray(0, -TAIL_BYTES), columns)
    const length = Buffer.alloc(TAIL_BYTES - MAGIC.length)
    length.writeUInt32LE(footer.length)
    return { keptBytes: file.size - bytes.length, end: Buffer.concat([footer, length, Buffer.from(MAGIC)]) }
  } finally {
    file.close()
  }
}

/** Leaves statistics as they are stored. */
const AS_THEY_ARE = {
  timestampFromMilliseconds: (value: bigint) => value,
  timestampFromMicroseconds: (value: bigint) => value,
  timestampFromNanoseconds: (value: bigint) => value,
  dateFromDays: (value: number) => value,
  stringFromBytes: (value: Uint8Array) => value,
}

function footerBytes(end: FileBytes): Uint8Array | NoFooter {
  const { size } = end
  if (size === 0) return { reason: 'it is empty' }
  const tail = end.last(Math.min(size, FIRST_READ_BYTES))
  const magic = tail.toString('latin1', Math.max(0, tail.length - MAGIC.length))
  if (magic === ENCRYPTED_MAGIC) return { reason: 'it is encrypted' }
  if (magic !== MAGIC || size < LEAST_BYTES) {
    if (end.first(MAGIC.length) !== MAGIC) return { reason: 'it is not a Parquet file' }
    return { reason: 'it has no footer: it was cut off, or is not finished' }
  }
  const length = tail.readUInt32LE(tail.length - TAIL_BYTES)
  if (length === 0 || length > size - LEAST_BYTES) return UNDECODABLE
  if (length > MAX_FOOTER_BYTES) return { reason: `its footer has ${length} bytes; the limit is ${MAX_FOOTER_BYTES}` }
  const wanted = length + TAIL_BYTES
  return wanted <= tail.length ? tail.subarray(-wanted) : end.last(wanted)
}

function isEncryptedChunk(chunk: ColumnChunk): boolean {
  return chunk.crypto_metadata !== undefined || chunk.encrypted_column_metadata !== undefined
}

function chunkOf({ meta_data: chunk, file_path: filePath }: ColumnChunk): Chunk {
  if (chunk === undefined) throw new RangeError('a column chunk without metadata')
  const { statistics, dictionary_page_offset: dictionary } = chunk
  const firstData = countOf(chunk.data_page_offset)
  return {
    codec: chunk.codec,
    encodings: chunk.encodings ?? [],
    values: countOf(chunk.num_values),
    // Some writers put 0 here when there is no dictionary.
    firstPage: dictionary === undefined || dictionary <= 0n ? firstData : Math.min(countOf(dictionary), firstData),
    bytes: countOf(chunk.total_compressed_size),
    statistics: statistics && {
      nulls: statistics.null_count === undefined ? undefined : Number(statistics.null_count),
      min: statistics.min_value ?? statistics.min,
      max: statistics.max_value ?? statistics.max,
    },
    filePath: filePath === undefined || filePath === '' ? undefined : filePath,
  }
}

function countOf(number: bigint): number {
  const count = Number(number)
  if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`${number} is not a count`)
  return count
}

function outermostColumns(schema: readonly SchemaElement[]): Column[] {
  const columns: Column[] = []
  let chunk = 0
  for (let index = 1; ; ) {
    const element = schema[index]
    if (element === undefined) return columns
    const [first, firstChunk] = [index, chunk]
    // `open` counts the elements of the column that are still to come.
    for (let open = 1; open > 0; index++) {
      const part = schema[index]
      if (part === undefined) throw new RangeError('a group lacks children')
      const children = part.num_children ?? 0
      if (part.type !== undefined) chunk += 1
      open += children - 1
    }
    columns.push({
      name: element.name,
      type: columnTypeOf(element),
      firstChunk,
      endChunkExclusive: chunk,
      elements: { first, endExclusive: index },
      fieldId: element.field_id,
      isBindable: isBindable(schema.slice(first, index)),
    })
  }
}

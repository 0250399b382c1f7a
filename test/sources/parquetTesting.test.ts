import { createHash } from 'node:crypto'
import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { identifier } from '../../src/duckdb/sql/literals.ts'
import type { JsonValue } from '../../src/duckdb/values.ts'
import { LandingStream } from '../support/landingStream.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/parquet-testing', import.meta.url))

/** The rows of a file's flat columns as pyarrow reads them, sorted; their digest where they are many. */
interface Expected {
  readonly columns: Readonly<Record<string, string>>
  readonly count: number
  readonly rows?: readonly string[]
  readonly digest?: string
}

const expected = JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8')) as Record<string, Expected>

/** Files that are not taken, with columns of theirs, and why. */
const REJECTED: Readonly<
  Record<string, { readonly columns: Readonly<Record<string, string>>; readonly says: string }>
> = {
  'bad_data/ARROW-GH-41317.parquet': {
    columns: { timestamp_us_no_tz: 'TIMESTAMPTZ' },
    says: 'its pages cannot be decoded',
  },
  'bad_data/ARROW-GH-41321.parquet': { columns: { int64: 'BIGINT' }, says: 'its pages cannot be decoded' },
  'bad_data/ARROW-GH-47662.parquet': { columns: { flba_field: 'BLOB' }, says: 'its pages cannot be decoded' },
  'bad_data/ARROW-RS-GH-6229-DICTHEADER.parquet': {
    columns: { name: 'VARCHAR' },
    says: 'Invalid dictionary page header (num_values < 0)',
  },
  'bad_data/PARQUET-1481.parquet': { columns: { id: 'BIGINT' }, says: 'its footer cannot be decoded' },
  'data/byte_stream_split_extended.gzip.parquet': {
    columns: { int32_byte_stream_split: 'INTEGER' },
    says: 'BYTE_STREAM_SPLIT encoding is only supported for FLOAT or DOUBLE data',
  },
  'data/hadoop_lz4_compressed.parquet': {
    columns: { c0: 'BIGINT' },
    says: 'its pages are compressed by LZ4, which DuckDB cannot read',
  },
  'data/non_hadoop_lz4_compressed.parquet': {
    columns: { c0: 'BIGINT' },
    says: 'its pages are compressed by LZ4, which DuckDB cannot read',
  },
  'data/int96_from_spark.parquet': {
    columns: { a: 'TIMESTAMPTZ' },
    says: 'column a, row 6: 226414-01-07 (BC) 22:21:39.416064 is outside the years 1 to 9999',
  },
  'data/datapage_v1-corrupt-checksum.parquet': {
    columns: { a: 'INTEGER' },
    says: 'column a: a page does not match its checksum, so the file is damaged',
  },
  'data/rle-dict-uncompressed-corrupt-checksum.parquet': {
    columns: { long_field: 'BIGINT' },
    says: 'column long_field: a page does not match its checksum, so the file is damaged',
  },
  'data/repeated_no_annotation.parquet': {
    columns: { id: 'INTEGER' },
    says: 'its footer counts 0 rows, its row groups 6',
  },
}

/** Files without a flat column that is known share none with a table; encrypted ones share nothing. */
const [NOTHING_SHARED, ENCRYPTED] = ['it shares no column with the table, which has id', 'it is encrypted']

const files = ['data', 'data/geospatial', 'data/aes256', 'bad_data', 'shredded_variant'].flatMap((folder) =>
  readdirSync(join(FIXTURES, folder))
    .filter((name) => /\.(parquet|encrypted)$/.test(name))
    .map((name) => `${folder}/${name}`),
)

describe("Apache's public files", () => {
  test.each(files)('%s', async (file) => {
    const rejected = REJECTED[file]
    const known = expected[file]
    const columns = rejected?.columns ?? known?.columns ?? { id: 'BIGINT' }
    const stream = await LandingStream.open({ columns })
    copyFileSync(join(FIXTURES, file), stream.path(`${basename(file)}.parquet`))
    await stream.run()
    const [reason] = Object.values(await stream.reasons())
    if (rejected !== undefined || known === undefined) {
      expect(reason).toBe(rejected?.says ?? (file.endsWith('.encrypted') ? ENCRYPTED : NOTHING_SHARED))
      return
    }
    expect(reason).toBeUndefined()
    const names = Object.keys(columns)
    const selected = names.map((name, index) => `${selectedOf(identifier(name), columns[name])} AS v${index}`)
    const landed = await stream.rows('ALL', selected.join(', '))
    const rows = landed
      .map((row) => names.map((name, index) => textOf(row[`v${index}`] ?? null, columns[name])).join('\u001f'))
      .sort()
    expect(rows.length).toBe(known.count)
    if (known.rows !== undefined) expect(rows).toEqual(known.rows)
    else
      expect(createHash('sha256').update(rows.join('\n')).digest('hex'), rows.slice(0, 5).join('\n')).toBe(known.digest)
  })
})

/** A value as text. */
function selectedOf(column: string, type: string | undefined): string {
  if (type === 'BLOB') return `lower(hex(${column}))`
  return type === 'TIMESTAMPTZ' ? `CAST(epoch_us(${column}) AS VARCHAR)` : `CAST(${column} AS VARCHAR)`
}

/** A text as expected.json has it: of a DOUBLE its 64 bits, the highest first. */
function textOf(value: JsonValue, type: string | undefined): string {
  if (value === null) return 'NULL'
  if (type !== 'DOUBLE') return String(value)
  if (String(value).endsWith('nan')) return 'nan'
  const bits = Buffer.alloc(8)
  bits.writeDoubleBE(Number(String(value).replace('inf', 'Infinity')))
  return bits.toString('hex')
}

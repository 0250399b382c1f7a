import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type Footer, FooterReader } from '../../src/parquet/footer.ts'
import { mismatchedColumn } from '../../src/parquet/pageChecksums.ts'
import { LandingStream } from '../support/landingStream.ts'
import { describeWith } from '../support/optionalTool.ts'
import { int96File } from '../support/parquetFiles.ts'
import { parquetFile, stored, types } from '../support/parquetWriter.ts'
import { hasPython, PYTHON_NEED, python } from '../support/python.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

function footerOf(path: string): Footer {
  const footer = new FooterReader().read(path)
  if ('reason' in footer) throw new Error(`${path}: ${footer.reason}`)
  return footer
}

/** Writes a file, and looks through all of its columns. */
async function mismatchIn(path: string, bytes: Buffer, footer?: Footer): Promise<string | undefined> {
  writeFileSync(path, bytes)
  const known = footer ?? footerOf(path)
  return mismatchedColumn(path, known, known.columns)
}

/** A copy in which one bit of a byte is another. */
function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 0x10
  return copy
}

const TIMES = [0n, 1_000n, 2_000n]

describe('a page', () => {
  test('with a checksum of its bytes matches, and with each bit of it flipped it does not', async () => {
    const path = join(temporaryFolder(), 'a.parquet')
    const bytes = int96File('seen_at', TIMES, TIMES.length, crc32)
    expect(await mismatchIn(path, bytes)).toBeUndefined()
    const footer = footerOf(path)
    const { firstPage, bytes: pageBytes } = footer.rowGroups[0]?.chunks[0] ?? { firstPage: 0, bytes: 0 }
    const dataStart = firstPage + pageBytes - TIMES.length * 12
    for (let at = dataStart; at < firstPage + pageBytes; at++) {
      expect(await mismatchIn(path, flipped(bytes, at), footer)).toBe('seen_at')
    }
  })

  test.each([
    { what: 'without a checksum is passed over', bytes: int96File('seen_at', TIMES) },
    { what: 'with a checksum of a negative sign matches', bytes: withNegativeChecksum() },
  ])('$what', async ({ bytes }) => {
    expect(await mismatchIn(join(temporaryFolder(), 'a.parquet'), bytes)).toBeUndefined()
  })

  test('whose header cannot be followed, or that is cut off, is left to whoever decodes it', async () => {
    const path = join(temporaryFolder(), 'a.parquet')
    const bytes = int96File('seen_at', TIMES, TIMES.length, crc32)
    writeFileSync(path, bytes)
    const footer = footerOf(path)
    for (let at = 4; at < 40; at++) {
      const found = await mismatchIn(path, Buffer.from(bytes).fill(0xff, at, at + 8), footer)
      expect([undefined, 'seen_at']).toContain(found)
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(await mismatchIn(path, bytes.subarray(0, length), footer)).toBeUndefined()
    }
  })

  test('of a file that is gone mismatches nothing: there is nothing to take', async () => {
    const path = join(temporaryFolder(), 'a.parquet')
    writeFileSync(path, int96File('seen_at', TIMES, TIMES.length, crc32))
    const footer = footerOf(path)
    rmSync(path)
    expect(await mismatchedColumn(path, footer, footer.columns)).toBeUndefined()
  })
})

/** Checksums are written as signed integers. */
function withNegativeChecksum(): Buffer {
  for (let nanos = 0n; ; nanos += 1_000n) {
    let isNegative = false
    const bytes = int96File('seen_at', [nanos], 1, (page) => {
      isNegative = (crc32(page) | 0) < 0
      return crc32(page)
    })
    if (isNegative) return bytes
  }
}

test('a landed file with a wrong checksum is rejected by its column, and the others of its batch are taken', async () => {
  const stream = await LandingStream.open({ columns: { seen_at: 'TIMESTAMPTZ' } })
  const good = int96File('seen_at', TIMES, TIMES.length, crc32)
  writeFileSync(
    stream.path('bad.parquet'),
    int96File('seen_at', TIMES, TIMES.length, () => 1),
  )
  writeFileSync(stream.path('good.parquet'), good)
  await stream.run()
  expect((await stream.notes()).rejected).toMatchObject({
    'bad.parquet': { reason: 'column seen_at: a page does not match its checksum, so the file is damaged' },
  })
  expect(Object.keys((await stream.notes()).rejected)).toEqual(['bad.parquet'])
  expect(await stream.rows()).toHaveLength(TIMES.length)
})

test('a wrong checksum in a column that no table has keeps no file out', async () => {
  const stream = await LandingStream.open({ columns: { seen_at: 'TIMESTAMPTZ' } })
  const path = stream.path('a.parquet')
  writeFileSync(
    path,
    int96File('seen_at', TIMES, TIMES.length, () => 1),
  )
  const footer = footerOf(path)
  expect(await mismatchedColumn(path, footer, [])).toBeUndefined()
  expect(await mismatchedColumn(path, footer, footer.columns)).toBe('seen_at')

  const values = TIMES.map(stored.int96)
  const columns = ['seen_at', 'more'].map((name) => ({ name, type: types.int96, values }))
  /** The file of both columns, of which the page of one is wrong. */
  const wrongAt = (wrong: number): Buffer => {
    let page = -1
    const checksum = (bytes: Buffer): number => {
      page += 1
      return page === wrong ? 1 : crc32(bytes)
    }
    return parquetFile({ columns, checksum })
  }
  writeFileSync(stream.path('extra.parquet'), wrongAt(1))
  writeFileSync(stream.path('taken.parquet'), wrongAt(0))
  await stream.run()
  expect(Object.keys((await stream.notes()).rejected)).toEqual(['a.parquet', 'taken.parquet'])
  expect(await stream.rows()).toHaveLength(TIMES.length)
})

describeWith(hasPython, PYTHON_NEED, 'files of pyarrow with checksums', () => {
  test('match whatever their pages, and a flipped bit in any column chunk is found', async () => {
    const folder = temporaryFolder()
    const paths = await python<string[]>(
      `
      import itertools, pyarrow as pa, pyarrow.parquet as pq
      rows = 5000
      table = pa.table({
        'number': pa.array(range(rows)), 'text': pa.array([None if i % 7 == 0 else 'x' * (i % 50) for i in range(rows)]),
        'list': pa.array([[i, i + 1] if i % 3 else [] for i in range(rows)]),
      })
      found = []
      for version, codec, dictionary in itertools.product(['1.0', '2.0'], ['none', 'snappy', 'zstd', 'gzip'], [1, 0]):
        found.append(f'{given}/{version}-{codec}-{dictionary}.parquet')
        pq.write_table(table, found[-1], row_group_size=2000, data_page_size=4096, write_page_checksum=True,
          data_page_version=version, compression=codec, use_dictionary=bool(dictionary))
      `,
      folder,
    )
    expect(paths).toHaveLength(16)
    for (const path of paths) {
      const bytes = readFileSync(path)
      const footer = footerOf(path)
      expect([path, await mismatchedColumn(path, footer, footer.columns)]).toEqual([path, undefined])
      const chunks = footer.rowGroups.flatMap((group) => group.chunks)
      expect(chunks).toHaveLength(9)
      for (const { firstPage, bytes: chunkBytes } of chunks) {
        // The last byte of a chunk is one of a page's, whatever the lengths of headers.
        expect(await mismatchIn(path, flipped(bytes, firstPage + chunkBytes - 1), footer)).toBeDefined()
      }
    }
  })

  test('that are wrong in a column that no table has keep no file out; in one that a table has they do', async () => {
    const stream = await LandingStream.open()
    for (const [name, column] of [
      ['extra.parquet', 'more'],
      ['wanted.parquet', 'id'],
    ]) {
      await python(
        `
        import pyarrow as pa, pyarrow.parquet as pq
        path, column = given
        table = pa.table({'id': pa.array([1, 2]), 'name': pa.array(['a', 'b']), 'more': pa.array([3, 4])})
        pq.write_table(table, path, write_page_checksum=True, compression='none', use_dictionary=False)
        chunk = pq.read_metadata(path).row_group(0).column(table.column_names.index(column))
        at = chunk.data_page_offset + chunk.total_compressed_size - 1
        whole = bytearray(open(path, 'rb').read())
        whole[at] ^= 1
        open(path, 'wb').write(whole)
        `,
        [stream.path(name as string), column],
      )
    }
    await stream.run()
    expect(Object.keys((await stream.notes()).rejected)).toEqual(['wanted.parquet'])
    expect(await stream.rows()).toHaveLength(2)
  })
})

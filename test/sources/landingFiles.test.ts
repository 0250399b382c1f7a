import { copyFileSync, linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { LandingStream } from '../support/landingStream.ts'
import { damageBytes } from '../support/parquetFiles.ts'
import { rawSql } from '../support/sql.ts'

/** The codecs of Parquet that DuckDB reads. */
const CODECS = ['uncompressed', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4', 'lz4_raw']

/** Rows that do not compress to nothing, so that a file has pages to damage. */
const ROWS = 'SELECT range AS id, md5(range::VARCHAR) AS name FROM range(2000)'

/** What becomes of a sound file of ROWS, and the exact reason for which it is not taken. */
interface Broken {
  readonly name: string
  readonly codec?: string
  readonly options?: string
  readonly damage: (whole: Buffer) => Buffer
  readonly reason: string
}

const cutOff = 'it has no footer: it was cut off, or is not finished'
const undecodable = 'its pages cannot be decoded'

const BROKEN: readonly Broken[] = [
  { name: 'zero bytes', damage: () => Buffer.alloc(0), reason: 'it is empty' },
  { name: 'text', damage: () => Buffer.from('hello, world, this is text\n'), reason: 'it is not a Parquet file' },
  { name: 'three letters', damage: () => Buffer.from('PAR'), reason: 'it is not a Parquet file' },
  { name: 'nothing but the magic', damage: () => Buffer.from('PAR1'), reason: cutOff },
  { name: 'the magic twice', damage: () => Buffer.from('PAR1PAR1'), reason: cutOff },
  { name: 'cut before the footer', damage: (whole) => whole.subarray(0, 400), reason: cutOff },
  { name: 'cut in the footer', damage: (whole) => whole.subarray(0, -9), reason: cutOff },
  {
    name: 'cut in the data',
    damage: (whole) => Buffer.concat([whole.subarray(0, 300), whole.subarray(-1_000)]),
    reason: 'pages that its footer names are missing: a part of the file was cut out',
  },
  {
    name: 'a footer of nonsense',
    damage: (whole) => Buffer.concat([whole.subarray(0, 4), Buffer.alloc(40, 0xee), end(30)]),
    reason: 'its footer cannot be decoded',
  },
  {
    name: 'a footer longer than the file',
    damage: (whole) => Buffer.concat([whole.subarray(0, 30), end(1_000_000)]),
    reason: 'its footer cannot be decoded',
  },
  { name: 'a damaged page header', damage: (whole) => damageBytes(whole, 4, 44), reason: undecodable },
  ...CODECS.slice(1).map((codec) => ({
    name: `a damaged ${codec} page`,
    codec,
    damage: (whole: Buffer) => damageBytes(whole, 40, 400),
    reason: `a page cannot be decompressed (${codec === 'lz4_raw' ? 'lz4' : codec})`,
  })),
  {
    name: 'encrypted',
    options: ", ENCRYPTION_CONFIG {footer_key: 'test_key'}",
    damage: (whole) => whole,
    reason: 'it is encrypted',
  },
]

/** The last eight bytes of a Parquet file. */
function end(footerBytes: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(footerBytes)
  return Buffer.concat([length, Buffer.from('PAR1')])
}

test('every broken file is rejected with its reason and stays as it is, and every codec is taken, in one folder', async () => {
  const stream = await LandingStream.open()
  // The encryption that DuckDB has without an extension is not safe, and good enough to be refused.
  await stream.session.run(
    rawSql`SET force_mbedtls_unsafe = 'true'; PRAGMA add_parquet_key('test_key', '0123456789112345')`,
  )
  const left = new Map<string, Buffer>()
  for (const { name, codec = 'snappy', options = '', damage } of BROKEN) {
    const path = await stream.drop(`${name}.parquet`, ROWS, `, COMPRESSION ${codec}${options}`)
    const bytes = damage(readFileSync(path))
    writeFileSync(path, bytes)
    left.set(`${name}.parquet`, bytes)
  }
  for (const codec of CODECS) await stream.drop(`sound ${codec}.parquet`, ROWS, `, COMPRESSION ${codec}`)
  await stream.run()

  const reasons = BROKEN.map(({ name, reason }) => [`${name}.parquet`, reason])
  expect(await stream.reasons()).toEqual(Object.fromEntries(reasons))
  expect(stream.waiting()).toEqual([...left.keys()].sort())
  for (const [name, bytes] of left) expect(readFileSync(stream.path(name)).equals(bytes), name).toBe(true)
  expect(stream.archived()).toEqual(CODECS.map((codec) => `sound ${codec}.parquet`).sort())
  const rows = await stream.rows('id')
  expect(rows.length).toBe(2000 * CODECS.length)
  expect(new Set(rows.map(({ name }) => name)).size).toBe(2000)
})

test('a file of no rows, one of a huge row group, and the same bytes under two names are taken whole', async () => {
  const stream = await LandingStream.open()
  const huge = 1_500_000
  await stream.drop('none.parquet', `${ROWS} WHERE false`)
  await stream.drop('huge.parquet', `SELECT range AS id FROM range(${huge})`, `, ROW_GROUP_SIZE ${huge}`)
  copyFileSync(await stream.drop('one.parquet', "SELECT -1 AS id, 'twin' AS name"), stream.path('other.parquet'))
  const [batch] = await stream.run({ maxRows: 2 * huge })
  expect(batch).toMatchObject({ inputFiles: 4, inputRows: huge + 2 })
  expect(await stream.rows('id LIMIT 3')).toEqual([
    { id: -1, name: 'twin' },
    { id: -1, name: 'twin' },
    { id: 0, name: null },
  ])
  expect(stream.archived()).toEqual(['huge.parquet', 'none.parquet', 'one.parquet', 'other.parquet'])
})

test('a name that comes again after its file was taken is a file of its own', async () => {
  const stream = await LandingStream.open()
  for (const id of [1, 2, 3]) {
    await stream.drop('daily.parquet', `SELECT ${id} AS id, 'x' AS name`)
    await stream.run()
  }
  expect((await stream.rows('id')).map(({ id }) => id)).toEqual([1, 2, 3])
  expect(stream.archived()).toEqual(['daily (*).parquet', 'daily (*).parquet', 'daily.parquet'])
})

test('10,000 files at once are taken in one batch, but for the broken ones among them', async () => {
  const stream = await LandingStream.open()
  const file = await stream.drop('temporary')
  const names = Array.from({ length: 10_000 }, (_, index) => (index % 100 === 7 ? `[${index}]` : `${index}`))
  // Links: to make 10,000 files takes longer than to take them.
  for (const name of names) linkSync(file, stream.path(`${name}.parquet`))
  unlinkSync(file)
  for (const name of ['a', 'b']) writeFileSync(stream.path(`${name}.parquet`), 'no file')
  const batches = await stream.run({ maxFiles: 20_000 })
  expect(batches.map(({ inputFiles, inputRows }) => [inputFiles, inputRows])).toEqual([[10_000, 10_000]])
  expect(await stream.reasons()).toEqual({
    'a.parquet': 'it is not a Parquet file',
    'b.parquet': 'it is not a Parquet file',
  })
  expect(stream.waiting()).toEqual(['a.parquet', 'b.parquet'])
  expect(stream.archived()).toEqual(names.map((name) => `${name}.parquet`).sort())
})

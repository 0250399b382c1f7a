import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Database, type Session } from '../../src/duckdb/session.ts'
import { type Column, FooterReader } from '../../src/parquet/footer.ts'
import type { ColumnType } from '../../src/parquet/types.ts'
import { int96File, writeParquet } from '../support/parquetFiles.ts'
import { seededRandom } from '../support/random.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

async function open(): Promise<{ session: Session; folder: string }> {
  const folder = temporaryFolder()
  const database = await Database.open({ threads: 2, memoryLimit: '1GB', tempFolder: join(folder, 'temp') })
  const session = await database.connect()
  onTestFinished(() => {
    session.close()
    database.close()
  })
  return { session, folder }
}

type Span = readonly [number, number]

function column(name: string, type: ColumnType, [firstChunk, endChunkExclusive]: Span, [first, end]: Span): Column {
  const elements = { first, endExclusive: end }
  return { name, type, firstChunk, endChunkExclusive, elements, fieldId: undefined, isBindable: true }
}

/** A file whose footer are these bytes. */
function fileWith(footer: Buffer, length = footer.length): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32LE(length)
  return Buffer.concat([Buffer.from('PAR1'), footer, size, Buffer.from('PAR1')])
}

const UNDECODABLE = { reason: 'its footer cannot be decoded' }
const CUT_OFF = { reason: 'it has no footer: it was cut off, or is not finished' }
const NO_PARQUET = { reason: 'it is not a Parquet file' }

/** The head of a list of structs as the second field of a footer, before its number of items. */
const SCHEMA_LIST = [0x15, 0x02, 0x19, 0xfc]

/** Bytes that are no footer, and what becomes of them. */
const NO_FOOTERS: readonly { what: string; file: Buffer; says: { reason: string } }[] = [
  { what: 'nothing', file: Buffer.alloc(0), says: { reason: 'it is empty' } },
  { what: 'one byte', file: Buffer.from('P'), says: NO_PARQUET },
  { what: 'text', file: Buffer.from('this is no Parquet file'), says: NO_PARQUET },
  { what: 'the magic alone', file: Buffer.from('PAR1'), says: CUT_OFF },
  { what: 'the magic twice', file: Buffer.from('PAR1PAR1'), says: CUT_OFF },
  { what: 'the end of an encrypted file', file: Buffer.from('PARE....PARE'), says: { reason: 'it is encrypted' } },
  { what: 'a footer of no bytes', file: fileWith(Buffer.alloc(0)), says: UNDECODABLE },
  { what: 'a footer longer than the file', file: fileWith(Buffer.alloc(20), 4_000_000_000), says: UNDECODABLE },
  { what: 'a footer that begins in the magic', file: fileWith(Buffer.alloc(20), 21), says: UNDECODABLE },
  { what: 'an empty struct', file: fileWith(Buffer.alloc(1)), says: UNDECODABLE },
  { what: 'a struct without an end', file: fileWith(Buffer.from([0x15, 0x02])), says: UNDECODABLE },
  { what: 'an endless integer', file: fileWith(Buffer.alloc(2_000_000, 0xff).fill(0x16, 0, 1)), says: UNDECODABLE },
  { what: 'a million nested structs', file: fileWith(Buffer.alloc(1_000_000, 0x1c)), says: UNDECODABLE },
  { what: 'a million nested lists', file: fileWith(Buffer.alloc(1_000_000, 0x19)), says: UNDECODABLE },
  {
    what: 'a list of two billion structs',
    file: fileWith(Buffer.from([...SCHEMA_LIST, 0xff, 0xff, 0xff, 0xff, 0x07])),
    says: UNDECODABLE,
  },
  {
    what: 'a list of twelve million empty structs',
    file: fileWith(Buffer.concat([Buffer.from([...SCHEMA_LIST, 0x80, 0xb6, 0xdc, 0x05]), Buffer.alloc(12_000_001)])),
    says: UNDECODABLE,
  },
  {
    what: 'bytes of a negative number',
    file: fileWith(Buffer.from([0x18, 0xff, 0xff, 0xff, 0xff, 0x0f, 0])),
    says: UNDECODABLE,
  },
  {
    what: 'a footer of 70 MB',
    file: fileWith(Buffer.alloc(70_000_000)),
    says: { reason: 'its footer has 70000000 bytes; the limit is 67108864' },
  },
]

describe('a footer', () => {
  test('gives the outermost columns of a file in order, each with its chunks, nested ones as one', async () => {
    const { session, folder } = await open()
    const file = join(folder, 'a [1].parquet')
    await writeParquet(
      session,
      file,
      "SELECT 1 AS a, {'x': 1, 'y': {'z': 2}} AS s, [{'q': 1}] AS l, MAP {'k': [1]} AS m, 'end' AS \"last one\" FROM range(3)",
    )
    const footer = new FooterReader().read(file)
    expect(footer).toMatchObject({ rows: 3, rowGroupRows: 3, isEncrypted: false })
    expect(footer).toHaveProperty('columns', [
      column('a', { kind: 'integer', bits: 32, isSigned: true }, [0, 1], [1, 2]),
      column('s', { kind: 'nested' }, [1, 3], [2, 6]),
      column('l', { kind: 'nested' }, [3, 4], [6, 10]),
      column('m', { kind: 'nested' }, [4, 6], [10, 16]),
      column('last one', { kind: 'text' }, [6, 7], [16, 17]),
    ])
  })

  test('of a thousand columns is read whole, and files of the same columns share them', async () => {
    const { session, folder } = await open()
    const names = Array.from({ length: 1000 }, (_, index) => `${index} AS column_${index}`)
    const files = ['a', 'b'].map((name) => join(folder, `${name}.parquet`))
    for (const file of files) await writeParquet(session, file, `SELECT ${names.join(', ')}`)
    const reader = new FooterReader()
    const [one, other] = files.map((file) => reader.read(file))
    if (one === undefined || other === undefined || 'reason' in one || 'reason' in other) throw new Error('no footer')
    expect(one.columns.map(({ name }) => name)).toEqual(names.map((_, index) => `column_${index}`))
    expect(other.columns).toBe(one.columns)
  })

  test('may count other rows than its row groups', () => {
    const file = join(temporaryFolder(), 'lies.parquet')
    writeFileSync(file, int96File('at', [0n, 1n, 2n], 9))
    expect(new FooterReader().read(file)).toMatchObject({ rows: 9, rowGroupRows: 3 })
  })

  test.each(NO_FOOTERS)('is not found in $what', ({ file, says }) => {
    const path = join(temporaryFolder(), 'a.parquet')
    writeFileSync(path, file)
    expect(new FooterReader().read(path)).toEqual(says)
  })

  test('is not found where there is no file, or one that may not be read', () => {
    const folder = temporaryFolder()
    expect(new FooterReader().read(join(folder, 'none.parquet'))).toEqual({ reason: 'it is gone' })
    const path = join(folder, 'a.parquet')
    writeFileSync(path, 'PAR1')
    chmodSync(path, 0)
    const denied = { reason: 'it cannot be read: permission denied' }
    expect(new FooterReader().read(path)).toEqual(process.getuid?.() === 0 ? CUT_OFF : denied)
  })

  test('with any few bytes changed is read or refused, and nothing else happens', async () => {
    const { session, folder } = await open()
    const file = join(folder, 'a.parquet')
    await writeParquet(
      session,
      file,
      "SELECT 1 AS a, {'x': [now()]} AS s, 1.5::DECIMAL(9,2) AS d, DATE '2026-01-01' AS e",
    )
    const whole = readFileSync(file)
    const random = seededRandom(8)
    const footerBytes = whole.readUInt32LE(whole.length - 8) + 8
    for (let round = 0; round < 3000; round++) {
      const bytes = Buffer.from(whole)
      for (let change = 0; change < 1 + (round % 3); change++) {
        bytes[bytes.length - 1 - Math.floor(random() * footerBytes)] = Math.floor(random() * 256)
      }
      writeFileSync(file, bytes)
      const footer = new FooterReader().read(file)
      if (!('reason' in footer)) expect(Number.isSafeInteger(footer.rows)).toBe(true)
    }
  })
})

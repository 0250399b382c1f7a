import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ColumnValues } from '../../src/columns.ts'
import { Database, type Session } from '../../src/duckdb/session.ts'
import { text } from '../../src/duckdb/sql/literals.ts'
import type { SpokenFile } from '../../src/engines/program/spoken.ts'
import { stagedFilesOf } from '../../src/engines/program/stagedFiles.ts'
import type { StagedFile } from '../../src/tables/engine.ts'
import { ID_SHAPE } from '../support/emptyPlan.ts'
import { parquetFile, stored, types, type WrittenType } from '../support/parquetWriter.ts'
import { rawSql } from '../support/sql.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporaryFolder.ts'

// What a program says of its files is compared with the files: with their places, their footers and their folders.

const COLUMNS = { id: 'BIGINT', sent: 'TIMESTAMPTZ', word: 'VARCHAR' }
const FOLDERS = { day: 'DATE', level: 'INTEGER', kind: 'VARCHAR' }
const ROWS = `SELECT 7::BIGINT AS id, TIMESTAMPTZ '2026-11-22 10:00:00Z' AS sent, 'a' AS word
  UNION ALL SELECT NULL, TIMESTAMPTZ '2026-11-22 11:00:00Z', 'b'`

/** What a program says of a file beside its place. */
type Said = Partial<Omit<SpokenFile, 'path' | 'table'>>

let folder: string
let database: Database
let session: Session
let count = 0

beforeAll(async () => {
  folder = makeTemporaryFolder()
  database = await Database.open({ threads: 1, memoryLimit: '200MB', tempFolder: join(folder, '.temp') })
  session = await database.connect()
})

afterAll(() => {
  session?.close()
  database?.close()
  removeFolder(folder)
})

interface Answered extends Said {
  /** The file's place below the table's folder; one without folders where left out. */
  readonly path?: string
  /** A SELECT, or the bytes of the file. */
  readonly holds?: string | Buffer
  readonly partitionBy?: readonly string[]
}

/** Writes a file, and asks what it is where a program says so much of it. */
async function staged({
  path = 'p.parquet',
  holds = ROWS,
  partitionBy = [],
  ...said
}: Answered): Promise<StagedFile[]> {
  const stagingFolder = newFolder()
  const file = join(stagingFolder, path)
  mkdirSync(dirname(file), { recursive: true })
  if (typeof holds === 'string') await session.run(rawSql`COPY (${holds}) TO ${text(file)} (FORMAT parquet)`)
  else writeFileSync(file, holds)
  return answered(stagingFolder, partitionBy, [{ ...named(path), ...said }])
}

/** A file of which a program says nothing but its place. */
function named(path: string, table = 't'): SpokenFile {
  return { table, path, partitionValues: undefined, rows: undefined, bytes: undefined, columns: undefined }
}

function answered(
  stagingFolder: string,
  partitionBy: readonly string[],
  files: readonly SpokenFile[],
): Promise<StagedFile[]> {
  const columns = partitionBy.length === 0 ? COLUMNS : { ...COLUMNS, ...FOLDERS }
  const shape = { ...ID_SHAPE, tables: [{ name: 't', columns, partitionBy }] }
  return stagedFilesOf(session, 'odd', { shape, stagingFolder }, files)
}

function newFolder(): string {
  count += 1
  const own = join(folder, String(count))
  mkdirSync(own)
  return own
}

const IN_FOLDERS = { partitionBy: ['day', 'level', 'kind'] }

describe('of a file that is as it is said to be', () => {
  test('the footer says what was left out', async () => {
    const [file] = await staged({})
    expect(file).toMatchObject({
      table: 't',
      path: 'p.parquet',
      partitionValues: {},
      rows: 2,
      columns: {
        id: { nulls: 1, bounds: { min: '7', max: '7' } },
        word: { nulls: 0, bounds: { min: 'a', max: 'b' } },
      },
    })
  })

  test.each([
    ['day=2026-11-22/level=-7/kind=a', { day: '2026-11-22', level: '-7', kind: 'a' }],
    ['x/y/day=2026-11-22/level=0/kind=a%2Fb%3D', { day: '2026-11-22', level: '0', kind: 'a/b=' }],
    ['day=__HIVE_DEFAULT_PARTITION__/level=__HIVE_DEFAULT_PARTITION__/kind=', { day: null, level: null, kind: null }],
    ['d%61y=2026-11-22/level=1/kind=%5F_HIVE_DEFAULT_PARTITION__', { kind: '__HIVE_DEFAULT_PARTITION__' }],
  ])('the folders %s say the values', async (folders, values) => {
    const [file] = await staged({ path: `${folders}/p.parquet`, ...IN_FOLDERS })
    expect(file?.partitionValues).toMatchObject(values)
  })

  test('without rows nothing is said, unless the program has counted them', async () => {
    const holds = `FROM (${ROWS}) WHERE false`
    expect(await staged({ holds })).toEqual([])
    expect(await staged({ holds, rows: 0 })).toMatchObject([{ rows: 0 }])
  })
})

/** A file whose column `sent` is stored in another way. */
function storing(type: WrittenType, value: Buffer): Buffer {
  return parquetFile({
    columns: [
      { name: 'id', type: types.int64, values: [stored.int64(1n)] },
      { name: 'sent', type, values: [value] },
      { name: 'word', type: types.text, values: [Buffer.from('a')] },
    ],
  })
}

const bounds = (min: string, max: string): ColumnValues => ({ nulls: null, bounds: { min, max } })

// biome-ignore format: a table
const LIES: readonly (readonly [what: string, answered: Answered, says: string])[] = [
  ['its rows', { rows: 3 }, 'has 2 rows, not 3 as the answer says'],
  ['its size', { bytes: 1 }, ' bytes, not 1 as the answer says'],
  ['NULLs', { columns: { id: { nulls: 0, bounds: null } } }, 'has 1 NULLs in id, not 0 as the answer says'],
  ['a minimum', { columns: { id: bounds('8', '7') } }, 'id has "7" as its min, not "8" as the answer says'],
  ['a maximum', { columns: { id: bounds('7', '8') } }, 'id has "7" as its max, not "8" as the answer says'],
  ['a time', { columns: { sent: bounds('2026-11-22T10:00:00.000001Z', '2026-11-22T11:00:00.000000Z') } }, 'sent has "2026-11-22T10:00:00.000000Z" as its min'],
  ['bounds of a column that is NULL', { holds: `SELECT * REPLACE (NULL::VARCHAR AS word) FROM (${ROWS})`, columns: { word: bounds('a', 'b') } }, 'word has no bounds, not "a" as the answer says'],
  ['a column that is not there', { columns: { other: { nulls: 0, bounds: null } } }, 'has a column other, which files of its table do not have'],
  ['the value of a folder', { path: 'day=2026-11-22/level=1/kind=a/p.parquet', partitionValues: { kind: 'b' }, ...IN_FOLDERS }, 'is in the folder for "a" as its kind, not "b" as the answer says'],
  ['NULL, which the folder is not', { path: 'day=2026-11-22/level=1/kind=a/p.parquet', partitionValues: { kind: '' }, ...IN_FOLDERS }, 'is in the folder for "a" as its kind, not "" as the answer says'],
  ['a value, where the folder is for NULL', { path: 'day=2026-11-22/level=1/kind=/p.parquet', partitionValues: { kind: 'a' }, ...IN_FOLDERS }, 'is in the folder for NULL as its kind, not "a" as the answer says'],
  ['the value of a folder that is not there', { partitionValues: { other: '1' } }, 'has a value of other, which names no folder of its table'],
]

// biome-ignore format: a table
const FAULTS: readonly (readonly [what: string, answered: Answered, says: string])[] = [
  ['in a folder for a date that is written otherwise', { path: 'day=2026-1-2/level=1/kind=a/p.parquet', ...IN_FOLDERS }, 'is in a folder for "2026-1-2", which is no DATE as it is written'],
  ['in a folder for a number that is written otherwise', { path: 'day=2026-11-22/level=01/kind=a/p.parquet', ...IN_FOLDERS }, 'is in a folder for "01", which is no INTEGER as it is written'],
  ['in folders of another order', { path: 'level=1/day=2026-11-22/kind=a/p.parquet', ...IN_FOLDERS }, 'is not in a folder day=… where its table has one'],
  ['in too few folders', { path: 'level=1/kind=a/p.parquet', ...IN_FOLDERS }, 'is not in a folder day=… where its table has one'],
  ['in no folder', IN_FOLDERS, 'is not in a folder day=… where its table has one'],
  ['in a folder whose name is no text', { path: 'day=2026-11-22/level=1/kind=%zz/p.parquet', ...IN_FOLDERS }, 'is in the folder kind=%zz, whose name is not percent-encoded text'],
  ['without a column', { holds: `SELECT id, sent FROM (${ROWS})` }, 'has the columns id, sent, but files of its table have id, sent, word'],
  ['with a column that names its folder', { path: 'day=2026-11-22/level=1/kind=a/p.parquet', holds: `SELECT *, 1 AS level FROM (${ROWS})`, ...IN_FOLDERS }, 'has the columns id, sent, word, level, but files of its table have id, sent, word'],
  ['with another type', { holds: `SELECT id::INTEGER AS id, sent, word FROM (${ROWS})` }, 'stores id as INTEGER, not as BIGINT'],
  ['with times of no zone', { holds: `SELECT id, sent::TIMESTAMP AS sent, word FROM (${ROWS})` }, 'stores sent as TIMESTAMP, not as TIMESTAMPTZ'],
  ['with times in nanoseconds', { holds: storing(types.nanosUtc, stored.int64(0n)) }, 'not as TIMESTAMPTZ'],
  ['with times in milliseconds', { holds: storing(types.millisUtc, stored.int64(0n)) }, 'in another unit than microseconds, not as TIMESTAMPTZ'],
  ['with times in INT96', { holds: storing(types.int96, stored.int96(0n)) }, 'stores sent as INT96, which has no time zone, not as TIMESTAMPTZ'],
  ['that is no Parquet file', { holds: Buffer.from('id,sent,word\n') }, 'is not a Parquet file that can be read'],
]

describe('is refused, by the name of the file, what a program says of', () => {
  test.each(LIES)('%s and is not so', async (_, file, says) => {
    await expectRefused(file, says)
  })
})

describe('is refused, by its name, a file', () => {
  test.each(FAULTS)('%s', async (_, file, says) => {
    await expectRefused(file, says)
  })
})

describe('is refused, by its place, a file that', () => {
  test.each([
    ['is not there', ['gone.parquet'], 'gone.parquet is not there'],
    ['is a folder', ['folder'], 'folder is not a regular file'],
    ['is a link', ['link.parquet'], 'link.parquet is not a regular file'],
    ['a folder outside has, which a link leads to', ['linked/outside.parquet'], 'is not below the staging folder'],
    ['is named twice', ['whole.parquet', 'whole.parquet'], 'whole.parquet is named twice'],
    ['is for no table', ['whole.parquet'], "is for elsewhere, which is not one of the stream's tables"],
  ])('%s', async (what, paths, says) => {
    const own = newFolder()
    const outside = newFolder()
    for (const file of [join(own, 'whole.parquet'), join(outside, 'outside.parquet')]) {
      await session.run(rawSql`COPY (${ROWS}) TO ${text(file)} (FORMAT parquet)`)
    }
    mkdirSync(join(own, 'folder'))
    symlinkSync(join(outside, 'outside.parquet'), join(own, 'link.parquet'))
    symlinkSync(outside, join(own, 'linked'))
    const table = what === 'is for no table' ? 'elsewhere' : 't'
    const asked = answered(
      own,
      [],
      paths.map((path) => named(path, table)),
    )
    await expect(asked).rejects.toMatchObject({
      code: 'LAKE_VALUE_UNEXPECTED',
      message: expect.stringContaining(says),
      state: 'Nothing was published.',
    })
  })
})

async function expectRefused(file: Answered, says: string): Promise<void> {
  const error = await staged(file).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'LAKE_VALUE_UNEXPECTED', state: 'Nothing was published.' })
  const { message } = error as Error
  expect(message).toContain(says)
  expect(message.startsWith(`the answer of odd: ${file.path ?? 'p.parquet'}`), message).toBe(true)
}

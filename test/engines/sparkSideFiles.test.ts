import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Database, type Session } from '../../src/duckdb/session.ts'
import { exactPath, text } from '../../src/duckdb/sql/literals.ts'
import type { Row } from '../../src/duckdb/values.ts'
import { referenceFiles, sideFiles } from '../../src/engines/spark/sideFiles.ts'
import { nodeDisk } from '../../src/files/disk.ts'
import { roaringBitmap } from '../support/deletionVectors.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

// What DuckDB prepares for Spark before that reads a batch.

async function opened(): Promise<{ session: Session; folder: string; side: () => string }> {
  const folder = temporaryFolder()
  const database = await Database.open({ threads: 1, memoryLimit: '200MB', tempFolder: join(folder, '.temp') })
  const session = await database.connect()
  onTestFinished(() => {
    session.close()
    database.close()
  })
  let count = 0
  const side = (): string => {
    count += 1
    const own = join(folder, `side-${count}`)
    mkdirSync(own)
    return own
  }
  return { session, folder, side }
}

function rowsIn(session: Session, file: string | null): Promise<Row[]> {
  return session.rows(rawSql`FROM read_parquet(${text(exactPath(file ?? ''))}) ORDER BY ALL`)
}

test('a file whose name Spark would leave out in silence has another one', async () => {
  const { session, folder, side } = await opened()
  const names = ['_hidden.parquet', '.hidden.parquet', 'a._COPYING_', 'plain.parquet']
  const given = names.map((name) => join(folder, name))
  const inputs = [
    { kind: 'table', files: given, columns: { id: 'BIGINT' }, partitionBy: [] },
    { kind: 'spooled', format: 'parquet', files: given, columns: { id: 'BIGINT' } },
    {
      kind: 'delta',
      files: given.map((file) => ({ file, partitionValues: {}, deleted: null })),
      columns: { id: 'BIGINT' },
      partitionBy: [],
      storedAs: {},
    },
  ] as const
  for (const input of inputs) {
    const { files } = await sideFiles(session, nodeDisk, input, side())
    expect(files.map((file) => /^[_.]|_COPYING_$/.test(basename(file)))).toEqual([false, false, false, false])
    expect(files.slice(0, 3).map((file) => readlinkSync(file))).toEqual(given.slice(0, 3))
    expect(files[3]).toBe(given[3])
  }
})

test('the values of folders, those of a log and the rows that are deleted are those of just these files', async () => {
  const { session, side } = await opened()
  const columns = { id: 'BIGINT', day: 'DATE' }
  const table = { kind: 'table', columns, partitionBy: ['day'] } as const
  const files = ['/t/day=2026-11-22/_a.parquet', '/t/day=__HIVE_DEFAULT_PARTITION__/b.parquet']
  const ofFolders = await sideFiles(session, nodeDisk, { ...table, files }, side())
  expect(await rowsIn(session, ofFolders.values)).toEqual([
    { file: '/t/day=__HIVE_DEFAULT_PARTITION__/b.parquet', p0: null },
    { file: ofFolders.files[0], p0: '2026-11-22' },
  ])
  const delta = { kind: 'delta', columns, partitionBy: ['day'], storedAs: {} } as const
  const deleted = roaringBitmap([1, 65_536]).toString('base64')
  for (const day of ['2026-11-22', '2026-11-23']) {
    const ofLog = await sideFiles(
      session,
      nodeDisk,
      { ...delta, files: [{ file: '/t/a.parquet', partitionValues: { day }, deleted }] },
      side(),
    )
    expect(await rowsIn(session, ofLog.values)).toEqual([{ file: '/t/a.parquet', p0: day }])
    expect(await rowsIn(session, ofLog.deleted)).toEqual([
      { file: '/t/a.parquet', position: 1 },
      { file: '/t/a.parquet', position: 65_536 },
    ])
  }
})

test('a reference whose load failed is loaded again, though its file is as it was before that', async () => {
  const { session, folder, side } = await opened()
  const file = join(folder, 'names.csv')
  const reference = { name: 'names', file, columns: { id: 'INTEGER', name: 'VARCHAR' }, key: 'id' }
  const hashes = new Map<string, string>()
  const load = () => referenceFiles(session, [reference], side(), hashes)
  const good = 'id,name\n1,one\n'
  writeFileSync(file, good)
  const [first] = await load()
  expect(await rowsIn(session, first?.file ?? '')).toEqual([{ id: 1, name: 'one' }])
  writeFileSync(file, 'id,name\n1,one\n1,eins\n')
  await expect(load()).rejects.toMatchObject({ code: 'LAKE_REFERENCE_INVALID' })
  writeFileSync(file, good)
  const [again] = await load()
  expect(again?.hash).toBe(first?.hash)
  expect(await rowsIn(session, again?.file ?? '')).toEqual([{ id: 1, name: 'one' }])
})

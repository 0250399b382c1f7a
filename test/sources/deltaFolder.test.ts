import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { MetaData } from '../../src/delta/actions.ts'
import { DeltaLog } from '../../src/delta/log.ts'
import { nodeDisk } from '../../src/files/disk.ts'
import { type Lake, LakeError } from '../../src/index.ts'
import { writeCheckpoint } from '../support/checkpointFile.ts'
import { filedVector, inlineVector } from '../support/deletionVectors.ts'
import { inDuckdb } from '../support/duckdb.ts'
import {
  copiedRows,
  copyingLake,
  type ForeignField,
  ForeignTable,
  fromOf,
  metaData,
  PLAIN_PROTOCOL,
  refusalOf,
  runRead,
  withFeatures,
} from '../support/foreignTable.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { listTree } from '../support/tree.ts'

const ID: ForeignField = { name: 'id', type: 'long' }
const NUMBERS = 'SELECT range AS id FROM range(5)'

/** A lake that copies the column `id` of a table. */
async function copying(table: ForeignTable, options: Readonly<Record<string, unknown>> = {}): Promise<Lake> {
  const { lake } = await copyingLake({ from: fromOf(table, options), columns: { id: 'BIGINT' } })
  return lake
}

/** The same, with a SELECT, so that the log says what columns there are. */
async function selecting(table: ForeignTable): Promise<Lake> {
  const { lake } = await copyingLake({
    from: fromOf(table),
    columns: { id: 'BIGINT' },
    select: 'SELECT id FROM events',
  })
  return lake
}

/** A checkpoint of a version with no files, and the hint that names it. */
async function writeHintedCheckpoint({ folder }: ForeignTable, version: number): Promise<void> {
  const created = metaData([ID]).metaData as MetaData
  const log = new DeltaLog(nodeDisk, folder)
  const state = { protocol: PLAIN_PROTOCOL, metaData: created, txns: [], adds: [] }
  await inDuckdb((session) => writeCheckpoint({ lakeFolder: temporaryFolder(), log, session }, version, state))
  writeFileSync(join(log.folder, '_last_checkpoint'), JSON.stringify({ version, size: 2 }))
}

describe('a table of another program is read', () => {
  test('with the columns of its log, whatever their names, and the types that a lake has', async () => {
    const table = new ForeignTable()
    table.create(
      [
        { name: 'id', type: 'long' },
        { name: 'Where it was', type: 'string' },
        { name: 'at', type: 'timestamp_ntz' },
        { name: "it's", type: 'decimal(10, 2)' },
      ],
      { protocol: withFeatures(['timestampNtz', 'vacuumProtocolCheck'], ['domainMetadata', 'rowTracking']) },
    )
    await table.append({
      path: 'a b.parquet',
      rows: `SELECT 1 AS id, 'Kyiv' AS "Where it was", TIMESTAMP '2026-11-22 10:00:00.000001' AS "at", 1.5::DECIMAL(10,2) AS "it's"`,
    })
    const { lake } = await copyingLake({
      from: fromOf(table),
      columns: { id: 'BIGINT', place: 'VARCHAR', seen_at: 'TIMESTAMPTZ', price: 'DECIMAL(10,2)' },
      select: `SELECT id, "Where it was" AS place, "at" AS seen_at, "it's" AS price FROM events`,
    })
    await runRead(lake)
    expect(await copiedRows(lake)).toEqual([
      { id: 1, place: 'Kyiv', seen_at: '2026-11-22 10:00:00.000001+00', price: '1.50' },
    ])
    const [stream] = (await lake.status()).streams
    expect(stream).toMatchObject({
      problem: undefined,
      pending: { files: 0 },
      source: {
        folder: table.folder,
        version: 1,
        features: ['domainMetadata', 'rowTracking', 'timestampNtz', 'vacuumProtocolCheck'],
      },
    })
  })

  test('without its deleted rows, which count neither as pending nor in its batches', async () => {
    const table = new ForeignTable()
    table.create([ID], { protocol: withFeatures(['deletionVectors']) })
    const stats = '{"numRecords":5}'
    await table.append(
      { path: 'a.parquet', rows: NUMBERS, stats, deletionVector: inlineVector([0, 4]) },
      {
        path: 'b.parquet',
        rows: `SELECT id + 10 AS id FROM (${NUMBERS})`,
        deletionVector: filedVector(table.folder, [1, 2, 3]),
      },
      { path: 'c.parquet', rows: `SELECT id + 20 AS id FROM (${NUMBERS})`, stats },
    )
    const lake = await copying(table)
    expect((await lake.status()).streams[0]?.pending).toEqual({ files: 3, rows: 10 })
    await runRead(lake)
    expect((await copiedRows(lake)).map((row) => (row as { id: number }).id)).toEqual([
      1, 2, 3, 10, 14, 20, 21, 22, 23, 24,
    ])
    expect((await lake.validate()).problems).toEqual([])
    // A commit after the first snapshot may add a file with a vector too.
    await table.append({
      path: 'd.parquet',
      rows: 'SELECT 30 + range AS id FROM range(3)',
      deletionVector: inlineVector([0]),
    })
    expect((await lake.status()).streams[0]?.pending).toEqual({ files: 1, rows: 2 })
    await runRead(lake)
    expect(await copiedRows(lake)).toHaveLength(12)
  })

  test('never with a vector that has more or fewer rows than its log says', async () => {
    const table = new ForeignTable()
    table.create([ID], { protocol: withFeatures(['deletionVectors']) })
    const deletionVector = { ...inlineVector([0, 4]), cardinality: 1 }
    await table.append({ path: 'a.parquet', rows: NUMBERS, deletionVector })
    const error = await refusalOf(await copying(table))
    expect(error.code).toBe('LAKE_LOG_INVALID')
    expect(error.message).toMatch(/vector of file a\.parquet of table events has 2 rows, but the log says 1$/)
  })

  for (const mapping of ['name', 'id'] as const) {
    test(`by the names that its columns have in the files, also of partitions, mapped by ${mapping}`, async () => {
      const table = new ForeignTable()
      const fields: ForeignField[] = [
        { name: 'id', type: 'long', storedAs: 'col-1', id: 1 },
        { name: 'the kind', type: 'string', storedAs: 'col-2', id: 2 },
        { name: 'day', type: 'date', storedAs: 'col-3', id: 3 },
      ]
      table.create(fields, { protocol: { minReaderVersion: 2, minWriterVersion: 5 }, partitionBy: ['day'], mapping })
      const rows = `SELECT 1::BIGINT AS "col-1", 'a' AS "col-2"`
      const options = `, FIELD_IDS {'col-1': 1, 'col-2': 2}`
      await table.append({ path: 'xY/a.parquet', rows, options, partitionValues: { 'col-3': '2026-11-22' } })
      const columns = { id: 'BIGINT', kind: 'VARCHAR', day: 'DATE' }
      const select = 'SELECT id, "the kind" AS kind, day FROM events'
      const { lake, root } = await copyingLake({ from: fromOf(table), columns, select })
      await runRead(lake)
      await lake.close()
      // A later start has to know the mapping although it reads only what is new.
      await table.append({
        path: 'b.parquet',
        rows: `SELECT 2::BIGINT AS "col-1"`,
        options: `, FIELD_IDS {'col-1': 1}`,
        partitionValues: { 'col-3': null },
      })
      const later = await copyingLake({ from: fromOf(table), columns, select, root })
      await runRead(later.lake)
      expect(await copiedRows(later.lake)).toEqual([
        { id: 1, kind: 'a', day: '2026-11-22' },
        { id: 2, kind: null, day: null },
      ])
      expect((await later.lake.status()).streams[0]?.source?.features).toContain('columnMapping')
    })
  }

  test('by number alone nowhere: a file with the column under another name is refused', async () => {
    const table = new ForeignTable()
    table.create([{ ...ID, storedAs: 'col-1', id: 7 }], { protocol: withFeatures(['columnMapping']), mapping: 'id' })
    await table.append({ path: 'a.parquet', rows: 'SELECT 1::BIGINT AS renamed', options: ', FIELD_IDS {renamed: 7}' })
    const error = await refusalOf(await copying(table))
    expect(error.code).toBe('LAKE_PROTOCOL_UNSUPPORTED')
    expect(error.message).toMatch(/file a\.parquet of table events has column id under another name than its log/)
    expect(error.remedy).toMatch(/DROP FEATURE columnMapping/)
  })

  test('in batches of one mapping each, where a column was dropped and added again', async () => {
    const table = new ForeignTable()
    const fields = (storedAs: string): ForeignField[] => [{ ...ID }, { name: 'note', type: 'string', storedAs, id: 2 }]
    table.create(fields('note'), { protocol: withFeatures(['columnMapping']), mapping: 'name' })
    await table.append({ path: 'first.parquet', rows: `SELECT 0::BIGINT AS id, 'first' AS note` })
    const { lake } = await copyingLake({ from: fromOf(table), columns: { id: 'BIGINT', note: 'VARCHAR' } })
    await runRead(lake)
    await table.append({ path: 'a.parquet', rows: `SELECT 1::BIGINT AS id, 'old' AS note` })
    table.commit([metaData(fields('col-9'), [], 'name')])
    await table.append({ path: 'b.parquet', rows: `SELECT 2::BIGINT AS id, 'wrong' AS note, 'new' AS "col-9"` })
    await runRead(lake)
    expect(await copiedRows(lake)).toEqual([
      { id: 0, note: 'first' },
      { id: 1, note: 'old' },
      { id: 2, note: 'new' },
    ])
  })

  test('with NULL in files that are older than a column, and with values of a type before it was widened', async () => {
    const table = new ForeignTable()
    const protocol = withFeatures(['typeWidening'])
    table.create([ID, { name: 'n', type: 'double' }, { name: 'late', type: 'string' }], { protocol })
    await table.append(
      { path: 'a.parquet', rows: 'SELECT 1::INTEGER AS id, 7::SMALLINT AS n' },
      { path: 'b.parquet', rows: `SELECT 5000000000 AS id, 0.5::DOUBLE AS n, 'x' AS late` },
    )
    const { lake } = await copyingLake({ from: fromOf(table), columns: { id: 'BIGINT', n: 'DOUBLE', late: 'VARCHAR' } })
    await runRead(lake)
    expect(await copiedRows(lake)).toEqual([
      { id: 1, n: 7, late: null },
      { id: 5000000000, n: 0.5, late: 'x' },
    ])
  })

  test('with the partition values of its log, if it has no other column', async () => {
    const table = new ForeignTable()
    table.create([ID], { partitionBy: ['id'] })
    await table.append({
      path: 'id=1/a.parquet',
      rows: 'SELECT 9 AS other FROM range(2)',
      partitionValues: { id: '-3' },
    })
    const lake = await copying(table)
    await runRead(lake)
    expect(await copiedRows(lake)).toEqual([{ id: -3 }, { id: -3 }])
  })

  for (const [what, uriOf] of [
    ['a path', (path: string) => path],
    ['a URI', (path: string) => `file://${path}`],
    ['a short URI', (path: string) => `file:${path}`],
  ] as const) {
    test(`from files anywhere on the disk, named by ${what}`, async () => {
      const table = new ForeignTable()
      table.create([ID])
      const other = new ForeignTable(join(temporaryFolder(), 'else where'))
      const path = '50% [a].parquet'
      const namedAs = uriOf(join(other.folder, path).replaceAll('%', '%25').replaceAll(' ', '%20'))
      table.commit([await other.file({ path, rows: NUMBERS, namedAs })])
      const lake = await copying(table)
      await runRead(lake)
      expect(await copiedRows(lake)).toHaveLength(5)
    })
  }

  test('only as far as its columns are named, which may be wider than they are', async () => {
    const table = new ForeignTable()
    table.create([
      { name: 'id', type: 'integer' },
      { name: 'tags', type: { type: 'array', elementType: 'string' } },
    ])
    await table.append({ path: 'a.parquet', rows: "SELECT 1::INTEGER AS id, ['x'] AS tags" })
    const unnamed = await copyingLake({
      from: fromOf(table),
      columns: { id: 'BIGINT' },
      select: 'SELECT id FROM events',
    })
    expect((await refusalOf(unnamed.lake)).describe()).toBe(
      `LAKE_TABLE_MISMATCH: the table in ${table.folder} has column tags of type array.
Nothing of it was read: the lake has no column of that type.
Name the columns to read: deltaFolder('${table.folder}', { columns: { id: 'BIGINT', … } })`,
    )
    const named = await copying(table, { columns: { id: 'BIGINT' } })
    await runRead(named)
    expect(await copiedRows(named)).toEqual([{ id: 1 }])
  })
})

describe('a folder', () => {
  test('in which there is no table is named, by status too, which shows all else', async () => {
    const folder = join(temporaryFolder(), 'nothing')
    const { lake } = await copyingLake({ from: { kind: 'deltaFolder', path: folder }, columns: { id: 'BIGINT' } })
    expect((await refusalOf(lake)).message).toBe(`there is no Delta table in ${folder}: it has no _delta_log.`)
    const [stream] = (await lake.status()).streams
    expect(stream).toMatchObject({ source: undefined, pending: { files: 0 } })
    expect(stream?.problem).toMatch(/^LAKE_CONFIG_INVALID: there is no Delta table in /)
  })

  test('whose table has no schema before its second version is read, and before that is named', async () => {
    const table = new ForeignTable()
    const { metaData: created } = metaData([ID])
    table.commit([{ protocol: PLAIN_PROTOCOL }, { metaData: { ...(created as object), schemaString: undefined } }])
    const lake = await selecting(table)
    expect((await refusalOf(lake)).describe()).toMatch(
      /^LAKE_TABLE_MISMATCH: the table in .* has no columns\.\nNothing of it was read\.\n.*first write to it/,
    )
    table.commit([{ metaData: created }])
    await table.append({ path: 'a.parquet', rows: NUMBERS })
    await runRead(lake)
    expect(await copiedRows(lake)).toHaveLength(5)
  })

  test.each([
    ['of which one is missing', [0, 1, 3], 'has a gap: 2 entries for versions 1 to 3; ', 2],
    ['that have a gap behind the checkpoint to begin with', [0, 1, 2, 999], 'goes on with version 999, but ', 3],
  ])('with commits %s is refused by the name of the file', async (_, versions, says, missing) => {
    const table = new ForeignTable()
    const pathOf = (version: number): string =>
      join(table.folder, '_delta_log', `${String(version).padStart(20, '0')}.json`)
    table.create([ID])
    for (let version = 1; version <= 9; version++) await table.append({ path: `${version}.parquet`, rows: NUMBERS })
    await writeHintedCheckpoint(table, 1)
    renameSync(pathOf(9), pathOf(999))
    for (const version of [2, 3, 4, 5, 6, 7, 8, 999]) if (!versions.includes(version)) rmSync(pathOf(version))
    if (!versions.includes(999)) rmSync(join(table.folder, '_delta_log', '_last_checkpoint'))
    const { lake, root } = await copyingLake({ from: fromOf(table), columns: { id: 'BIGINT' } })
    const error = await refusalOf(lake)
    expect(error.message).toBe(`the Delta log of events ${says}${pathOf(missing)} is missing`)
    expect(error.describe()).toMatch(/^LAKE_LOG_INVALID: .*\nNothing was changed\.\nRestore its _delta_log/)
    expect(listTree(join(root, 'lake')).filter(({ path }) => path.endsWith('.parquet'))).toEqual([])
  })

  test('whose table is read again fills the tables of its stream anew', async () => {
    const table = new ForeignTable()
    table.create([ID])
    await table.append({ path: 'a.parquet', rows: NUMBERS })
    const lake = await copying(table)
    await runRead(lake)
    const emptying = await lake.empty(['read'])
    expect(emptying).toMatchObject({ isLoss: false, tables: [{ name: 'copy', rows: 5, parts: [{ from: 'source' }] }] })
    await runRead(lake)
    expect(await copiedRows(lake)).toHaveLength(5)
  })

  for (const [what, from, says] of [
    [
      'of a table of the same lake',
      { path: 'copy/data', name: 'x' },
      /is in the folder of table copy of this lake\.\nWrite deltaTable\('copy'\)/,
    ],
    ['whose name SQL cannot use', { path: '/warehouse/odd name' }, /needs a name: .*\n.*name: 'events'/],
    ['with an unknown option', { path: '/warehouse/x', newColumn: 'ignore' }, /newColumn/],
    ['with an unknown answer to new columns', { path: '/warehouse/x', newColumns: 'add' }, /newColumns/],
  ] as const) {
    test(`${what} is refused before anything runs`, async () => {
      const opened = copyingLake({ from: { kind: 'deltaFolder', ...from }, columns: { id: 'BIGINT' } })
      const error = await opened.then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error instanceof LakeError && error.describe()).toMatch(says)
    })
  }

  test('of the lake in which another program keeps a table is not called undeclared', async () => {
    const root = temporaryFolder()
    const table = new ForeignTable(join(root, 'lake', 'theirs'))
    table.create([ID], { protocol: PLAIN_PROTOCOL })
    await table.append({ path: 'a.parquet', rows: NUMBERS })
    const { lake } = await copyingLake({
      from: { kind: 'deltaFolder', path: 'theirs' },
      columns: { id: 'BIGINT' },
      root,
    })
    await runRead(lake)
    expect(await copiedRows(lake)).toHaveLength(5)
    expect((await lake.status()).undeclaredTables).toEqual([])
  })
})

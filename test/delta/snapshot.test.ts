import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PROTOCOL } from '../../src/delta/actions.ts'
import { schemaString } from '../../src/delta/schema.ts'
import { Snapshot, type TableRef } from '../../src/delta/snapshot.ts'
import { writeCheckpoint } from '../support/checkpointFile.ts'
import { addOf, META_DATA, txn } from '../support/deltaActions.ts'
import { FollowedTable } from '../support/followedTable.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

function load(table: FollowedTable, ref: Partial<TableRef> = {}): Promise<Snapshot> {
  return Snapshot.load(table.session, table.lakeFolder, [{ ...table.ref, ...ref }])
}

async function livePaths(table: FollowedTable, ref: Partial<TableRef> = {}): Promise<string[]> {
  return (await (await load(table, ref)).liveFiles(table.name)).map(({ path }) => path)
}

/** A log of five versions: two files live, one removed, one that was removed and came back. */
function fillLog(table: FollowedTable): void {
  table.commit([addOf('a.parquet', 1), txn('s@1', 1)])
  table.commit([addOf('b.parquet', 2), addOf('c.parquet', 3), txn('s@1', 2)])
  table.commit([
    { remove: { path: 'a.parquet', dataChange: true } },
    { remove: { path: 'b.parquet', dataChange: true } },
  ])
  table.commit([addOf('b.parquet', 4), txn('other@1', 9)])
}

describe('a log of JSON commits', () => {
  test('gives the files that are live, with rows, bytes and the version that added them', async () => {
    const table = await FollowedTable.open()
    fillLog(table)
    const snapshot = await load(table)
    const file = (path: string) => join(table.folder, path)
    const plain = { partitionValues: {}, deletionVector: undefined }
    expect(await snapshot.liveFiles('events')).toEqual([
      { path: 'c.parquet', file: file('c.parquet'), version: 2, rows: 3, bytes: 10, ...plain },
      { path: 'b.parquet', file: file('b.parquet'), version: 4, rows: 4, bytes: 10, ...plain },
    ])
    expect(snapshot.head('events')).toMatchObject({
      version: 4,
      readVersion: 4,
      protocol: { minReaderVersion: 1, minWriterVersion: 2 },
    })
    expect([...snapshot.head('events').txns]).toEqual(
      expect.arrayContaining([
        ['s@1', 2],
        ['other@1', 9],
      ]),
    )
  })

  test('gives any older version', async () => {
    const table = await FollowedTable.open()
    fillLog(table)
    const byVersion = []
    for (let asOf = 0; asOf <= 4; asOf++) byVersion.push(await livePaths(table, { asOf }))
    expect(byVersion).toEqual([
      [],
      ['a.parquet'],
      ['a.parquet', 'b.parquet', 'c.parquet'],
      ['c.parquet'],
      ['c.parquet', 'b.parquet'],
    ])
  })

  test('of an empty table gives no files and its head', async () => {
    const table = await FollowedTable.open()
    const snapshot = await load(table)
    expect(await snapshot.liveFiles('events')).toEqual([])
    expect(snapshot.head('events')).toMatchObject({ version: 0, partitionColumns: [] })
  })

  test('that is not there is no table, and asking for it says so', async () => {
    const table = await FollowedTable.open()
    const snapshot = await load(table, { name: 'missing', folder: 'missing' })
    expect(snapshot.heads.size).toBe(0)
    expect(() => snapshot.head('missing')).toThrow(/table missing has no Delta log/)
  })

  test('names every path that it ever named, as it stands on disk', async () => {
    const table = await FollowedTable.open()
    fillLog(table)
    table.commit([addOf('p=a b/100%.parquet')])
    expect(await (await load(table)).namedPaths('events')).toEqual(
      new Set(['a.parquet', 'b.parquet', 'c.parquet', 'p=a b/100%.parquet']),
    )
  })

  test('is read past junk: checksums, temporary names, folders, hints and other numbers', async () => {
    const table = await FollowedTable.open()
    fillLog(table)
    for (const name of [
      '_last_checkpoint',
      '.00000000000000000001.json.crc',
      '00000000000000000001.crc',
      '00000000000000000009.json.tmp',
      '.probe-silver',
      '1.json',
      '000000000000000000009.json',
      'x00000000000000000009.json',
      '00000000000000000009.json~',
      '00000000000000000009.00000000000000000012.compacted.json',
    ]) {
      writeFileSync(join(table.log.folder, name), 'junk {')
    }
    mkdirSync(join(table.log.folder, '_commits'))
    writeFileSync(join(table.log.folder, '_commits', '00000000000000000009.json'), 'junk {')
    expect(await livePaths(table)).toEqual(['c.parquet', 'b.parquet'])
  })

  test('is read whatever else its writers put into actions', async () => {
    const table = await FollowedTable.open()
    const foreign = [
      {
        commitInfo: {
          timestamp: 1,
          operation: 'WRITE',
          operationParameters: { mode: 'Append', partitionBy: '["date"]' },
          readVersion: 0,
          isolationLevel: 'Serializable',
          isBlindAppend: true,
          operationMetrics: { numFiles: '1' },
          engineInfo: 'Apache-Spark/4.1.0 Delta-Lake/4.0.0',
          txnId: 'x',
        },
      },
      {
        commitInfo: {
          timestamp: 1,
          operation: 'OPTIMIZE',
          operationParameters: { targetSize: 104857600, predicate: [] },
          operationMetrics: { filesAdded: { avg: 10.5, min: 1 }, totalFilesSkipped: 0 },
        },
      },
      { commitInfo: { timestamp: 1, operation: 'UPDATE', operationParameters: null } },
      { commitInfo: { timestamp: 1 } },
      { domainMetadata: { domain: 'delta.clustering', configuration: '{}', removed: false } },
      { cdc: { path: '_change_data/x.parquet', partitionValues: {}, size: 1, dataChange: false } },
      {
        add: {
          path: 'a.parquet',
          partitionValues: { p: null },
          size: 10,
          modificationTime: 0,
          dataChange: true,
          tags: { INSERTION_TIME: '1' },
          stats: '{"numRecords":5,"minValues":{"x":{"y":1}}}',
          baseRowId: 3,
          clusteringProvider: 'liquid',
        },
      },
      { sidecar: null },
    ]
    for (const action of foreign) {
      const version = table.commit([])
      appendFileSync(table.log.commitPath(version), JSON.stringify(action))
    }
    const snapshot = await load(table)
    expect(await snapshot.liveFiles('events')).toMatchObject([{ path: 'a.parquet', rows: 5 }])
    expect(snapshot.head('events').version).toBe(foreign.length)
  })

  test('decodes paths once, whatever they hold', async () => {
    const table = await FollowedTable.open()
    const paths = [
      'date=2026-11-22/a b.parquet',
      'p=100%25/x.parquet',
      'a+b&c=d.parquet',
      'ü 日本.parquet',
      "it's [1]*.parquet",
      '%41.parquet',
    ]
    table.commit(paths.map((path) => addOf(path)))
    expect((await livePaths(table)).sort()).toEqual([...paths].sort())
  })

  test('takes the absolute path of a shallow clone as it stands', async () => {
    const table = await FollowedTable.open()
    table.commit([{ add: { ...addOf('x').add, path: '/else/where/a%20b.parquet' } }])
    expect(await (await load(table)).liveFiles('events')).toMatchObject([{ file: '/else/where/a b.parquet' }])
  })
})

describe('a log that cannot be trusted', () => {
  for (const version of [1, 2, 3]) {
    test(`is refused where version ${version} is missing`, async () => {
      const table = await FollowedTable.open()
      fillLog(table)
      rmSync(table.log.commitPath(version))
      const says = `the Delta log of events has a gap: 4 entries for versions 0 to 4; ${table.log.commitPath(version)} is missing`
      await expect(load(table)).rejects.toThrow(says)
    })
  }

  test('is refused where its first commit is missing and no checkpoint stands for it', async () => {
    const table = await FollowedTable.open()
    fillLog(table)
    rmSync(table.log.commitPath(0))
    const says = `the Delta log of events has a gap: 4 entries for versions 1 to 4; ${table.log.commitPath(0)} is missing`
    await expect(load(table)).rejects.toThrow(says)
  })

  test('is refused where a commit is no JSON', async () => {
    const table = await FollowedTable.open()
    fillLog(table)
    writeFileSync(table.log.commitPath(4), '{"add":{"path":"b.par')
    await expect(load(table)).rejects.toMatchObject({ code: 'LAKE_LOG_INVALID' })
  })

  for (const [minReaderVersion, features, named] of [
    [2, {}, 'columnMapping'],
    [3, { readerFeatures: ['deletionVectors'], writerFeatures: ['deletionVectors'] }, 'deletionVectors'],
  ] as const) {
    test(`is refused where it needs reader version ${minReaderVersion}`, async () => {
      const table = await FollowedTable.open()
      table.commit([{ protocol: { minReaderVersion, minWriterVersion: 7, ...features } }])
      await expect(load(table)).rejects.toThrow(
        `table events has the Delta feature ${named}, which Lakeweir does not read`,
      )
    })
  }

  test('is refused where one of its live files has a deletion vector, and read once that is gone', async () => {
    const table = await FollowedTable.open()
    const vector = { storageType: 'u', pathOrInlineDv: 'x', sizeInBytes: 1, cardinality: 1 }
    const { add } = addOf('a.parquet')
    table.commit([addOf('b.parquet'), { add: { ...add, deletionVector: vector } as typeof add }])
    await expect(livePaths(table)).rejects.toMatchObject({
      code: 'LAKE_PROTOCOL_UNSUPPORTED',
      message: 'table events: file a.parquet has a deletion vector, which Lakeweir does not read here',
    })
    table.commit([{ remove: { path: 'a.parquet', dataChange: true } }])
    expect(await livePaths(table)).toEqual(['b.parquet'])
  })

  test('is read where only its writers need to be newer', async () => {
    const table = await FollowedTable.open()
    table.commit([{ protocol: { minReaderVersion: 1, minWriterVersion: 4 } }])
    expect((await load(table)).head('events').protocol.minWriterVersion).toBe(4)
  })
})

describe('a checkpoint', () => {
  const state = {
    protocol: PROTOCOL,
    metaData: META_DATA,
    txns: [txn('s@1', 2).txn],
    adds: [addOf('b.parquet', 2).add, addOf('c d.parquet', 3).add],
    removes: [{ path: 'a.parquet', deletionTimestamp: 1 }],
  }

  test('stands for the commits before it, which may be gone, and the tail follows it', async () => {
    const table = await FollowedTable.open()
    fillLog(table)
    await writeCheckpoint(table, 2, state)
    for (const gone of [0, 1, 2]) rmSync(table.log.commitPath(gone))
    const snapshot = await load(table)
    expect(await snapshot.liveFiles('events')).toMatchObject([
      { path: 'c d.parquet', version: 2, rows: 3 },
      { path: 'b.parquet', version: 4, rows: 4 },
    ])
    expect(snapshot.head('events')).toMatchObject({
      version: 4,
      tableId: META_DATA.id,
      partitionColumns: ['date', 'site'],
      schemaString: META_DATA.schemaString,
    })
    expect(snapshot.head('events').txns.get('s@1')).toBe(2)
  })

  test('changes nothing while the commits before it are still there', async () => {
    const table = await FollowedTable.open()
    fillLog(table)
    await writeCheckpoint(table, 2, state)
    expect(await livePaths(table)).toEqual(['c d.parquet', 'b.parquet'])
    rmSync(table.log.commitPath(0))
    expect(await livePaths(table)).toEqual(['c d.parquet', 'b.parquet'])
  })

  test('alone is a whole log, and the newest of several counts', async () => {
    const table = await FollowedTable.open()
    fillLog(table)
    await writeCheckpoint(table, 2, state)
    await writeCheckpoint(table, 4, { ...state, adds: [addOf('newest.parquet').add] })
    for (const gone of [0, 1, 2, 3, 4]) rmSync(table.log.commitPath(gone))
    const snapshot = await load(table)
    expect(snapshot.head('events').version).toBe(4)
    expect((await snapshot.liveFiles('events')).map(({ path }) => path)).toEqual(['newest.parquet'])
  })

  test('does not hide a gap behind it', async () => {
    const table = await FollowedTable.open()
    fillLog(table)
    await writeCheckpoint(table, 2, state)
    rmSync(table.log.commitPath(3))
    await expect(load(table)).rejects.toThrow(/gap/)
  })

  test('of a table without files gives none', async () => {
    const table = await FollowedTable.open()
    await writeCheckpoint(table, 0, { protocol: PROTOCOL, metaData: META_DATA, txns: [], adds: [] })
    rmSync(table.log.commitPath(0))
    expect(await livePaths(table)).toEqual([])
  })
})

describe('a lake in a folder with any legal name', () => {
  for (const name of ["it's", '[1]', '* ? **', 'say "hi" #1 100%', 'ünï 日本', '{a,b}', 'a$b']) {
    test(`is read where it is: ${name}`, async () => {
      const folder = join(temporaryFolder(), name)
      mkdirSync(folder)
      const table = await FollowedTable.open(folder, "table's [x]")
      const { add } = await table.file('p=a b/[1].parquet', [1])
      table.commit([{ add }])
      await writeCheckpoint(table, 1, {
        protocol: PROTOCOL,
        metaData: { ...META_DATA, schemaString: schemaString({ id: 'BIGINT' }), partitionColumns: [] },
        txns: [],
        adds: [add],
      })
      await table.append('*.parquet', [2])
      expect(await livePaths(table)).toEqual(['p=a b/[1].parquet', '*.parquet'])
      expect((await table.readAll()).map(({ ids }) => ids)).toEqual([[1, 2]])
    })
  }
})

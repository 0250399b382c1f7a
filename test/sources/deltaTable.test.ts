import { readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { CommitInfo, MetaData } from '../../src/delta/actions.ts'
import { TableTail } from '../../src/sources/delta/tail.ts'
import { endOf, FollowedTable, idsOf, refusal } from '../support/followedTable.ts'
import { portionOf } from '../support/landingStream.ts'

const restore: { commitInfo: CommitInfo } = {
  commitInfo: { timestamp: 0, operation: 'RESTORE', operationParameters: {}, engineInfo: 'other' },
}

/** Metadata as commit 0 has it, with something changed. */
function metaDataOf(table: FollowedTable, change: Partial<MetaData>): { metaData: MetaData } {
  const lines = readFileSync(table.log.commitPath(0), 'utf8').trim().split('\n')
  const found = lines
    .map((line) => JSON.parse(line) as { metaData?: MetaData })
    .find(({ metaData }) => metaData)?.metaData
  if (found === undefined) throw new Error('commit 0 has no metadata')
  return { metaData: { ...found, ...change } }
}

describe('a stream that begins', () => {
  test('reads the live files of the table as it stands, then its tail, each row once', async () => {
    const table = await FollowedTable.open()
    await table.append('a.parquet', [1, 2])
    const old = await table.file('old.parquet', [100])
    table.commit([old])
    table.commit([{ remove: { path: old.add.path, dataChange: true } }, await table.file('b.parquet', [3])])
    const feed = await table.resumed(undefined)
    const first = await table.drain(feed)
    expect(idsOf(first)).toEqual([[1, 2, 3]])
    expect(endOf(first)).toMatchObject({ version: 3, path: null, isSnapshot: false })
    await table.append('c.parquet', [4])
    await table.append('d.parquet', [5])
    expect(idsOf(await table.drain(feed))).toEqual([[4, 5]])
  })

  test('reads nothing from an empty table, and its first files when they come', async () => {
    const table = await FollowedTable.open()
    const feed = await table.resumed(undefined)
    expect(await table.drain(feed)).toEqual([])
    await table.append('a.parquet', [1])
    expect(idsOf(await table.drain(feed))).toEqual([[1]])
  })

  test('is pinned to one snapshot, whatever is appended while it reads', async () => {
    const table = await FollowedTable.open()
    for (const id of [1, 2, 3]) await table.append(`${id}.parquet`, [id])
    const feed = await table.resumed(undefined)
    const [first] = await table.drain(feed, { maxFiles: 1 }, 1)
    await table.append('0.parquet', [4])
    const rest = await table.drain(feed, { maxFiles: 1 })
    expect([first?.ids, ...idsOf(rest)]).toEqual([[1], [2], [3], [4]])
  })
})

describe('a stream that goes on', () => {
  test('resumes in the middle of its snapshot, at any file, even if files were removed since', async () => {
    const table = await FollowedTable.open()
    for (const id of [1, 2, 3, 4]) await table.append(`${id}.parquet`, [id])
    const whole = await table.readAll({ maxFiles: 1 })
    await table.append('0.parquet', [5])
    // The table is rewritten by a compaction: the snapshot's files are still what it began with.
    table.commit([
      { remove: { path: '3.parquet', dataChange: false } },
      await table.file('compacted.parquet', [3], { dataChange: false }),
    ])
    for (let done = 1; done <= 4; done++) {
      const offset = whole[done - 1]?.end
      expect(offset?.isSnapshot).toBe(done < 4)
      const feed = await table.resumed(offset)
      expect(idsOf(await table.drain(feed, { maxFiles: 1 }))).toEqual([...[[1], [2], [3], [4]].slice(done), [5]])
    }
  })

  test('resumes in the middle of a version', async () => {
    const table = await FollowedTable.open()
    await table.append('0.parquet', [0])
    const begun = endOf(await table.readAll())
    table.commit([
      await table.file('c.parquet', [3]),
      await table.file('a.parquet', [1]),
      await table.file('b.parquet', [2]),
    ])
    await table.append('d.parquet', [4])
    const [first] = await table.drain(await table.resumed(begun), { maxFiles: 2 }, 1)
    expect(first).toMatchObject({ ids: [1, 2], end: { version: 2, path: 'b.parquet', isSnapshot: false } })
    const rest = await table.drain(await table.resumed(first?.end), { maxFiles: 2 })
    expect(idsOf(rest)).toEqual([[3, 4]])
    expect(endOf(rest)).toMatchObject({ version: 3, path: null })
  })

  test('passes over commits that only move rows, and over those without files', async () => {
    const table = await FollowedTable.open()
    await table.append('a.parquet', [1])
    const begun = endOf(await table.readAll())
    table.commit([
      { remove: { path: 'a.parquet', dataChange: false } },
      await table.file('compacted.parquet', [1], { dataChange: false }),
    ])
    table.commit([{ txn: { appId: 'somebody', version: 1, lastUpdated: 0 } }])
    await table.append('b.parquet', [2])
    expect(idsOf(await table.drain(await table.resumed(begun)))).toEqual([[2]])
  })

  test('counts the rows of files whose writer left that out', async () => {
    const table = await FollowedTable.open()
    const { add } = await table.file('a.parquet', [1, 2, 3])
    const { stats: _, ...bare } = add
    table.commit([{ add: bare }])
    table.commit([await table.file('b.parquet', [4], { stats: '{"numRecords": "many"}' })])
    const tail = await TableTail.open(table.followed, undefined, async () => table.session)
    expect((await tail.all()).map(({ rows }) => rows)).toEqual([3, 1])
    await table.append('c.parquet', [5])
    table.commit([await table.file('d.parquet', [6, 7], { stats: 'not json' })])
    expect((await tail.all()).map(({ rows }) => rows)).toEqual([3, 1, 1, 2])
  })

  test('finds files under any legal name', async () => {
    const table = await FollowedTable.open()
    const names = [
      'a b.parquet',
      '100%.parquet',
      '%41.parquet',
      'a+b.parquet',
      'p=1/[x]*.parquet',
      "it's #1?.parquet",
      'ü.parquet',
    ]
    for (const [id, name] of names.entries()) await table.append(name, [id])
    expect(idsOf(await table.readAll())).toEqual([names.map((_, id) => id)])
  })

  for (const [limits, batches] of [
    [{ maxFiles: 2 }, [2, 2, 1]],
    [{ maxRows: 1 }, [1, 1, 1, 1, 1]],
    [{ maxRows: 8 }, [2, 2, 1]],
    [{ maxBytes: 1 }, [1, 1, 1, 1, 1]],
  ] as const) {
    test(`admits at least one file: ${JSON.stringify(limits)} reads ${batches.join(', ')} of five`, async () => {
      const table = await FollowedTable.open()
      for (let id = 0; id < 5; id++) await table.append(`${id}.parquet`, [id, id, id, id])
      expect((await table.readAll(limits)).map(({ ids }) => ids.length / 4)).toEqual(batches)
    })
  }
})

/** Changes that a stream must not take for appends: what it has told downstream would no longer be so. */
const CHANGES: readonly {
  what: string
  change: (table: FollowedTable) => Promise<void>
  says: RegExp
  code?: string
  isSkippable: boolean
}[] = [
  {
    what: 'a removal of rows',
    change: async (table) => {
      table.commit([{ remove: { path: 'a.parquet', dataChange: true } }])
    },
    says: /version 2 removes rows \(file a\.parquet\)/,
    isSkippable: true,
  },
  {
    what: 'a rewrite of rows',
    change: async (table) => {
      const add = await table.file('a2.parquet', [1])
      table.commit([{ remove: { path: 'a.parquet', dataChange: true } }, add])
    },
    says: /version 2 removes rows/,
    isSkippable: true,
  },
  {
    what: 'a restored older version',
    change: async (table) => {
      table.commit([restore, await table.file('back.parquet', [1])])
    },
    says: /version 2 restores an older version/,
    isSkippable: true,
  },
  {
    what: 'a path that is added twice in a range',
    change: async (table) => {
      const twice = await table.file('twice.parquet', [7])
      table.commit([twice])
      table.commit([twice])
    },
    says: /version 3 adds twice\.parquet a second time/,
    isSkippable: false,
  },
  {
    what: 'a path that is added twice in one version',
    change: async (table) => {
      const twice = await table.file('twice.parquet', [7])
      table.commit([twice, twice])
    },
    says: /version 2 adds twice\.parquet a second time/,
    isSkippable: false,
  },
  {
    what: 'other columns',
    change: async (table) => {
      const other = JSON.stringify({
        type: 'struct',
        fields: [{ name: 'other', type: 'long', nullable: true, metadata: {} }],
      })
      table.commit([metaDataOf(table, { schemaString: other })])
    },
    says: /version 2 makes it another one: column id is declared, but the table does not have it/,
    code: 'LAKE_TABLE_MISMATCH',
    isSkippable: false,
  },
]

describe('a change that is no append', () => {
  for (const { what, change, says, isSkippable, code = 'LAKE_SOURCE_CHANGED' } of CHANGES) {
    test(`${what} stops a running and a starting stream by name`, async () => {
      const table = await FollowedTable.open()
      await table.append('a.parquet', [1])
      const running = await table.resumed(undefined)
      const begun = endOf(await table.drain(running))
      await change(table)
      for (const feed of [running, await table.resumed(begun)]) {
        const error = await refusal(table.drain(feed))
        expect(error.code).toBe(code)
        expect(error.message).toMatch(says)
        expect(error.remedy).toMatch(/--fresh/)
      }
    })

    if (!isSkippable) continue
    test(`${what} is passed over with skipChangeCommits, and what comes after it is read`, async () => {
      const table = await FollowedTable.open()
      await table.append('a.parquet', [1])
      const begun = endOf(await table.readAll())
      await change(table)
      await table.append('later.parquet', [9])
      const feed = await table.resumed(begun, { skipChangeCommits: true })
      expect(idsOf(await table.drain(feed))).toEqual([[9]])
    })
  }
})

test('a file has the rows that our own stream has counted, and of any other writer those of its footer', async () => {
  const table = await FollowedTable.open()
  const feed = await table.resumed(undefined)
  const ours = {
    timestamp: 0,
    operation: 'STREAMING UPDATE',
    operationParameters: {},
    engineInfo: 'lakeweir duckdb 1.5.5',
  }
  for (const [name, engineInfo] of Object.entries({ a: ours.engineInfo, b: 'lakeweirs', c: 'other' })) {
    table.commit([
      { commitInfo: { ...ours, engineInfo } },
      await table.file(`${name}.parquet`, [1, 2, 3], { stats: '{"numRecords": 100}' }),
    ])
  }
  expect(await (await portionOf(feed)).secure()).toBe(100 + 3 + 3)
})

test('a commit that needs a newer reader stops a running and a starting stream by name', async () => {
  const table = await FollowedTable.open()
  await table.append('a.parquet', [1])
  const running = await table.resumed(undefined)
  const begun = endOf(await table.drain(running))
  table.commit([{ protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ['fromTheFuture'] } }])
  await table.append('b.parquet', [2])
  for (const feed of [running, await table.resumed(begun)]) {
    const error = await refusal(table.drain(feed))
    expect(error.code).toBe('LAKE_PROTOCOL_UNSUPPORTED')
    expect(error.message).toMatch(/^table \w+ has the Delta feature fromTheFuture, which Lakeweir does not read$/)
  }
})

describe('new metadata of the table', () => {
  test('that only changes settings is passed over', async () => {
    const table = await FollowedTable.open()
    const feed = await table.resumed(undefined)
    table.commit([metaDataOf(table, { configuration: { 'delta.logRetentionDuration': 'interval 1 days' } })])
    await table.append('a.parquet', [1])
    expect(idsOf(await table.drain(feed))).toEqual([[1]])
  })

  test.each([
    [
      'columns',
      { schemaString: '{"type":"struct","fields":[]}' },
      /column id is declared, but the table does not have it/,
    ],
    [
      'partitions',
      { partitionColumns: ['id'] },
      /it is declared partitioned by nothing, but the table is partitioned by id/,
    ],
    ['identity', { id: '33333333-3333-3333-3333-333333333333' }, /its id is 3333/],
  ])('that changes its %s stops the stream by name', async (_, change, says) => {
    const table = await FollowedTable.open()
    const feed = await table.resumed(undefined)
    table.commit([metaDataOf(table, change)])
    expect((await refusal(table.drain(feed))).message).toMatch(says)
  })
})

describe('a log that is cleaned up', () => {
  test('beyond what a running stream has read stops it by name, instead of letting it wait for ever', async () => {
    const table = await FollowedTable.open()
    await table.append('a.parquet', [1])
    const feed = await table.resumed(undefined)
    expect(endOf(await table.drain(feed)).version).toBe(1)
    for (const name of ['b.parquet', 'c.parquet', 'd.parquet']) await table.append(name, [2])
    for (const version of [0, 1, 2, 3]) rmSync(table.log.commitPath(version))
    expect((await refusal(table.drain(feed))).message).toMatch(/version 2 is gone from its log/)
  })

  test('up to what a running stream has read lets it go on', async () => {
    const table = await FollowedTable.open()
    await table.append('a.parquet', [1])
    const feed = await table.resumed(undefined)
    expect(endOf(await table.drain(feed)).version).toBe(1)
    for (const version of [0, 1]) rmSync(table.log.commitPath(version))
    expect(await table.drain(feed)).toEqual([])
    await table.append('b.parquet', [2])
    expect(idsOf(await table.drain(feed))).toEqual([[2]])
  })
})

describe('a data file that is gone', () => {
  test('fails the batch and is never passed over', async () => {
    const table = await FollowedTable.open()
    await table.append('a.parquet', [1])
    await table.append('b.parquet', [2])
    const portion = await portionOf(await table.resumed(undefined))
    rmSync(join(table.folder, 'a.parquet'))
    expect(await portion.refuse({ kind: 'data', error: new Error('no such file'), failures: 1 })).toBe(false)
    for (const isLast of [false, true]) expect(await portion.refuse({ kind: 'resources', isLast })).toBe(false)
    const feed = await table.resumed(undefined)
    await expect(table.drain(feed)).rejects.toThrow(/a\.parquet/)
  })

  for (const [what, spoil, says] of [
    ['gone', (path: string) => rmSync(path), /file b\.parquet of version 2 is gone from the disk/],
    [
      'empty',
      (path: string) => truncateSync(path, 0),
      /file b\.parquet of version 2 has 0 bytes, but its log says \d+/,
    ],
    [
      'cut',
      (path: string) => truncateSync(path, 40),
      /file b\.parquet of version 2 has 40 bytes, but its log says \d+/,
    ],
  ] as const) {
    test(`is told as lost where it is ${what}, to a stream that begins and to one that goes on`, async () => {
      const table = await FollowedTable.open()
      await table.append('a.parquet', [1])
      const begun = endOf(await table.readAll())
      await table.append('b.parquet', [2])
      spoil(join(table.folder, 'b.parquet'))
      for (const after of [undefined, begun]) {
        const error = await refusal(table.resumed(after).then((feed) => table.drain(feed)))
        expect(error.code).toBe('LAKE_DATA_LOST')
        expect(error.message).toMatch(says)
      }
    })
  }

  test('since the table was compacted and vacuumed is told as a change of the table', async () => {
    const table = await FollowedTable.open()
    await table.append('a.parquet', [1])
    const begun = endOf(await table.readAll())
    await table.append('b.parquet', [2])
    const compacted = await table.file('c.parquet', [1, 2], { dataChange: false })
    const removes = ['a.parquet', 'b.parquet'].map((path) => ({ remove: { path, dataChange: false } }))
    table.commit([...removes, compacted])
    for (const path of ['a.parquet', 'b.parquet']) rmSync(join(table.folder, path))
    const error = await refusal(table.resumed(begun).then((feed) => table.drain(feed)))
    expect(error.code).toBe('LAKE_SOURCE_CHANGED')
    expect(error.message).toMatch(
      /file b\.parquet of version 2, with 1 row, is gone from it and from the disk, but the stream has not read it: version 3 by .* moved the rows into other files\.$/,
    )
    expect(error.remedy).toMatch(/^The rows are still in .* build the stream's tables again with --fresh/)
    expect(error.remedy).not.toMatch(/skipChangeCommits/)
  })
})

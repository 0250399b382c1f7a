import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { TableTail } from '../../src/sources/delta/tail.ts'
import { endOf, FollowedTable, idsOf, refusal } from '../support/followedTable.ts'

/** What may have happened to the table while no stream ran; each would make it read other rows than it claims. */
const OTHER_HISTORIES: readonly { what: string; change: (table: FollowedTable) => Promise<void>; says: RegExp }[] = [
  {
    what: 'another table in its place',
    change: async (table) => {
      table.create('22222222-2222-2222-2222-222222222222')
      for (const name of ['a.parquet', 'b.parquet', 'c.parquet']) table.commit([await table.file(name, [1])])
    },
    says: /version 2 is not the commit|another table now \(id 2222/,
  },
  {
    what: 'a head below the offset',
    change: async (table) => rmSync(table.log.commitPath(2)),
    says: /its newest version is 1, but the stream has read up to 2/,
  },
  {
    what: 'another commit under the number of the offset',
    change: async (table) => appendFileSync(table.log.commitPath(2), '\n'),
    says: /version 2 is not the commit that the stream has read/,
  },
  {
    what: 'a gap just above the offset',
    change: async (table) => {
      await table.append('c.parquet', [3])
      await table.append('d.parquet', [4])
      rmSync(table.log.commitPath(3))
    },
    says: /version 3 is gone from its log, but the stream has not read it/,
  },
]

describe('another history than the one that was read', () => {
  for (const { what, change, says } of OTHER_HISTORIES) {
    test(`${what} is refused at the start`, async () => {
      const table = await FollowedTable.open()
      await table.append('a.parquet', [1])
      await table.append('b.parquet', [2])
      const begun = endOf(await table.readAll())
      expect(begun.version).toBe(2)
      await change(table)
      const error = await refusal(table.resumed(begun))
      expect(error.code).toBe('LAKE_SOURCE_CHANGED')
      expect(error.message).toMatch(says)
    })
  }

  test('a table with another id is refused even where its newest commit is the same', async () => {
    const table = await FollowedTable.open()
    await table.append('a.parquet', [1])
    const begun = endOf(await table.readAll())
    const commit = readFileSync(table.log.commitPath(1))
    table.create('22222222-2222-2222-2222-222222222222')
    writeFileSync(table.log.commitPath(1), commit)
    expect((await refusal(table.resumed(begun))).message).toMatch(/another table now \(id 2222/)
  })

  test('the same log copied elsewhere and back is the same history', async () => {
    const table = await FollowedTable.open()
    await table.append('a.parquet', [1])
    const begun = endOf(await table.readAll())
    const text = readFileSync(table.log.commitPath(1))
    rmSync(table.log.commitPath(1))
    writeFileSync(table.log.commitPath(1), text)
    await table.append('b.parquet', [2])
    const feed = await table.resumed(begun)
    expect(idsOf(await table.drain(feed))).toEqual([[2]])
  })
})

describe('the beginning of a table', () => {
  test('needs no session of DuckDB for a table that has never had a file, and one for a table whose files are gone', async () => {
    const table = await FollowedTable.open()
    let sessions = 0
    const opened = () =>
      TableTail.open(table.followed, undefined, async () => {
        sessions += 1
        return table.session
      })
    expect(await (await opened()).all()).toEqual([])
    expect(sessions).toBe(0)
    const { add } = await table.file('a.parquet', [1])
    table.commit([{ add }])
    table.commit([{ remove: { path: add.path, dataChange: true } }])
    expect(await (await opened()).all()).toEqual([])
    expect(sessions).toBe(1)
  })
})

import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Action } from '../../src/delta/actions.ts'
import { headsByCommits } from '../../src/delta/heads.ts'
import { Snapshot } from '../../src/delta/snapshot.ts'
import { FollowedTable, refusal } from '../support/followedTable.ts'

const txn = (appId: string, version: number): Action => ({ txn: { appId, version, lastUpdated: 0 } })

/** A table with commits of two streams and of somebody else. */
async function openTable(): Promise<FollowedTable> {
  const table = await FollowedTable.open()
  table.commit([txn('one@1', 1), await table.file('a.parquet', [1])])
  table.commit([txn('two@1', 7)])
  await table.append('b.parquet', [2])
  table.commit([txn('one@1', 2), { protocol: { minReaderVersion: 1, minWriterVersion: 3 } }])
  return table
}

describe('heads that are read commit by commit', () => {
  test('are those that the replay in SQL finds', async () => {
    const table = await openTable()
    const { heads } = await Snapshot.load(table.session, table.lakeFolder, [table.ref])
    expect(await headsByCommits([table])).toEqual(heads)
    expect(heads.get('events')).toMatchObject({ version: 4, protocol: { minReaderVersion: 1, minWriterVersion: 3 } })
  })

  test('leave out a table that has no log', async () => {
    const table = await FollowedTable.open()
    rmSync(table.log.folder, { recursive: true })
    expect(await headsByCommits([table])).toEqual(new Map())
  })

  test.each([
    { what: 'cleaned up', spoil: (table: FollowedTable) => rmSync(table.log.commitPath(0)) },
    { what: 'with a gap', spoil: (table: FollowedTable) => rmSync(table.log.commitPath(2)) },
    { what: 'that is not JSON', spoil: (table: FollowedTable) => appendFileSync(table.log.commitPath(1), 'no JSON') },
    {
      what: 'of half its metadata',
      spoil: (table: FollowedTable) => writeFileSync(table.log.commitPath(2), '{"metaData":{"id":"1"}}\n'),
    },
  ])('leave a log $what to the replay', async ({ spoil }) => {
    const table = await openTable()
    spoil(table)
    expect(await headsByCommits([table])).toBeUndefined()
  })

  test('refuse a table that needs a newer reader', async () => {
    const table = await openTable()
    table.commit([{ protocol: { minReaderVersion: 4, minWriterVersion: 7 } }])
    expect((await refusal(headsByCommits([table]))).message).toBe(
      'table events needs Delta reader version 4; Lakeweir reads versions up to 3',
    )
  })
})

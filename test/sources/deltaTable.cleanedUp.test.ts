import { readFileSync, rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type AddFile, type MetaData, PROTOCOL } from '../../src/delta/actions.ts'
import { writeCheckpoint } from '../support/checkpointFile.ts'
import { FollowedTable, idsOf, refusal } from '../support/followedTable.ts'

function metaDataOf(table: FollowedTable): MetaData {
  const lines = readFileSync(table.log.commitPath(0), 'utf8').trim().split('\n')
  const found = lines.map((line) => JSON.parse(line) as { metaData?: MetaData }).find(({ metaData }) => metaData)
  if (found?.metaData === undefined) throw new Error('commit 0 has no metadata')
  return found.metaData
}

/** A table whose third commit has two files, and a stream that has read the first of them. */
async function halfRead(): Promise<{ table: FollowedTable; adds: readonly AddFile[]; goOn: () => Promise<unknown> }> {
  const table = await FollowedTable.open()
  const first = await table.file('0.parquet', [0])
  table.commit([first])
  const [begun] = await table.readAll()
  const both = [await table.file('a.parquet', [1]), await table.file('b.parquet', [2])]
  table.commit(both)
  const [half] = await table.drain(await table.resumed(begun?.end), { maxFiles: 1 }, 1)
  expect(half).toMatchObject({ ids: [1], end: { version: 2, path: 'a.parquet' } })
  const goOn = async (): Promise<unknown> => {
    const feed = await table.resumed(half?.end)
    return idsOf(await table.drain(feed))
  }
  return { table, adds: [first, ...both].map(({ add }) => add), goOn }
}

test('a version of which a part was read goes on while it stands', async () => {
  const { table, goOn } = await halfRead()
  await table.append('c.parquet', [3])
  expect(await goOn()).toEqual([[2, 3]])
})

test('a version of which a part was read stops its stream by name once it was cleaned up', async () => {
  const { table, adds, goOn } = await halfRead()
  const metaData = metaDataOf(table)
  await table.append('c.parquet', [3])
  await writeCheckpoint(table, 2, { protocol: PROTOCOL, metaData, txns: [], adds })
  for (const version of [0, 1, 2]) rmSync(table.log.commitPath(version))
  const error = await refusal(goOn())
  expect(error.code).toBe('LAKE_SOURCE_CHANGED')
  expect(error.message).toContain('version 2 is gone from its log, but only a part of it was read')
})

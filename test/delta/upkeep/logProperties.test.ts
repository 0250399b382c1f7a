import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Snapshot } from '../../../src/delta/snapshot.ts'
import { writeLogCheckpoint } from '../../../src/delta/upkeep/logCheckpoint.ts'
import { retentionProperties, setProperties } from '../../../src/delta/upkeep/logProperties.ts'
import { nodeDisk } from '../../../src/files/disk.ts'
import { META_DATA, txn } from '../../support/deltaActions.ts'
import { endOf, FollowedTable, idsOf } from '../../support/followedTable.ts'

const RETENTION = { keepLogMs: 30 * 86_400_000, keepFilesMs: 7 * 86_400_000 }

function partsOf(table: FollowedTable) {
  const staging = join(table.lakeFolder, 'staging')
  mkdirSync(staging, { recursive: true })
  const { session, log, lakeFolder } = table
  return { disk: nodeDisk, session, log, lakeFolder, staging }
}

function set(table: FollowedTable, properties = retentionProperties(RETENTION)): Promise<number | undefined> {
  return setProperties(partsOf(table), { table: table.name, folder: table.name }, properties, 5)
}

describe('settings of a table', () => {
  test('say how long its log and its files are kept, in units that every writer knows', () => {
    expect(retentionProperties(RETENTION)).toEqual({
      'delta.logRetentionDuration': 'interval 30 days',
      'delta.deletedFileRetentionDuration': 'interval 7 days',
      'delta.enableExpiredLogCleanup': 'false',
    })
    expect(retentionProperties({ keepLogMs: 3_600_000, keepFilesMs: 1_500 })).toMatchObject({
      'delta.logRetentionDuration': 'interval 1 hours',
      'delta.deletedFileRetentionDuration': 'interval 2 seconds',
    })
  })

  test.each([false, true])('are added once, and nothing else changes; after a checkpoint: %s', async (checkpointed) => {
    const table = await FollowedTable.open()
    const metaData = { ...META_DATA, name: 'a', description: 'b', configuration: { mine: 'x' }, createdTime: 7 }
    table.commit([{ metaData }, txn('s@1', 1)])
    if (checkpointed) {
      const plan = { table: table.name, folder: table.name, version: 1, tombstonesFromMs: 0 }
      await writeLogCheckpoint(partsOf(table), plan)
    }
    expect(await set(table)).toBe(2)
    const lines = readFileSync(table.log.commitPath(2), 'utf8').trim().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { commitInfo: expect.objectContaining({ operation: 'SET TBLPROPERTIES', engineInfo: 'lakeweir' }) },
      { metaData: { ...metaData, configuration: { mine: 'x', ...retentionProperties(RETENTION) } } },
    ])
    expect(await set(table)).toBeUndefined()
    const { heads } = await Snapshot.load(table.session, table.lakeFolder, [table.ref])
    expect(heads.get('events')?.configuration).toMatchObject({ mine: 'x', 'delta.enableExpiredLogCleanup': 'false' })
  })

  test('stop neither a stream that follows the table nor one that writes it', async () => {
    const table = await FollowedTable.open()
    await table.append('a.parquet', [1])
    const feed = await table.resumed(undefined)
    const first = await table.drain(feed)
    expect(await set(table)).toBe(2)
    // The table's own count of its versions goes on from there.
    const lines = readFileSync(table.log.commitPath(2), 'utf8').trim().split('\n')
    table.commit(lines.map((line) => JSON.parse(line)))
    const ours = [{ commitInfo: COMMIT_INFO }, await table.file('b.parquet', [2])]
    expect(await table.log.append(1, await table.log.prepare(ours, table.lakeFolder))).toBe(3)
    expect(idsOf([...first, ...(await table.drain(feed))])).toEqual([[1], [2]])
    expect(idsOf(await table.drain(await table.resumed(endOf(first))))).toEqual([[2]])
  })
})

const COMMIT_INFO = { timestamp: 1, operation: 'WRITE', operationParameters: {}, engineInfo: 'test' }

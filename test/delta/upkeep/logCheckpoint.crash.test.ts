import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Snapshot } from '../../../src/delta/snapshot.ts'
import { type LogCheckpointOutcome, writeLogCheckpoint } from '../../../src/delta/upkeep/logCheckpoint.ts'
import { type Disk, nodeDisk } from '../../../src/files/disk.ts'
import { addOf, txn } from '../../support/deltaActions.ts'
import { FollowedTable } from '../../support/followedTable.ts'
import { type DiskCall, hookedDisk, stoppingDisk } from '../../support/hookedDisk.ts'

const VERSION = 2

async function openTable(): Promise<FollowedTable> {
  const table = await FollowedTable.open()
  for (let version = 1; version <= 3; version++) table.commit([addOf(`${version}.parquet`), txn('s@1', version)])
  mkdirSync(join(table.lakeFolder, 'staging'))
  return table
}

function write(table: FollowedTable, disk: Disk): Promise<LogCheckpointOutcome> {
  const { session, log, lakeFolder, name } = table
  const staging = join(lakeFolder, 'staging')
  const plan = { table: name, folder: name, version: VERSION, tombstonesFromMs: 0 }
  return writeLogCheckpoint({ disk, session, log, lakeFolder, staging }, plan)
}

async function livePaths(table: FollowedTable): Promise<string[]> {
  const snapshot = await Snapshot.load(table.session, table.lakeFolder, [table.ref])
  return (await snapshot.liveFiles(table.name)).map(({ path }) => path).sort()
}

/** Writes a checkpoint and returns the calls that it made. */
async function callsOf(table: FollowedTable, disk: Disk = nodeDisk): Promise<DiskCall[]> {
  const calls: DiskCall[] = []
  const traced = hookedDisk(disk, async (call, perform) => {
    calls.push(call)
    return perform()
  })
  expect(await write(table, traced)).toBe('written')
  return calls
}

describe('a checkpoint of a log', () => {
  test.each(['before', 'after'] as const)('that is stopped %s any call leaves the table as it is', async (when) => {
    const { length } = await callsOf(await openTable())
    expect(length).toBeGreaterThan(8)
    for (let call = 1; call <= length; call++) {
      const table = await openTable()
      await expect(write(table, stoppingDisk(nodeDisk, { call, when }))).rejects.toThrow(/stopped at call/)
      expect(await livePaths(table)).toEqual(['1.parquet', '2.parquet', '3.parquet'])
      const isThere = existsSync(table.log.checkpointPath(VERSION))
      expect(await write(table, nodeDisk)).toBe(isThere ? 'exists' : 'written')
      // What is left has a name by which a start knows that its process is dead.
      for (const name of readdirSync(join(table.lakeFolder, 'staging'))) expect(name).toMatch(/\.tmp$/)
    }
  })

  test('survives a power cut once it has a name: the file, the commits before it and their folder were synced', async () => {
    const table = await openTable()
    const calls = await callsOf(table)
    const linked = calls.findIndex(({ operation }) => operation === 'link')
    const synced = calls.slice(0, linked).flatMap(({ operation, path }) => (operation.startsWith('sync') ? [path] : []))
    const commits = [0, 1, VERSION].map((version) => table.log.commitPath(version))
    expect(synced).toEqual(expect.arrayContaining([...commits, table.log.folder]))
    expect(synced).toContainEqual(expect.stringMatching(/staging\/0{19}2\.checkpoint\.parquet\..*\.tmp$/))
    const hinted = calls.findIndex(({ operation }) => operation === 'rename')
    expect(calls[hinted]?.path).toBe(join(table.log.folder, '_last_checkpoint'))
    const between = calls.slice(linked + 1, hinted).filter(({ operation }) => operation === 'syncFolder')
    expect(between.map(({ path }) => path)).toEqual([table.log.folder])
  })

  test.each(['syncFile', 'syncFolder', 'link', 'rename', 'writeFile'] as const)(
    'on a disk whose %s fails leaves the table as it is',
    async (operation) => {
      const table = await openTable()
      const before = await livePaths(table)
      const failing = hookedDisk(nodeDisk, async (call, perform) => {
        if (call.operation === operation) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })
        return perform()
      })
      await expect(write(table, failing)).rejects.toThrow('ENOSPC')
      expect(await livePaths(table)).toEqual(before)
      expect(readdirSync(join(table.lakeFolder, 'staging'))).toEqual([])
    },
  )
})

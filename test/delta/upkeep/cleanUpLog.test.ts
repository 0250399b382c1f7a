import { copyFileSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Snapshot } from '../../../src/delta/snapshot.ts'
import { cleanUpLog } from '../../../src/delta/upkeep/cleanUpLog.ts'
import { writeLogCheckpoint } from '../../../src/delta/upkeep/logCheckpoint.ts'
import { type Disk, nodeDisk } from '../../../src/files/disk.ts'
import { addOf, txn } from '../../support/deltaActions.ts'
import { FollowedTable } from '../../support/followedTable.ts'

const DAY_MS = 86_400_000

/** Commits 0 to 9, each a day after the one before, and checkpoints of some of them. */
async function openTable(checkpoints: readonly number[]): Promise<FollowedTable> {
  const table = await FollowedTable.open()
  for (let version = 1; version <= 9; version++) table.commit([addOf(`${version}.parquet`), txn('s@1', version)])
  const staging = join(table.lakeFolder, 'staging')
  mkdirSync(staging)
  const { session, log, lakeFolder, name } = table
  for (const version of checkpoints) {
    const plan = { table: name, folder: name, version, tombstonesFromMs: 0 }
    await writeLogCheckpoint({ disk: nodeDisk, session, log, lakeFolder, staging }, plan)
  }
  for (let version = 0; version <= 9; version++) {
    utimesSync(log.commitPath(version), (version * DAY_MS) / 1000, (version * DAY_MS) / 1000)
    writeFileSync(join(log.folder, `.${String(version).padStart(20, '0')}.crc`), '')
  }
  return table
}

function cleanUp(table: FollowedTable, neededVersion: number, beforeDay: number, disk: Disk = nodeDisk) {
  const { session, log, lakeFolder, name } = table
  const plan = { table: name, folder: name, neededVersion, beforeMs: beforeDay * DAY_MS + 1 }
  return cleanUpLog({ disk, session, log, lakeFolder }, plan)
}

function versionsLeft(table: FollowedTable): number[] {
  const found = readdirSync(table.log.folder).flatMap((name) => /^(\d{20})\.json$/.exec(name)?.[1] ?? [])
  return found.map(Number).sort((a, b) => a - b)
}

async function livePaths(table: FollowedTable, asOf?: number): Promise<string[]> {
  const ref = { ...table.ref, ...(asOf === undefined ? {} : { asOf }) }
  const snapshot = await Snapshot.load(table.session, table.lakeFolder, [ref])
  return (await snapshot.liveFiles(table.name)).map(({ path }) => path).sort()
}

const ALL = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

describe('a clean-up of a log', () => {
  test.each([
    { what: 'removes what comes before the newest checkpoint', needed: 9, day: 9, oldest: 8 },
    { what: 'keeps the version that somebody needs', needed: 8, day: 9, oldest: 8 },
    { what: 'keeps the checkpoint before a version that somebody needs', needed: 7, day: 9, oldest: 4 },
    { what: 'keeps what is not old enough', needed: 9, day: 6, oldest: 4 },
    { what: 'removes nothing before the first checkpoint', needed: 3, day: 9, oldest: 0 },
    { what: 'removes nothing if nothing is old enough', needed: 9, day: 3, oldest: 0 },
  ])('$what', async ({ needed, day, oldest }) => {
    const table = await openTable([4, 8])
    const before = await livePaths(table)
    const { removedFiles, oldestVersion } = await cleanUp(table, needed, day)
    expect(versionsLeft(table)).toEqual(ALL.slice(oldest))
    // A commit and its checksum each, and the checkpoints before the one that stays.
    expect(removedFiles).toBe(2 * oldest + (oldest === 8 ? 1 : 0))
    expect(oldestVersion).toBe(oldest === 0 ? undefined : oldest)
    expect(await livePaths(table)).toEqual(before)
    expect((await livePaths(table, Math.max(oldest, 4))).length).toBe(Math.max(oldest, 4))
    expect(await cleanUp(table, needed, day)).toMatchObject({ removedFiles: 0 })
  })

  test('relies on no checkpoint that cannot be read', async () => {
    const table = await openTable([4])
    writeFileSync(table.log.checkpointPath(8), 'torn')
    await cleanUp(table, 9, 9)
    expect(versionsLeft(table)).toEqual(ALL.slice(4))
  })

  test('relies on no checkpoint of another table', async () => {
    const [table, other] = [await openTable([4]), await openTable([])]
    other.create('another')
    for (let version = 1; version <= 8; version++) other.commit([addOf(`other-${version}.parquet`)])
    const staging = join(other.lakeFolder, 'staging')
    const { session, log, lakeFolder, name } = other
    const plan = { table: name, folder: name, version: 8, tombstonesFromMs: 0 }
    await writeLogCheckpoint({ disk: nodeDisk, session, log, lakeFolder, staging }, plan)
    copyFileSync(log.checkpointPath(8), table.log.checkpointPath(8))
    await cleanUp(table, 9, 9)
    expect(versionsLeft(table)).toEqual(ALL.slice(4))
  })

  test('removes nothing without a checkpoint', async () => {
    const table = await openTable([])
    await cleanUp(table, 9, 9)
    expect(versionsLeft(table)).toEqual(ALL)
  })

  test('that is stopped at any file leaves the table as it is, and the next one goes on', async () => {
    for (let stopAt = 0; stopAt < 18; stopAt += 4) {
      const table = await openTable([4, 8])
      const before = await livePaths(table)
      let calls = 0
      const disk: Disk = {
        ...nodeDisk,
        removeFile: async (path) => {
          if (calls === stopAt) throw new Error('stopped')
          calls += 1
          await nodeDisk.removeFile(path)
        },
      }
      await expect(cleanUp(table, 9, 9, disk)).rejects.toThrow('stopped')
      expect(await livePaths(table)).toEqual(before)
      await cleanUp(table, 9, 9)
      expect(versionsLeft(table)).toEqual([8, 9])
      expect(await livePaths(table)).toEqual(before)
    }
  })
})

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Disk, nodeDisk } from '../../src/files/disk.ts'
import { failingDisk, hookedDisk } from '../support/hookedDisk.ts'
import { LandingStream, momentAt, NO_LIMITS, portionOf } from '../support/landingStream.ts'

/** A disk that does not let go of the files of one name, as of one that is immutable. */
function holdingDisk(code: string, name: string, isHeld: () => boolean = () => true): Disk {
  return failingDisk(
    nodeDisk,
    code,
    ({ operation, path }) => operation === 'rename' && path.includes('/claimed') && basename(path) === name && isHeld(),
  )
}

const REASONS: Readonly<Record<string, string>> = {
  EPERM: 'it cannot be moved away: operation not permitted (EPERM)',
  EACCES: 'it cannot be moved away: permission denied (EACCES)',
  EBUSY: 'it cannot be moved away: it is in use, or something is mounted on it (EBUSY)',
}

describe('a file that may not be moved away', () => {
  test.each(Object.entries(REASONS))('(%s) is named and left, and the others are taken', async (code, reason) => {
    const stream = await LandingStream.open({ disk: holdingDisk(code, 'b.parquet') })
    for (const name of ['a.parquet', 'b.parquet', 'c.parquet']) await stream.drop(name)
    expect((await stream.run()).map(({ inputFiles }) => inputFiles)).toEqual([2])
    expect(await stream.reasons()).toEqual({ 'b.parquet': reason })
    expect(stream.waiting()).toEqual(['b.parquet'])
    expect(stream.archived()).toEqual(['a.parquet', 'c.parquet'])
    expect(readdirSync(stream.checkpoint.claimed)).toEqual([])
    // Alone it makes no batch, and the next start says the same.
    expect(await stream.run()).toEqual([])
    expect(await stream.reasons()).toEqual({ 'b.parquet': reason })
    expect(readdirSync(stream.checkpoint.claimed)).toEqual([])
  })

  test('is tried again after a minute, at the next start and when it changes, and is then taken', async () => {
    let tries = 0
    const stream = await LandingStream.open({
      disk: holdingDisk('EBUSY', 'b.parquet', () => {
        tries += 1
        return tries < 5
      }),
    })
    await stream.drop('b.parquet')
    const feed = await stream.feed()
    const plan = (nowMs: number) => feed.next(NO_LIMITS, momentAt(nowMs, false))
    for (const nowMs of [0, 1_000, 59_999]) expect(await plan(nowMs)).toMatchObject({ kind: 'idle' })
    expect(tries).toBe(1)
    await plan(60_000)
    expect(tries).toBe(2)
    writeFileSync(stream.path('b.parquet'), readFileSync(stream.path('b.parquet')))
    await plan(60_001)
    expect(tries).toBe(3)
    expect(await stream.run()).toEqual([])
    expect(tries).toBe(4)
    expect(await stream.run()).toMatchObject([{ inputFiles: 1 }])
    expect(await stream.reasons()).toEqual({})
  })

  test('is not told where no file of the folder may be: the disk is', async () => {
    const stream = await LandingStream.open({
      disk: hookedDisk(holdingDisk('EACCES', 'b.parquet'), async ({ operation, path }, perform) => {
        // In the instant of the rename the folder is no folder that may be changed: here it is gone.
        if (operation === 'rename' && basename(path) === 'b.parquet')
          renameSync(stream.landing, `${stream.landing}.off`)
        return perform()
      }),
    })
    await stream.drop('b.parquet')
    await expect(stream.run()).rejects.toMatchObject({ code: 'LAKE_DISK_FAILED' })
    expect(await stream.reasons()).toEqual({})
    expect(readdirSync(stream.checkpoint.claimed)).toEqual([])
  })
})

describe('an empty folder of claims that a dead process left', () => {
  test.each([1, 2, 12])('(%i) goes at the next start, and is in nobody’s way', async (batch) => {
    const stream = await LandingStream.open()
    mkdirSync(stream.checkpoint.claimFolder(batch))
    expect(await stream.run()).toEqual([])
    expect(readdirSync(stream.checkpoint.claimed)).toEqual([])
  })
})

describe('a landing folder that is on another file system all at once', () => {
  /** Renames leave the folder once it has moved, and never after. */
  const movingDisk = (hasMoved: () => boolean): Disk =>
    failingDisk(
      nodeDisk,
      'EXDEV',
      ({ operation, path }) =>
        hasMoved() &&
        ((operation === 'rename' && path.includes('/checkpoint/land/claimed/')) ||
          (operation === 'link' && path.includes('/landing/'))),
    )

  test('is landed on: its claims stand in it from then on', async () => {
    let hasMoved = false
    const disk = failingDisk(
      nodeDisk,
      'EXDEV',
      ({ operation, path }) => hasMoved && operation === 'rename' && path.includes('/checkpoint/land/claimed/'),
    )
    const stream = await LandingStream.open({ disk })
    const source = stream.source()
    await stream.drop('a.parquet')
    await stream.run({}, source)
    hasMoved = true
    rmSync(stream.landing, { recursive: true })
    mkdirSync(stream.landing)
    await stream.drop('b.parquet', "SELECT 2::BIGINT AS id, 'b' AS name")
    expect(await stream.run({}, source)).toMatchObject([{ batch: 2, inputFiles: 1 }])
    expect(stream.archived()).toEqual(['b.parquet'])
    const [claims = ''] = stream.waiting()
    expect(claims).toMatch(/^_claimed\./)
    expect(readdirSync(stream.checkpoint.claimed)).toEqual([])
    expect(await stream.run()).toEqual([])
    expect(stream.waiting()).toEqual([claims])
  })

  test('with claims from before is refused by name until they are settled', async () => {
    let hasMoved = false
    const stream = await LandingStream.open({ disk: movingDisk(() => hasMoved) })
    await stream.drop('a.parquet')
    await stream.drop('b.parquet', "SELECT 2::BIGINT AS id, 'b' AS name")
    const source = stream.source()
    await portionOf(await stream.feed(source), { maxFiles: 1 })
    hasMoved = true
    await expect(stream.run({}, source)).rejects.toMatchObject({
      code: 'LAKE_DISK_UNSUITABLE',
      message: `${stream.landing} has moved to another file system.`,
    })
    hasMoved = false
    await stream.run()
    expect((await stream.rows('id')).map(({ id }) => id)).toEqual([1, 2])
    expect(existsSync(dirname(stream.checkpoint.claimFolder(1)))).toBe(true)
    expect(readdirSync(stream.checkpoint.claimed)).toEqual([])
  })
})

import { existsSync, linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Disk, nodeDisk } from '../../src/files/disk.ts'
import { BatchArchive, listArchive } from '../../src/sources/landing/archive.ts'
import { LandingClaims } from '../../src/sources/landing/claims.ts'
import type { Position } from '../../src/stream/source.ts'
import { Checkpoint } from '../../src/tables/checkpoint.ts'
import { type DiskCall, failingDisk, hookedDisk, systemError, tracingDisk } from '../support/hookedDisk.ts'
import { LandingStream } from '../support/landingStream.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

let lakeFolder: string
let folder: string
let checkpoint: Checkpoint
let trace: DiskCall[]

beforeEach(async () => {
  lakeFolder = temporaryFolder()
  folder = join(lakeFolder, 'landing')
  checkpoint = new Checkpoint(join(lakeFolder, 'events/checkpoint/land'))
  mkdirSync(folder)
  await checkpoint.make(nodeDisk, lakeFolder)
  trace = []
})

function open(disk: Disk = nodeDisk): Promise<LandingClaims> {
  return LandingClaims.open({ disk, lakeFolder, folder, checkpoint, afterCommit: 'archive' })
}

/** The calls since the trace was emptied, by their places in the lake. */
const steps = (): string[] => trace.map(({ operation, path }) => `${operation} ${path.slice(lakeFolder.length + 1)}`)

function write(path: string, text = 'text'): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

const claimed = (batch: number, name: string): string => join(checkpoint.claimFolder(batch), name)

function positionAt(batch: number, names: readonly string[]): Position {
  return {
    streamId: 'land@1',
    batch,
    attempt: '00000000-0000-0000-0000-000000000000',
    batchTime: '2026-11-22T10:00:00.000Z',
    recordedIn: 'the test',
    source: { kind: 'landing', start: null, end: { files: 1 }, detail: { files: names.map((name) => ({ name })) } },
  }
}

const CLAIMED = 'events/checkpoint/land/claimed'
const DAY = 'landing/_archive/2026-11-22'

describe('a claim', () => {
  test('is only made in a folder whose name is durable', async () => {
    write(join(folder, 'a.parquet'))
    const claims = await open(tracingDisk(nodeDisk, trace))
    trace.length = 0
    await claims.begin(1)
    await claims.take('a.parquet', 1)
    expect(steps()).toEqual([`makeFolder ${CLAIMED}/1`, `syncFolder ${CLAIMED}`, `rename ${CLAIMED}/1/a.parquet`])
  })

  test('is durable with the landing folder, both folders of claims, and the archive of the batch before', async () => {
    for (const name of ['a.parquet', 'b.parquet']) write(join(folder, name))
    const claims = await open(tracingDisk(nodeDisk, trace))
    await claims.begin(1)
    await claims.take('a.parquet', 1)
    await claims.drop(positionAt(1, ['a.parquet']))
    await claims.begin(2)
    await claims.take('b.parquet', 2)
    trace.length = 0
    await claims.sync(2)
    const synced = ['landing', DAY, CLAIMED, `${CLAIMED}/2`].map((path) => `syncFolder ${path}`)
    expect(steps().sort()).toEqual(synced.sort())
  })

  test('needs no archive that somebody has tidied away', async () => {
    write(join(folder, 'a.parquet'))
    const claims = await open()
    await claims.begin(1)
    await claims.take('a.parquet', 1)
    await claims.drop(positionAt(1, ['a.parquet']))
    rmSync(join(lakeFolder, DAY), { recursive: true })
    await claims.begin(2)
    await claims.sync(2)
  })

  test('that could not be made durable is not tried again: a second sync would mean nothing', async () => {
    let failures = 0
    const disk = hookedDisk(nodeDisk, async (call, perform) => {
      if (call.operation !== 'syncFolder' || !call.path.endsWith('/claimed/1')) return perform()
      failures += 1
      throw systemError('EIO', call)
    })
    const stream = await LandingStream.open({ disk })
    await stream.drop('a.parquet')
    await expect(stream.run()).rejects.toMatchObject({ code: 'LAKE_DISK_FAILED' })
    expect(failures).toBe(1)
  })
})

describe('the claims of a committed batch', () => {
  test('go to the archive, and what its record does not name goes nowhere', async () => {
    for (const name of ['a.parquet', 'other.parquet']) write(claimed(1, name))
    const claims = await open()
    await claims.drop(positionAt(1, ['a.parquet']))
    expect(readdirSync(join(lakeFolder, DAY))).toEqual(['a.parquet'])
    expect(readdirSync(checkpoint.claimFolder(1))).toEqual(['other.parquet'])
  })

  test('may be in the archive already, and where they are in neither place that is no error', async () => {
    const archive = new BatchArchive(nodeDisk, folder, positionAt(1, ['a.parquet']))
    mkdirSync(join(lakeFolder, DAY), { recursive: true })
    await archive.take(claimed(1, 'a.parquet'), 'a.parquet', 0)
    const full = failingDisk(nodeDisk, 'ENOSPC', ({ operation }) => operation === 'link')
    write(claimed(1, 'a.parquet'))
    const failing = new BatchArchive(full, folder, positionAt(1, ['a.parquet']))
    await expect(failing.take(claimed(1, 'a.parquet'), 'a.parquet', 0)).rejects.toMatchObject({ code: 'ENOSPC' })
  })

  test('each have a name of their own in the archive, which a second try gives again', async () => {
    for (const batch of [1, 2]) {
      write(claimed(batch, 'a.parquet'), String(batch))
      await (await open()).drop(positionAt(batch, ['a.parquet']))
    }
    expect(readdirSync(join(lakeFolder, DAY)).sort()).toEqual(['a (2.0.00000000).parquet', 'a.parquet'])
  })

  test('with two names in the archive, as a crash leaves them, are listed once', async () => {
    const path = write(join(lakeFolder, DAY, 'a.parquet'))
    linkSync(path, join(lakeFolder, DAY, 'a (1.0.00000000).parquet'))
    expect(await listArchive(folder)).toHaveLength(1)
  })
})

describe('the claims of the batch to come', () => {
  test('are taken up, with their names', async () => {
    const file = write(claimed(2, 'a.parquet'))
    const claims = await open()
    await claims.recover(undefined, 2)
    expect(await claims.resume(2)).toEqual([{ file, name: 'a.parquet' }])
  })

  test('are no longer claims once they are half put back, which is made sure before the claim goes', async () => {
    const file = write(claimed(2, 'a.parquet'))
    linkSync(file, join(folder, 'a.parquet'))
    const claims = await open(tracingDisk(nodeDisk, trace))
    trace.length = 0
    expect(await claims.resume(2)).toEqual([])
    expect(steps()).toEqual(['syncFolder landing', `removeFile ${CLAIMED}/2/a.parquet`])
    expect(existsSync(join(folder, 'a.parquet'))).toBe(true)
  })

  test('are claims also where their writer has given them a second name', async () => {
    const file = write(claimed(2, 'a.parquet'))
    linkSync(file, join(folder, 'b.parquet'))
    expect(await (await open()).resume(2)).toEqual([{ file, name: 'a.parquet' }])
  })
})

describe('an emptying', () => {
  test('makes it durable where claims went before it is durable that they are gone', async () => {
    write(claimed(1, 'a.parquet'))
    const claims = await open(tracingDisk(nodeDisk, trace))
    await claims.drop(positionAt(1, ['a.parquet']))
    trace.length = 0
    await claims.syncRecovered()
    expect(steps().at(-1)).toBe(`syncFolder ${CLAIMED}`)
    expect(steps().slice(0, -1).sort()).toEqual(['syncFolder landing/_archive', `syncFolder ${DAY}`])
  })

  test('that takes the archive again makes it durable there first, also where files have one name only', async () => {
    write(join(lakeFolder, DAY, 'a.parquet'))
    const noLinks = failingDisk(nodeDisk, 'EPERM', ({ operation }) => operation === 'link')
    const claims = await open(tracingDisk(noLinks, trace))
    trace.length = 0
    await claims.reland()
    expect(steps().map((step) => step.replace(/ \(put back .*\)/, ''))).toEqual([
      'link landing/a.parquet',
      'rename landing/a.parquet',
      'syncFolder landing',
      `syncFolder ${DAY}`,
    ])
  })
})

describe('a landing folder on another file system', () => {
  /** No rename leaves the landing folder. */
  function away(inner: Disk): Disk {
    return {
      ...inner,
      async rename(from, to) {
        const isOut = from.startsWith(folder) !== to.startsWith(folder)
        if (isOut) throw Object.assign(new Error('EXDEV'), { code: 'EXDEV' })
        await inner.rename(from, to)
      },
    }
  }

  const withoutId = (step: string): string => step.replace(/_claimed\.[0-9a-f-]{36}/, '_claimed')

  test('gets a folder of claims that is durable before it is chosen, and chosen before anything is in it', async () => {
    write(join(folder, 'a.parquet'))
    const claims = await open(away(tracingDisk(nodeDisk, trace)))
    await claims.begin(1)
    trace.length = 0
    await claims.take('a.parquet', 1)
    expect(steps().map(withoutId)).toEqual([
      `removeTree ${CLAIMED}/1`,
      'writeFile events/checkpoint/land/staging/claims.next',
      'syncFile events/checkpoint/land/staging/claims.next',
      'syncFolder events/checkpoint/land/staging',
      'makeFolder landing/_claimed',
      'syncFolder landing',
      'link events/checkpoint/land/claims.json',
      'syncFolder events/checkpoint/land',
      'removeFile events/checkpoint/land/staging/claims.next',
      'makeFolder landing/_claimed/1',
      'syncFolder landing/_claimed',
      'rename landing/_claimed/1/a.parquet',
    ])
  })

  const moved = {
    code: 'LAKE_DISK_UNSUITABLE',
    message: expect.stringContaining('has moved to another file system'),
  }

  test('is refused while claims stand that cannot go back to it', async () => {
    write(claimed(1, 'a.parquet'))
    await expect(open(away(nodeDisk))).rejects.toMatchObject(moved)
    expect(existsSync(claimed(1, 'a.parquet'))).toBe(true)
  })

  test('that is mounted over while its files are being taken gets no second folder of claims', async () => {
    for (const name of ['a.parquet', 'b.parquet']) write(join(folder, name))
    let disk = nodeDisk
    const claims = await open({ ...nodeDisk, rename: (from, to) => disk.rename(from, to) })
    await claims.begin(1)
    await claims.take('a.parquet', 1)
    disk = away(nodeDisk)
    await expect(claims.take('b.parquet', 1)).rejects.toMatchObject(moved)
    expect(existsSync(claimed(1, 'a.parquet'))).toBe(true)
    expect(existsSync(join(checkpoint.folder, 'claims.json'))).toBe(false)
  })

  const ID = '_claimed.00000000-0000-0000-0000-000000000000'

  test('loses a folder of claims that a dead process made and never chose', async () => {
    mkdirSync(join(folder, ID))
    write(join(checkpoint.staging, 'claims.next'), `{"folder":"${ID}"}\n`)
    await open()
    expect(existsSync(join(folder, ID))).toBe(false)
    expect(existsSync(join(checkpoint.staging, 'claims.next'))).toBe(false)
  })

  test.each([
    ['was chosen', true, undefined],
    ['holds files', false, 'a.parquet'],
  ])('keeps a folder of claims that %s, whatever a dead process was about to do', async (_, isChosen, name) => {
    mkdirSync(join(folder, ID))
    if (name !== undefined) write(join(folder, ID, name))
    const text = `{"folder":"${ID}"}\n`
    write(join(checkpoint.staging, 'claims.next'), text)
    if (isChosen) write(join(checkpoint.folder, 'claims.json'), text)
    await open()
    expect(existsSync(join(folder, ID))).toBe(true)
  })

  test('that is not mounted is missed by the folder of claims that must be on it', async () => {
    write(join(checkpoint.folder, 'claims.json'), `{"folder":"${ID}"}\n`)
    await expect(open()).rejects.toMatchObject({
      code: 'LAKE_DISK_UNSUITABLE',
      message: expect.stringContaining('is not the folder that files were taken from before'),
    })
  })
})

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { StreamLock } from '../../src/duckdb/lock.ts'
import { nodeDisk } from '../../src/files/disk.ts'
import { OWNER } from '../../src/files/temporaryNames.ts'
import { Checkpoint } from '../../src/tables/checkpoint.ts'
import { clearStaging } from '../../src/tables/staging.ts'
import { type DiskCall, hookedDisk, tracingDisk } from '../support/hookedDisk.ts'
import { LockHolder } from '../support/lockHolder.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { TestClock } from '../support/testClock.ts'

let lake: string
let checkpoint: Checkpoint

beforeEach(() => {
  lake = temporaryFolder()
  checkpoint = new Checkpoint(join(lake, 'events/checkpoint/land'))
})

describe('the folders of a stream', () => {
  test('and its lock file are durable, one after the other, before the stream goes on', async () => {
    const trace: DiskCall[] = []
    await checkpoint.make(tracingDisk(nodeDisk, trace), lake)
    const steps = trace.map(({ operation, path }) => {
      return `${operation} ${path.slice(checkpoint.folder.length).replace(/holder\..*\.tmp/, 'TEMPORARY')}`
    })
    const made = steps.indexOf('makeFolder /claimed')
    expect(steps.slice(made)).toEqual([
      'makeFolder /claimed',
      'syncFolder ',
      'syncFile /staging/TEMPORARY',
      'link /holder.duckdb',
      'removeFile /staging/TEMPORARY',
      'syncFolder ',
    ])
  })

  test('are durable again where they are there already: who made them may have died before', async () => {
    await checkpoint.make(nodeDisk, lake)
    const trace: DiskCall[] = []
    await checkpoint.make(tracingDisk(nodeDisk, trace), lake)
    expect(trace).toContainEqual(expect.objectContaining({ operation: 'syncFolder', path: checkpoint.folder }))
    expect(trace.filter(({ operation }) => operation === 'link')).toEqual([])
  })

  test('have no lock file before it is whole', async () => {
    const early: string[] = []
    const disk = hookedDisk(nodeDisk, async (call, perform) => {
      if (existsSync(checkpoint.lockFile) && call.operation !== 'removeFile') early.push(call.operation)
      return perform()
    })
    await checkpoint.make(disk, lake)
    expect(early).toEqual(['syncFolder'])
  })

  test('get the lock file of another first start, which was faster and has cleared the other one away', async () => {
    let isFirst = true
    const disk = hookedDisk(nodeDisk, async (call, perform) => {
      if (call.operation === 'syncFile' && isFirst) {
        isFirst = false
        await checkpoint.make(nodeDisk, lake)
        await clearStaging({ disk: nodeDisk, checkpoint }, 0)
      }
      return perform()
    })
    await checkpoint.make(disk, lake)
    const lock = await StreamLock.take(checkpoint.lockFile)
    expect(lock).toBeInstanceOf(StreamLock)
    if (lock instanceof StreamLock) lock.release()
  })

  test('are no excuse for a lock file that could not be made', async () => {
    const disk = hookedDisk(nodeDisk, async (call, perform) => {
      if (call.operation === 'syncFile') throw new Error('no disk')
      return perform()
    })
    await expect(checkpoint.make(disk, lake)).rejects.toThrow('no disk')
  })
})

/** A clock on which only sleeping takes time. */
class SleepingClock extends TestClock {
  readonly #onSleep: () => Promise<void>

  constructor(onSleep: () => Promise<void>) {
    super()
    this.#onSleep = onSleep
  }

  override async sleep(delayMs: number): Promise<void> {
    this.advance(delayMs)
    if (this.monotonicMs() > 60_000) throw new Error('it waits for ever')
    await this.#onSleep()
  }
}

describe('the lock of a stream', () => {
  test('is waited for while another process only looks at it', async () => {
    await checkpoint.make(nodeDisk, lake)
    const other = await LockHolder.take(checkpoint.lockFile)
    expect(other.says).toBe('held')
    const clock = new SleepingClock(() => other.release())
    const lock = await checkpoint.lock('land', clock)
    expect(clock.monotonicMs()).toBeGreaterThan(0)
    lock.release()
  })

  test('is waited for a second and no longer, and then who has it is named', async () => {
    await checkpoint.make(nodeDisk, lake)
    const other = await LockHolder.take(checkpoint.lockFile)
    const clock = new SleepingClock(async () => undefined)
    await expect(checkpoint.lock('land', clock)).rejects.toMatchObject({
      code: 'LAKE_STREAM_HELD',
      message: `stream land is run by process ${other.processId}.`,
    })
    expect(clock.monotonicMs()).toBe(1_000)
  })
})

describe('what attempts have left', () => {
  const dead = OWNER.replace(/-\d+-/, '-99999999-')

  test('goes up to a batch, of dead processes also after it, and no other later one', async () => {
    await checkpoint.make(nodeDisk, lake)
    const folders = { gone: ['3.a', '4.b', `5.c.${dead}`], left: ['5.d', `5.e.${OWNER}`, '6.f'] }
    for (const name of [...folders.gone, ...folders.left])
      mkdirSync(join(checkpoint.staging, name, 'deep'), { recursive: true })
    // A Delta commit under its temporary name begins with its version.
    for (const name of ['00000000000000000009.json.x.tmp', 'holder.y.tmp', 'holder.y.tmp.wal']) {
      writeFileSync(join(checkpoint.staging, name), '')
    }
    mkdirSync(join(checkpoint.staging, 'reading.z.tmp'))
    await clearStaging({ disk: nodeDisk, checkpoint }, 4)
    expect(readdirSync(checkpoint.staging).sort()).toEqual(folders.left)
  })

  test('beside the lock goes where it is temporary, and nothing else', async () => {
    await checkpoint.make(nodeDisk, lake)
    const before = readdirSync(checkpoint.folder).sort()
    for (const name of ['notes.json.x.tmp', 'holder.duckdb.y.tmp.wal']) writeFileSync(join(checkpoint.folder, name), '')
    await clearStaging({ disk: nodeDisk, checkpoint }, 0)
    expect(readdirSync(checkpoint.folder).sort()).toEqual(before)
  })
})

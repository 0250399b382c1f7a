import { copyFileSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import { type CommitRecord, recordName } from '../../src/tables/record.ts'
import { hookedDisk, StoppedError } from '../support/hookedDisk.ts'
import { MessagesLake } from '../support/messagesLake.ts'

// Two lives of one stream at the same time, as a suspended process and its successor can be. A lock stands in their way
// (by the holder's path, which the successor reaches through a symbolic link), and must not be what correctness needs.

let zombie: MessagesLake
let successor: MessagesLake
let commits: string

beforeAll(async () => {
  zombie = await MessagesLake.open()
  const elsewhere = join(zombie.folder, 'elsewhere')
  symlinkSync(zombie.root, elsewhere)
  successor = await MessagesLake.open(elsewhere)
  commits = zombie.path('silver/messages/checkpoint/silver/commits')
})

beforeEach(async () => {
  zombie.clear()
  await zombie.produce(6, 2)
  await zombie.run(['silver'], { limits: { maxFiles: 1 } })
  await zombie.produce(6, 2)
})

afterAll(() => {
  successor.close()
  zombie.close()
})

/** Runs the zombie up to its commit, lets the successor work, and wakes the zombie to link its record. */
async function wakeAfter(work: () => Promise<unknown>, after?: () => void): Promise<unknown> {
  let isAsleep = false
  let isDead = false
  const disk = hookedDisk(nodeDisk, async (call, perform) => {
    if (isDead) throw new StoppedError(call)
    const isCommit = call.operation === 'link' && call.path.startsWith(commits)
    if (!isCommit || isAsleep) return perform()
    isAsleep = true
    await work()
    const result = await perform()
    if (after === undefined) return result
    after()
    isDead = true
    throw new StoppedError(call)
  })
  try {
    await zombie.on(disk, () => zombie.run(['silver'], { limits: { maxFiles: 1 } }))
  } catch (error) {
    return error
  }
  return undefined
}

const recordNames = (): string[] => readdirSync(commits).sort()

function readRecord(batch: number): CommitRecord {
  return JSON.parse(readFileSync(join(commits, recordName(batch)), 'utf8')) as CommitRecord
}

describe('a process that wakes after its successor has gone on', () => {
  test('finds its batch committed, publishes nothing and stops', async () => {
    let committed: CommitRecord | undefined
    const error = await wakeAfter(async () => {
      await successor.run(['silver'])
      committed = readRecord(4)
    })

    expect(error).toMatchObject({
      code: 'LAKE_BATCH_SUPERSEDED',
      message: 'another process committed silver batch 4 first.',
    })
    expect(readRecord(4)).toEqual(committed)
    await successor.run(['silver'])
    expect(await successor.faults()).toEqual([])
  })

  test('takes its record back where its number was pruned in the meantime', async () => {
    const error = await wakeAfter(async () => {
      await successor.run(['silver'], { limits: { maxFiles: 1 } })
      for (const batch of [1, 2, 3, 4]) rmSync(join(commits, recordName(batch)))
    })

    expect(error).toMatchObject({ code: 'LAKE_BATCH_SUPERSEDED' })
    expect(recordNames()).toEqual([recordName(5), recordName(6)])
    await successor.run(['silver'])
    expect(await successor.faults()).toEqual([])
  })

  test.each([
    ['below a higher record, though its predecessor still stands', [4]],
    ['above a gap', [3]],
  ])('takes its record back %s', async (_, gone) => {
    const isGap = gone.includes(3)
    const error = await wakeAfter(async () => {
      if (!isGap) await successor.run(['silver'], { limits: { maxFiles: 1 } })
      for (const batch of gone) rmSync(join(commits, recordName(batch)))
    })

    expect(error).toMatchObject({ code: 'LAKE_BATCH_SUPERSEDED' })
    expect(recordNames()).toEqual((isGap ? [1, 2] : [1, 2, 3, 5, 6]).map(recordName))
  })

  test('takes its record back where the one before is of another life of its stream', async () => {
    const error = await wakeAfter(async () => {
      const other = { ...readRecord(3), streamId: 'silver@00000000-0000-0000-0000-000000000000' }
      writeFileSync(join(commits, recordName(3)), JSON.stringify(other))
    })
    expect(error).toMatchObject({ code: 'LAKE_BATCH_SUPERSEDED' })
    expect(recordNames()).toEqual([1, 2, 3].map(recordName))
  })

  test('and dies right after it linked a pruned number does not turn the stream back', async () => {
    await wakeAfter(
      async () => {
        await successor.run(['silver'], { limits: { maxFiles: 1 } })
        for (const batch of [1, 2, 3, 4]) rmSync(join(commits, recordName(batch)))
      },
      () => expect(recordNames()).toEqual([4, 5, 6].map(recordName)),
    )

    await successor.produce(2)
    expect(await successor.run(['silver'])).toMatchObject([{ batch: 7, inputRows: 2 }])
    expect(await successor.faults()).toEqual([])
  })

  test('after the stream was emptied commits nothing to its new life', async () => {
    const error = await wakeAfter(async () => {
      await successor.lake.empty(['silver'])
      await successor.run(['silver'])
    })

    expect(error).toMatchObject({ code: expect.stringMatching(/LAKE_BATCH_SUPERSEDED|LAKE_PUBLISH_FAILED/) })
    expect(recordNames()).toEqual([recordName(1)])
    await successor.run(['silver'])
    expect(await successor.faults()).toEqual([])
  })
})

describe('a record that does not follow from the one before', () => {
  test.each([
    ['of another life of the stream', 4, { streamId: 'silver@00000000-0000-0000-0000-000000000000' }],
    ['above a gap', 9, {}],
  ])('%s is set aside and never counts', async (_, batch, change) => {
    const stray = { ...readRecord(3), batch, ...change }
    writeFileSync(join(commits, recordName(batch)), JSON.stringify(stray))

    expect(await zombie.run(['silver'])).toMatchObject([{ batch: 4, inputRows: 6 }])
    const aside = recordNames().filter((name) => name.startsWith(`aside-${batch}-`))
    expect(aside).toHaveLength(1)
    expect(JSON.parse(readFileSync(join(commits, aside[0] ?? ''), 'utf8'))).toEqual(stray)
    expect(await zombie.faults()).toEqual([])
  })
})

test('records are kept for 100 batches, so that the state of a stream does not grow', async () => {
  await zombie.produce(110, 1)
  const produced = zombie.path('bronze/messages/checkpoint/produce/commits')
  expect(readdirSync(produced).length).toBe(100)

  // As a power cut leaves it that kept the clean-up from the disk.
  copyFileSync(join(produced, recordName(20)), join(produced, recordName(3)))
  await zombie.run(['produce'], { generate: { rows: 0 } })
  expect(readdirSync(produced)).toHaveLength(100)
  expect(readdirSync(produced)).not.toContain(recordName(3))
})

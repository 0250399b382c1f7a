import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import type { CommitRecord } from '../../src/tables/record.ts'
import { archivedNames } from '../support/archive.ts'
import { failingDisk, hookedDisk } from '../support/hookedDisk.ts'
import { MessagesLake } from '../support/messagesLake.ts'

let messages: MessagesLake
beforeAll(async () => {
  messages = await MessagesLake.open()
})
afterAll(() => messages.close())
beforeEach(() => messages.clear())

describe('a run with an end', () => {
  test('ends then, though its source never runs dry, with the rows of that time', async () => {
    const options = { availableNow: false, forMs: 2_000, triggerMs: 100, generate: { rowsPerSecond: 500 } }
    const batches = await messages.clock.running(() => messages.run(['produce'], options))
    expect(batches.reduce((rows, { inputRows }) => rows + inputRows, 0)).toBe(1_000)
  })

  test('makes a batch at each trigger on its way, of the rows that were due by then', async () => {
    const options = { availableNow: false, forMs: 2_000, triggerMs: 500, generate: { rowsPerSecond: 20 } }
    const batches = await messages.clock.running(() => messages.run(['produce'], options))
    expect(batches.map(({ inputRows }) => inputRows)).toEqual([1, 10, 10, 10, 9])
  })

  test('that is behind it stops after the batch at hand', async () => {
    await messages.produce(6, 1)
    const batches = await messages.run(['silver'], { availableNow: false, forMs: 0, limits: { maxFiles: 1 } })
    expect(batches).toHaveLength(1)
  })
})

describe('a run that is told to stop', () => {
  test('while it plans begins no batch, and the next run takes what it had claimed', async () => {
    await messages.drop('one.parquet', 'SELECT 1::BIGINT AS value')
    const stop = new AbortController()
    const disk = hookedDisk(nodeDisk, async (call, perform) => {
      if (call.operation === 'rename' && call.path.endsWith('/claimed/1/one.parquet')) stop.abort()
      return perform()
    })
    expect(await messages.on(disk, () => messages.run(['land'], { signal: stop.signal }))).toEqual([])
    expect(await messages.run(['land'])).toMatchObject([{ batch: 1, inputRows: 1, inputFiles: 1 }])
  })
})

describe('a landing file', () => {
  test('is not blamed for what the system says', async () => {
    await messages.drop('one.parquet', 'SELECT 1::BIGINT AS value')
    const disk = failingDisk(
      nodeDisk,
      'ENOENT',
      ({ operation, path }) => operation === 'makeFolder' && /staging\/1\./.test(path),
    )
    await expect(messages.on(disk, () => messages.run(['land']))).rejects.toMatchObject({ code: 'LAKE_BATCH_FAILED' })
    expect(await messages.lake.rejectedFiles()).toEqual([])
    expect(await messages.run(['land'])).toMatchObject([{ inputRows: 1 }])
  })

  test('is taken though somebody has tidied the archive away', async () => {
    await messages.drop('one.parquet', 'SELECT 1::BIGINT AS value')
    const archive = join(messages.landing, '_archive')
    const disk = hookedDisk(nodeDisk, async (call, perform) => {
      if (call.operation === 'rename' && call.path.endsWith('/one.parquet')) rmSync(archive, { recursive: true })
      return perform()
    })
    expect(await messages.on(disk, () => messages.run(['land']))).toMatchObject([{ inputRows: 1 }])
    expect(archivedNames(messages.landing)).toEqual(['one.parquet'])
  })
})

test('a stream whose source became one of another kind is refused, with nothing changed', async () => {
  await messages.produce(3)
  const path = messages.path('bronze/messages/checkpoint/produce/commits/00000000000000000001.json')
  const record = JSON.parse(readFileSync(path, 'utf8')) as CommitRecord
  writeFileSync(path, JSON.stringify({ ...record, source: { ...record.source, kind: 'landing' } }))
  await expect(messages.produce(3)).rejects.toMatchObject({
    code: 'LAKE_CHECKPOINT_MISMATCH',
    message: expect.stringContaining('came from a landing source, but the config has a generated one'),
  })
})

test('a folder that could not be made durable is not tried again', async () => {
  await messages.produce(3)
  let failures = 0
  const disk = failingDisk(nodeDisk, 'EIO', ({ operation, path }) => {
    const isStaging = operation === 'syncFolder' && path.endsWith('/silver/staging')
    if (isStaging) failures += 1
    return isStaging
  })
  await expect(messages.on(disk, () => messages.run(['silver']))).rejects.toMatchObject({ code: 'LAKE_DISK_FAILED' })
  expect(failures).toBe(1)
})

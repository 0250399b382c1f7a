import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import type { BatchProgress, RunOptions, StreamFailure } from '../../src/index.ts'
import { withSession } from '../../src/lake/sessions.ts'
import { type DiskCall, failingDisk } from '../support/hookedDisk.ts'
import { messageRows } from '../support/messageRows.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { rawSql } from '../support/sql.ts'

let lake: MessagesLake
let failures: StreamFailure[]

beforeAll(async () => {
  lake = await MessagesLake.open()
})
beforeEach(() => {
  lake.clear()
  failures = []
})
afterAll(() => lake.close())

/** As the command line runs streams. */
function run(streams: readonly string[], options: Partial<RunOptions> = {}): Promise<BatchProgress[]> {
  return lake.run(streams, { retry: true, onFailure: (failure) => failures.push(failure), ...options })
}

const pauses = (): (number | undefined)[] => failures.map(({ retryMs }) => retryMs)

/** The disk fails so many calls of a kind, then works. */
function failingTimes(times: number, code: string, isOne: (call: DiskCall) => boolean): typeof nodeDisk {
  let left = times
  return failingDisk(nodeDisk, code, (call) => isOne(call) && left-- > 0)
}

const atStart = ({ operation, path }: DiskCall): boolean => operation === 'writeFile' && path.includes('.probe-silver')
const atRecord = ({ operation, path }: DiskCall): boolean => operation === 'writeFile' && /\/record\./.test(path)
const atPublish = ({ operation, path }: DiskCall): boolean =>
  operation === 'link' && /silver\/.*_delta_log\/\d+\.json$/.test(path)

async function lastErrorOf(stream: string): Promise<unknown> {
  return (await lake.lake.status()).streams.find(({ name }) => name === stream)?.lastError
}

describe('a stream that fails for a reason that may pass', () => {
  test.each([
    ['at its start', atStart, 3],
    ['before a commit', atRecord, 7], // a batch is tried three times by itself
    ['between a commit and its end', atPublish, 3],
  ])('%s is tried again with growing pauses, and takes every row once', async (_, isOne, times) => {
    await lake.produce(8)
    const startMs = lake.clock.monotonicMs()
    await lake.on(failingTimes(times, 'ENOSPC', isOne), () => run(['silver']))
    expect(pauses()).toEqual([1000, 2000, 4000].slice(0, pauses().length))
    expect(pauses().length).toBeGreaterThan(1)
    expect(lake.clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(3000)
    expect(failures[0]).toMatchObject({ stream: 'silver', failures: 1, error: { canRetry: true } })
    expect(await lake.faults()).toEqual([])
    expect(await lastErrorOf('silver')).toBe(undefined)
  })

  test('is as new after a batch: failures in a row are counted, not all of them', async () => {
    await lake.produce(6, 2)
    const failed = new Map<string, number>()
    const disk = failingDisk(nodeDisk, 'ENOSPC', (call) => {
      const batch = atRecord(call) ? (/\/staging\/(\d+)\./.exec(call.path)?.[1] ?? '') : undefined
      if (batch === undefined) return false
      failed.set(batch, (failed.get(batch) ?? 0) + 1)
      return (failed.get(batch) ?? 0) <= 3 // as often as a batch is tried by itself
    })
    await lake.on(disk, () => run(['silver'], { limits: { maxFiles: 1 } }))
    expect(pauses()).toEqual([1000, 1000, 1000])
    expect(failures.map((failure) => failure.failures)).toEqual([1, 1, 1])
    expect(await lake.faults()).toEqual([])
  })

  test('is tried again five times where it only takes what is there, then ends', async () => {
    await lake.produce(8)
    await expect(lake.on(failingTimes(1000, 'EIO', atStart), () => run(['silver']))).rejects.toMatchObject({
      code: 'LAKE_DISK_FAILED',
      exitCode: 1,
    })
    expect(pauses()).toEqual([1000, 2000, 4000, 8000, 16_000, undefined])
  })

  test('never waits longer than a minute, and goes on for ever where it follows', async () => {
    await lake.produce(8)
    const stop = new AbortController()
    const onFailure = (failure: StreamFailure): void => {
      failures.push(failure)
      if (failures.length === 20) stop.abort()
    }
    const follow = { availableNow: false, signal: stop.signal, onFailure }
    await expect(lake.on(failingTimes(1000, 'EIO', atStart), () => run(['silver'], follow))).rejects.toThrow()
    expect(pauses().slice(4, 8)).toEqual([16_000, 32_000, 60_000, 60_000])
    expect(pauses()).toHaveLength(20)
  })

  test('is not tried again with retry: false, nor past the end of its time', async () => {
    await lake.produce(8)
    for (const options of [{ retry: false }, { availableNow: false, forMs: 500 }]) {
      failures = []
      const run1 = lake.on(failingTimes(1000, 'EIO', atStart), () => run(['silver'], options))
      await expect(run1).rejects.toMatchObject({ code: 'LAKE_DISK_FAILED' })
      expect(pauses()).toEqual([undefined])
    }
  })

  test('is tried again where memory runs out before its first batch', async () => {
    await lake.produce(8)
    const limitMemory = (limit: string): Promise<void> =>
      withSession(lake.open, (session) => session.run(rawSql`SET memory_limit = '${limit}'`))
    // DuckDB takes no limit below what it uses already.
    for (const limit of ['4KB', '16KB', '64KB', '256KB', '1MB', '4MB']) {
      const isTaken = await limitMemory(limit).then(
        () => true,
        () => false,
      )
      if (isTaken) break
    }
    try {
      await expect(run(['silver'])).rejects.toMatchObject({ code: 'LAKE_RESOURCES_EXHAUSTED' })
    } finally {
      await limitMemory('1GB')
    }
    expect(pauses()).toEqual([1000, 2000, 4000, 8000, 16_000, undefined])
    await run(['silver'])
    expect(await lake.faults()).toEqual([])
  })

  test('makes no generated row twice', async () => {
    const disk = failingTimes(
      1,
      'ENOSPC',
      ({ operation, path }) => operation === 'link' && /_delta_log\/0*2\.json/.test(path),
    )
    await lake.on(disk, () => run(['produce'], { limits: { maxRows: 3 }, generate: { rows: 10 } }))
    expect(pauses()).toEqual([1000])
    expect(await lake.bronzeValues()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })
})

test.each(['EACCES', 'EROFS', 'EPERM'])('%s does not pass by waiting: the stream ends at once', async (code) => {
  await lake.produce(8)
  await expect(lake.on(failingTimes(1000, code, atStart), () => run(['silver']))).rejects.toMatchObject({ exitCode: 1 })
  expect(pauses()).toEqual([undefined])
})

test('a sync that failed for what stands is never taken again by itself', async () => {
  await lake.produce(8)
  const atCommits = ({ operation, path }: DiskCall): boolean =>
    operation === 'syncFolder' && /silver\/commits$/.test(path)
  await expect(lake.on(failingTimes(1, 'EIO', atCommits), () => run(['silver']))).rejects.toMatchObject({ exitCode: 1 })
  expect(pauses()).toEqual([undefined])
})

describe('a stream that fails for good ends alone', () => {
  const spoilt = failingDisk(nodeDisk, 'EACCES', atStart)

  test('those that feed it go on, and its error is thrown in the end', async () => {
    await lake.drop('a.parquet', messageRows(0, 3))
    await expect(lake.on(spoilt, () => run(['land', 'silver']))).rejects.toMatchObject({ code: 'LAKE_DISK_FAILED' })
    expect(await lake.bronzeValues()).toEqual([0, 1, 2])
    expect(failures).toMatchObject([{ stream: 'silver', retryMs: undefined }])
  })

  test('those that it feeds take what is there, and end', async () => {
    await lake.drop('a.parquet', messageRows(5, 3))
    await lake.produce(5)
    const noLand = failingDisk(
      nodeDisk,
      'EACCES',
      ({ operation, path }) => operation === 'writeFile' && path.includes('.probe-land'),
    )
    await expect(lake.on(noLand, () => run(['land', 'silver']))).rejects.toMatchObject({ code: 'LAKE_DISK_FAILED' })
    expect(await lake.lake.validate()).toMatchObject({ ok: true, pending: 0, tables: { bronze_messages: 5 } })
    expect(failures).toMatchObject([{ stream: 'land' }])
    await lake.run(['land', 'silver'])
    expect(await lake.faults()).toEqual([])
  })

  test('the worst of several errors is thrown', async () => {
    const both = failingDisk(
      nodeDisk,
      'EACCES',
      ({ operation, path }) => operation === 'writeFile' && path.includes('.probe-'),
    )
    await lake.run(['land', 'silver'])
    await lake.drop('a.parquet', messageRows(5, 3))
    await lake.produce(5)
    await expect(lake.on(both, () => run(['land', 'silver']))).rejects.toMatchObject({ exitCode: 1 })
    expect(failures.map(({ stream }) => stream).sort()).toEqual(['land', 'silver'])
  })

  test.each([
    ['land', 'silver'],
    ['silver', 'land'],
  ])('that %s is run by another process is not as bad as that %s fails', async (held, failing) => {
    await lake.run(['land', 'silver'])
    await lake.drop('a.parquet', messageRows(5, 3))
    await lake.produce(5)
    const lock = await lake.checkpoint(held).lock(held, lake.clock)
    const fails = ({ operation, path }: DiskCall): boolean =>
      operation === 'writeFile' && path.includes(`.probe-${failing}`)
    const failed = lake.on(failingDisk(nodeDisk, 'EACCES', fails), () => run(['land', 'silver']))
    await expect(failed.finally(() => lock.release())).rejects.toMatchObject({ code: 'LAKE_DISK_FAILED' })
    expect(failures.map(({ stream }) => stream).sort()).toEqual(['land', 'silver'])
  })
})

describe('the last error of a stream', () => {
  test('is kept with its time for status, and goes once the stream has gone on', async () => {
    await lake.produce(5)
    await lake.on(failingDisk(nodeDisk, 'EIO', atStart), () => run(['silver'])).catch(() => undefined)
    expect(await lastErrorOf('silver')).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      code: 'LAKE_DISK_FAILED',
      message: expect.stringContaining('silver stopped: EIO'),
    })
    await lake.run(['silver'])
    expect(await lastErrorOf('silver')).toBe(undefined)
  })

  test('does not hide the first where the disk takes no more', async () => {
    await lake.produce(5)
    const full = failingDisk(nodeDisk, 'ENOSPC', ({ operation }) => operation === 'writeFile')
    await expect(lake.on(full, () => lake.run(['silver']))).rejects.toMatchObject({
      code: 'LAKE_DISK_FAILED',
      message: expect.stringContaining('probe'),
    })
  })

  test('is not that another process runs it', async () => {
    await lake.produce(5)
    const checkpoint = lake.checkpoint('silver')
    await checkpoint.make(nodeDisk, lake.root)
    const lock = await checkpoint.lock('silver', lake.clock)
    await expect(run(['silver'])).rejects.toMatchObject({ code: 'LAKE_STREAM_HELD', exitCode: 4 })
    lock.release()
    expect(pauses()).toEqual([undefined])
    expect(await lastErrorOf('silver')).toBe(undefined)
  })
})

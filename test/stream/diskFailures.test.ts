import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Disk, nodeDisk } from '../../src/files/disk.ts'
import { stepOf } from '../support/crashStates.ts'
import { type DiskCall, failingDisk, tracingDisk } from '../support/hookedDisk.ts'
import { messageRows } from '../support/messageRows.ts'
import { MessagesLake } from '../support/messagesLake.ts'

const CODES = ['ENOSPC', 'EIO', 'EROFS', 'EDQUOT']

let lake: MessagesLake

beforeAll(async () => {
  lake = await MessagesLake.open()
})

beforeEach(() => lake.clear())

afterAll(() => lake.close())

/** Silver's source makes what it reads durable before anything else. */
const BATCH_BEGINS = /^syncFile bronze\/messages\/data\/_delta_log\/N\.json$/
/** What stands after a failure as before: a second fsync of it would succeed and mean nothing. */
const LASTING =
  /^sync(File|Folder) (bronze\/messages\/data\/_delta_log.*|silver\/messages\/checkpoint\/silver(\/staging)?)$/
const BATCH_COMMITS = /^link .*\/commits\/N\.json$/

/** Fails one call: the first of its kind from the moment that another kind of call was made. */
function failingOnce(step: string, from: RegExp, code: string): Disk {
  let isArmed = false
  let hasFailed = false
  return failingDisk(nodeDisk, code, (call) => {
    const made = stepOf(lake.root, call)
    isArmed ||= from.test(made)
    if (!isArmed || hasFailed || made !== step) return false
    hasFailed = true
    return true
  })
}

/** The kinds of calls of one silver run, each once and in order: at its start, before its commit, and from there on. */
async function stepsOfRun(): Promise<{ start: string[]; before: string[]; after: string[] }> {
  const trace: DiskCall[] = []
  await lake.produce(12)
  await lake.run(['silver'])
  await lake.produce(12)
  await lake.on(tracingDisk(nodeDisk, trace), () => lake.run(['silver']))
  const steps = trace.map((call) => stepOf(lake.root, call))
  const begin = steps.findIndex((step) => BATCH_BEGINS.test(step))
  const commit = steps.findIndex((step) => BATCH_COMMITS.test(step))
  return {
    start: [...new Set(steps.slice(0, begin))],
    before: [...new Set(steps.slice(begin, commit))],
    after: [...new Set(steps.slice(commit))],
  }
}

async function expectNothingLost(): Promise<void> {
  await lake.run(['silver'])
  const rows = await lake.rowsOf('bronze_messages')
  const split = [...(await lake.rowsOf('messages')), ...(await lake.rowsOf('messages_corrupted'))].sort()
  expect(split).toEqual(rows)
}

describe('a system error at one call', { timeout: 120_000 }, () => {
  test('of a start stops the run with its cause, and the next start goes on', async () => {
    const { start } = await stepsOfRun()
    expect(start.length).toBeGreaterThan(10)
    await lake.produce(3)
    for (const [index, step] of start.entries()) {
      const code = CODES[index % CODES.length] ?? ''
      const outcome = await lake.on(failingOnce(step, /^/, code), () => lake.run(['silver'])).catch((error) => error)
      expect(outcome, `${code} at ${step}`).toMatchObject({
        code: expect.stringMatching(/^LAKE_DISK_(FAILED|UNSUITABLE)$|^LAKE_PUBLISH_FAILED$/),
        exitCode: 1,
      })
    }
    await expectNothingLost()
    expect(await lake.faults()).toEqual([])
  })

  test('of a batch before its commit costs a try, but for an fsync of what stands, which stops the run', async () => {
    const { before } = await stepsOfRun()
    expect(before.length).toBeGreaterThan(7)
    let lasting = 0
    for (const [index, step] of before.entries()) {
      const code = CODES[index % CODES.length] ?? ''
      await lake.produce(12) // rows for both tables
      const run = lake.on(failingOnce(step, BATCH_BEGINS, code), () => lake.run(['silver']))
      if (LASTING.test(step)) {
        await expect(run, `${code} at ${step}`).rejects.toMatchObject({ code: 'LAKE_DISK_FAILED', exitCode: 1 })
        lasting += 1
      } else {
        expect(await run, `${code} at ${step}`).toMatchObject([{ inputRows: 12 }])
      }
      await expectNothingLost()
    }
    expect(lasting).toBe(3) // a commit of the source, its log, and the folder of what is staged
    expect(await lake.faults()).toEqual([])
  })

  test('of a batch at or after its commit stops the run, and the next start publishes it', async () => {
    const { after } = await stepsOfRun()
    expect(after.length).toBeGreaterThan(9)
    for (const [index, step] of after.entries()) {
      const code = CODES[index % CODES.length] ?? ''
      await lake.produce(12) // rows for both tables
      const outcome = await lake.on(failingOnce(step, BATCH_COMMITS, code), () => lake.run(['silver'])).catch((e) => e)
      // Where the time of a batch went is left for others to look at: nothing depends on it.
      const isLeft = /^appendFile .*\/progress\.ndjson$/.test(step)
      const failed = { code: expect.stringMatching(/^LAKE_(PUBLISH|DISK)_FAILED$/), exitCode: 1 }
      expect(outcome, `${code} at ${step}`).toMatchObject(isLeft ? [{ inputRows: 12 }] : failed)
      await expectNothingLost()
    }
    expect(await lake.faults()).toEqual([])
  })
})

test('a disk that stays full stops the stream after three tries, with nothing published', async () => {
  await lake.produce(5)
  let tries = 0
  const full = failingDisk(nodeDisk, 'ENOSPC', ({ operation, path }) => {
    const isRecord = operation === 'writeFile' && /record/.test(path)
    if (isRecord) tries += 1
    return isRecord
  })
  await expect(lake.on(full, () => lake.run(['silver']))).rejects.toMatchObject({
    code: 'LAKE_DISK_FAILED',
    exitCode: 1,
    message: expect.stringContaining('ENOSPC'),
    state: expect.stringContaining('It was tried 3 times'),
  })
  expect(tries).toBe(3)
  expect(await lake.rowsOf('messages')).toEqual([])
  await lake.run(['silver'])
  expect(await lake.faults()).toEqual([])
})

test('a full disk gives no dropped file up: it is neither rejected nor halved away', async () => {
  await lake.drop('a.parquet', messageRows(0, 2))
  await lake.drop('b.parquet', messageRows(2, 2))
  const full = failingDisk(
    nodeDisk,
    'ENOSPC',
    ({ operation, path }) => operation === 'writeFile' && /record/.test(path),
  )
  await expect(lake.on(full, () => lake.run(['land']))).rejects.toMatchObject({ code: 'LAKE_DISK_FAILED' })
  await lake.run(['land', 'silver'])
  expect(await lake.bronzeValues()).toEqual([0, 1, 2, 3])
  expect(await lake.faults()).toEqual([])
})

test('a file system without hard links is refused before anything is staged', async () => {
  await lake.produce(5)
  const exfat = failingDisk(nodeDisk, 'EPERM', ({ operation }) => operation === 'link')
  await lake.run(['silver'])
  await lake.produce(3)
  await expect(lake.on(exfat, () => lake.run(['silver']))).rejects.toMatchObject({
    code: 'LAKE_DISK_UNSUITABLE',
    remedy: expect.stringContaining('hard links'),
  })
  expect(await lake.run(['silver'])).toMatchObject([{ inputRows: 3 }])
  expect(await lake.faults()).toEqual([])
})

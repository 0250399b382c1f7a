import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import { type CommitRecord, recordName } from '../../src/tables/record.ts'
import { stepOf } from '../support/crashStates.ts'
import { type DiskCall, hookedDisk, StoppedError, tracingDisk } from '../support/hookedDisk.ts'
import { lockState } from '../support/lockHolder.ts'
import { messageRows } from '../support/messageRows.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { listTree } from '../support/tree.ts'

// What a start does before its first batch: it believes nothing that is not durable, and finishes what was begun.

let messages: MessagesLake
let checkpoint: string

beforeAll(async () => {
  messages = await MessagesLake.open()
  checkpoint = messages.path('silver/messages/checkpoint/silver')
})
beforeEach(() => messages.clear())
afterAll(() => messages.close())

/** The steps of a start that finds nothing to do. */
async function stepsOfStart(): Promise<string[]> {
  const trace: DiskCall[] = []
  const batches = await messages.on(tracingDisk(nodeDisk, trace), () => messages.run(['silver']))
  expect(batches).toEqual([])
  return trace.map((call) => stepOf(messages.root, call))
}

/** A run that dies right after its first call of a kind. */
async function dieAfter(step: RegExp): Promise<void> {
  let isDead = false
  const disk = hookedDisk(nodeDisk, async (call, perform) => {
    if (isDead) throw new StoppedError(call)
    const result = await perform()
    isDead = step.test(stepOf(messages.root, call))
    if (isDead) throw new StoppedError(call)
    return result
  })
  await expect(messages.on(disk, () => messages.run(['silver']))).rejects.toThrow()
}

const logOf = (table: string): string[] =>
  readdirSync(messages.path(`silver/${table}/data/_delta_log`)).filter((name) => name.endsWith('.json'))

const textOf = (table: string, version: number): string =>
  readFileSync(messages.path(`silver/${table}/data/_delta_log/${recordName(version)}`), 'utf8')

describe('a start', () => {
  test('makes the last record durable, then the files and the logs that it is published in', async () => {
    await messages.produce(12)
    await messages.run(['silver'])
    const steps = await stepsOfStart()
    const record = steps.indexOf('syncFile silver/messages/checkpoint/silver/commits/N.json')
    expect(record).toBeGreaterThan(-1)
    // In this order; those that lie beside each other are synced together.
    const barriers = [
      ['syncFolder silver/messages/checkpoint/silver/commits'],
      [
        'syncFolder silver/messages/data',
        'syncFolder silver/messages/data/date=DATE',
        'syncFolder silver/messages_corrupted/data',
        'syncFolder silver/messages_corrupted/data/date=DATE',
      ],
      ['syncFolder silver/messages/data/_delta_log', 'syncFolder silver/messages_corrupted/data/_delta_log'],
    ]
    let last = record
    for (const barrier of barriers) {
      const places = barrier.map((step) => steps.indexOf(step, last + 1))
      expect(Math.min(...places), `${barrier} after ${steps[last]}`).toBeGreaterThan(last)
      last = Math.max(...places)
    }
  })

  test('does not mind folders of the last batch that another writer has cleaned up', async () => {
    await messages.produce(12)
    await messages.run(['silver'])
    const folders = listTree(messages.path('silver/messages/data')).filter(({ path }) => path.startsWith('date='))
    for (const { path } of folders)
      rmSync(messages.path('silver/messages/data', path), { recursive: true, force: true })
    expect(await messages.run(['silver'])).toEqual([])
  })

  test('publishes a batch that was committed, and none a second time', async () => {
    await messages.produce(12)
    await dieAfter(/^link .*\/silver\/commits\/N\.json$/)
    expect(logOf('messages')).toHaveLength(1)
    const trace: DiskCall[] = []
    await messages.on(tracingDisk(nodeDisk, trace), () => messages.run(['silver']))
    const steps = trace.map((call) => stepOf(messages.root, call))
    const trial = steps.indexOf('link silver/messages/data/.probe-silver')
    expect(trial).toBeGreaterThan(-1)
    expect(trial).toBeLessThan(steps.findIndex((step) => /^link silver\/messages\/data\/.*\.parquet$/.test(step)))
    for (const table of ['messages', 'messages_corrupted']) expect(logOf(table)).toHaveLength(2)
    expect(await messages.run(['silver'])).toEqual([])
    for (const table of ['messages', 'messages_corrupted']) expect(logOf(table)).toHaveLength(2)
    expect(await messages.faults()).toEqual([])
  })

  test('publishes a batch again that a log has lost, though its staged names are gone', async () => {
    await messages.produce(12)
    await messages.run(['silver'])
    rmSync(messages.path(`silver/messages/data/_delta_log/${recordName(1)}`))
    await messages.run(['silver'])
    expect(logOf('messages')).toHaveLength(2)
    expect(await messages.faults()).toEqual([])
  })

  test('tells of a file that somebody has taken away before it was published', async () => {
    await messages.produce(12)
    await dieAfter(/^link .*\/silver\/commits\/N\.json$/)
    for (const { path } of listTree(join(checkpoint, 'staging'))) {
      if (path.endsWith('.parquet')) rmSync(join(checkpoint, 'staging', path))
    }
    await expect(messages.run(['silver'])).rejects.toMatchObject({
      code: 'LAKE_DATA_LOST',
      message: expect.stringMatching(/is neither staged nor published\.$/),
    })
  })

  test('clears what dead attempts have left', async () => {
    await messages.produce(12)
    await messages.run(['silver'])
    const staging = join(checkpoint, 'staging')
    mkdirSync(join(staging, '1.dead', 'destination=messages'), { recursive: true })
    writeFileSync(join(staging, 'commit.dead.tmp'), '')
    const trials = [
      'silver/messages/data',
      'silver/messages/data/_delta_log',
      'silver/messages/checkpoint/silver/staging',
    ]
    for (const folder of trials) writeFileSync(messages.path(folder, '.probe-silver'), '')
    await messages.run(['silver'])
    expect(readdirSync(staging)).toEqual([])
    for (const folder of trials) expect(existsSync(messages.path(folder, '.probe-silver')), folder).toBe(false)
  })

  test('makes its folders again where an emptying has moved them away until its lock was let go of', async () => {
    await messages.produce(12)
    await messages.run(['silver'], { limits: { maxFiles: 1 } })
    const lockFile = join(checkpoint, 'holder.duckdb')
    let emptied = 0
    const disk = hookedDisk(nodeDisk, async (call, perform) => {
      const result = await perform()
      const isMade = call.operation === 'syncFolder' && call.path === checkpoint
      if (isMade && !(await lockState(lockFile)).held) {
        emptied += 1
        for (const name of ['staging', 'claimed']) rmSync(join(checkpoint, name), { recursive: true })
      }
      return result
    })
    await messages.produce(3)
    expect(await messages.on(disk, () => messages.run(['silver']))).toMatchObject([{ batch: 2, inputRows: 3 }])
    expect(emptied).toBeGreaterThan(0)
    expect(await messages.faults()).toEqual([])
  })
})

describe('a batch', () => {
  test('leaves its transaction in every table, also where it has no rows for one', async () => {
    await messages.drop('valid.parquet', `SELECT * REPLACE ('OPEN' AS event_type) FROM (${messageRows(0, 5)})`)
    await messages.run(['land', 'silver'])
    const text = textOf('messages_corrupted', 1)
    expect(text).toContain('"txn"')
    expect(text).not.toContain('"add"')
  })

  test('whose rows out are not the rows that came in is not committed', async () => {
    await messages.produce(2)
    await messages.run(['silver'])
    // What a stream of ours has counted is believed, and then compared.
    await messages.produce(12)
    const path = messages.path(`bronze/messages/data/_delta_log/${recordName(2)}`)
    const text = readFileSync(path, 'utf8')
    expect(text).toContain('numRecords\\":12')
    writeFileSync(path, text.replace('numRecords\\":12', 'numRecords\\":13'))
    await expect(messages.run(['silver'])).rejects.toMatchObject({
      code: 'LAKE_SPLIT_FAILED',
      message: expect.stringContaining('12 for 13'),
    })
    expect(readdirSync(join(checkpoint, 'commits'))).toEqual([recordName(1)])
    for (const table of ['messages', 'messages_corrupted']) expect(logOf(table)).toHaveLength(2)
  })

  test('drops the staged names of the one before, and the last batch those of its own', async () => {
    await messages.produce(4, 1)
    const staged: string[][] = []
    await messages.run(['silver'], {
      limits: { maxFiles: 1 },
      onBatch: () => staged.push(readdirSync(join(checkpoint, 'staging')).map((name) => name.replace(/\..*/, ''))),
    })
    expect(staged).toEqual([['1'], ['2'], ['3'], ['4']])
    expect(readdirSync(join(checkpoint, 'staging'))).toEqual([])
  })

  test('is never older than the one before, whatever the clock says', async () => {
    await messages.produce(2)
    const commits = messages.path('bronze/messages/checkpoint/produce/commits')
    const path = join(commits, recordName(1))
    const record = JSON.parse(readFileSync(path, 'utf8')) as CommitRecord
    writeFileSync(path, JSON.stringify({ ...record, batchTime: '2199-01-01T00:00:00.000Z' }))
    const [batch] = await messages.produce(2)
    expect(batch?.batchTime).toBe('2199-01-01T00:00:00.000Z')
  })
})

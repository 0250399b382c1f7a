import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import { type DiskCall, hookedDisk } from '../support/hookedDisk.ts'
import { MessagesLake } from '../support/messagesLake.ts'

/** A disk call with the moments of its beginning and its end, in one count of moments. */
interface TimedCall extends DiskCall {
  readonly begin: number
  readonly end: number
}

/** The steps of a batch as its disk calls show them, each of which must have ended before the next begins. */
const STEPS: readonly (readonly [string, (call: DiskCall) => boolean])[] = [
  [
    'barrier a: staged files',
    ({ operation, path }) => operation === 'syncFile' && /staging\/1\..*\.parquet$/.test(path),
  ],
  ['the commit', ({ operation, path }) => operation === 'link' && /\/commits\/\d{20}\.json$/.test(path)],
  [
    'barrier b: the folder of commits',
    ({ operation, path }) => operation === 'syncFolder' && path.endsWith('/commits'),
  ],
  ['links into the tables', ({ operation, path }) => operation === 'link' && /\/data\/.*\.parquet$/.test(path)],
  [
    'barrier c: folders of the tables',
    ({ operation, path }) => operation === 'syncFolder' && /\/data(\/date=[^/]+)?$/.test(path),
  ],
  ['Delta commits', ({ operation, path }) => operation === 'link' && /\/_delta_log\/\d{20}\.json$/.test(path)],
  [
    'barrier d: folders of the logs',
    ({ operation, path }) => operation === 'syncFolder' && /\/silver\/.*\/_delta_log$/.test(path),
  ],
]

let messages: MessagesLake
beforeAll(async () => {
  messages = await MessagesLake.open()
})
afterAll(() => messages.close())
beforeEach(() => messages.clear())

/** Every disk call of a run. */
async function callsOf(stream: string): Promise<TimedCall[]> {
  const calls: TimedCall[] = []
  let moment = 0
  const disk = hookedDisk(nodeDisk, async (call, perform) => {
    const begin = moment++
    const result = await perform()
    calls.push({ ...call, begin, end: moment++ })
    return result
  })
  await messages.on(disk, () => messages.run([stream]))
  return calls
}

/** The calls from the first staged file on: what a start does before is another matter. */
async function callsOfBatch(stream: string): Promise<TimedCall[]> {
  const calls = await callsOf(stream)
  const first = calls.find(({ operation, path }) => operation === 'makeFolder' && /\/staging\/1\.[^/]+$/.test(path))
  return calls.filter(({ begin }) => begin >= (first?.begin ?? Number.POSITIVE_INFINITY))
}

function firstBegin(calls: readonly TimedCall[]): number {
  return Math.min(...calls.map(({ begin }) => begin))
}

function lastEnd(calls: readonly TimedCall[]): number {
  return Math.max(...calls.map(({ end }) => end))
}

describe('the barriers of a batch', () => {
  test('do not overlap, and nothing is named before it is durable', async () => {
    await messages.produce(12)
    const calls = await callsOfBatch('silver')
    const steps = STEPS.map(([name, isStep]) => ({ name, calls: calls.filter(isStep) }))
    const counts = Object.fromEntries(steps.map((step) => [step.name, step.calls.length]))
    // Valid messages of two dates and corrupted ones of one: three files, three folders and two tables.
    expect(Object.values(counts)).toEqual([3, 1, 1, 3, 5, 2, 2])
    for (const [index, step] of steps.entries()) {
      const next = steps[index + 1]
      if (next === undefined) break
      expect(lastEnd(step.calls), `${step.name} ends before: ${next.name}`).toBeLessThan(firstBegin(next.calls))
    }
  })

  test('hold every folder of what is staged durable before the commit', async () => {
    await messages.produce(12)
    const calls = await callsOfBatch('silver')
    const commit = firstBegin(calls.filter(STEPS[1]?.[1] ?? (() => false)))
    const synced = calls.filter(({ operation, path, end }) => {
      return operation === 'syncFolder' && path.includes('/checkpoint/') && end < commit
    })
    const names = synced
      .map(({ path }) => path.replace(/^.*\/checkpoint/, '').replace(/1\.[0-9a-f.-]+/, 'ATTEMPT'))
      .sort()
    expect(new Set(names)).toEqual(
      new Set([
        '/silver/staging',
        '/silver/staging/ATTEMPT',
        '/silver/staging/ATTEMPT/destination=messages',
        '/silver/staging/ATTEMPT/destination=messages/date=2026-11-21',
        '/silver/staging/ATTEMPT/destination=messages/date=2026-11-22',
        '/silver/staging/ATTEMPT/destination=messages_corrupted',
        '/silver/staging/ATTEMPT/destination=messages_corrupted/date=2026-11-22',
      ]),
    )
  })

  test('hold the commits that were read durable before the one that was made of them', async () => {
    await messages.produce(12)
    const calls = await callsOfBatch('silver')
    const commit = firstBegin(calls.filter(STEPS[1]?.[1] ?? (() => false)))
    const log = messages.path('bronze/messages/data/_delta_log')
    const synced = calls.filter(({ path, end }) => path.startsWith(log) && end < commit)
    expect(new Set(synced.map(({ operation, path }) => `${operation} ${path.slice(log.length)}`))).toEqual(
      new Set([0, 1].map((version) => `syncFile /${String(version).padStart(20, '0')}.json`).concat('syncFolder ')),
    )
  })

  test('hold both folders of a claim durable before the commit', async () => {
    await messages.drop('one.parquet', 'SELECT 1::BIGINT AS value')
    const calls = await callsOf('land')
    const claim = calls.find(({ operation, path }) => operation === 'rename' && path.endsWith('/claimed/1/one.parquet'))
    const commit = calls.find(({ operation, path }) => operation === 'link' && path.includes('/land/commits/'))
    const between = calls.filter(
      ({ begin, end }) => begin > (claim?.end ?? Number.POSITIVE_INFINITY) && end < (commit?.begin ?? 0),
    )
    const synced = between.filter(({ operation }) => operation === 'syncFolder').map(({ path }) => path)
    expect(synced).toContain(messages.landing)
    expect(synced).toContain(messages.path('bronze/messages/checkpoint/land/claimed/1'))
    expect(synced).toContain(messages.path('bronze/messages/checkpoint/land/claimed'))
  })
})

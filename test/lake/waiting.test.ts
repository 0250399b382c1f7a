import { afterEach, beforeEach, expect, test } from 'vitest'
import { lookForWaiting, type WaitingRows } from '../../src/lake/live/waiting.ts'
import { WaitingWatch } from '../../src/lake/live/waitingWatch.ts'
import type { ServedPosition } from '../../src/serving/reader.ts'
import { MessagesLake, START_MS } from '../support/messagesLake.ts'
import { TestClock } from '../support/testClock.ts'

let messages: MessagesLake

beforeEach(async () => {
  messages = await MessagesLake.open()
})

afterEach(() => messages.close())

function waiting(batch?: number): Promise<WaitingRows> {
  const { live } = messages.open.config
  if (live === undefined) throw new Error('the lake has nothing live')
  const nowMs = messages.clock.nowMs()
  const position: ServedPosition | undefined =
    batch === undefined
      ? undefined
      : { generation: 'g', batch, batchTimeMs: nowMs, takenMs: nowMs, newestEventMs: undefined }
  return lookForWaiting(messages.open, live, position)
}

const NOTHING: WaitingRows = { files: 0, sinceMs: undefined, newestEventMs: undefined }

test('a new lake has nothing that waits', async () => {
  expect(await waiting()).toEqual(NOTHING)
})

test('what waits is found wherever it is on its way, with its time and its latest event', async () => {
  const before = Date.now() - 1
  const at = (value: number): string => `SELECT TIMESTAMP '2026-11-22 10:00:00' + to_seconds(${value}) AS timestamp,
    ${value}::BIGINT AS value, 'SENT' AS event_type, 'm${value}' AS message_id, 'SMS' AS channel, 276 AS country_id, 7 AS user_id`
  await messages.drop('a.parquet', at(1))
  await messages.drop('b.parquet', at(2))
  // In the landing folder: nobody has opened them.
  const landed = await waiting()
  expect(landed).toEqual({ files: 2, sinceMs: expect.any(Number), newestEventMs: undefined })
  expect(landed.sinceMs).toBeGreaterThan(before)

  await messages.run(['land'])
  const newestEventMs = Date.parse('2026-11-22T10:00:02Z')
  expect(await waiting()).toEqual({ files: 1, sinceMs: expect.any(Number), newestEventMs })
  await messages.run(['silver'])
  const inSilver = await waiting()
  expect(inSilver).toEqual({ files: 1, sinceMs: expect.any(Number), newestEventMs })
  expect(Math.abs((inSilver.sinceMs ?? 0) - messages.clock.nowMs())).toBeLessThan(10_000)
  expect(await waiting(1)).toEqual(NOTHING)
})

test('several batches count, and those that silver has not taken beside those that it has', async () => {
  for (const rows of [5, 6, 7]) {
    await messages.produce(rows)
    await messages.run(['silver'])
  }
  await messages.produce(8)
  await messages.produce(9)
  expect(await waiting(1)).toMatchObject({ files: 2 + 2 })
  expect(await waiting(3)).toMatchObject({ files: 2, newestEventMs: START_MS + 34_000 })
  await messages.drop('a.parquet', 'SELECT 1 AS a')
  expect(await waiting(3)).toMatchObject({ files: 3 })
})

test('files that cannot be taken do not wait', async () => {
  await messages.drop('a.parquet', 'SELECT 1 AS a')
  await messages.run(['land'])
  expect(await waiting()).toEqual(NOTHING)
})

test('looks are repeated, and one that fails is told once', async () => {
  const clock = new TestClock()
  const errors: unknown[] = []
  let files = 0
  let failure: Error | undefined
  const watch = new WaitingWatch({
    clock,
    look: async () => {
      if (failure !== undefined) throw failure
      return { ...NOTHING, files }
    },
    onError: (error) => errors.push(error),
  })
  expect(watch.current).toBeUndefined()
  await clock.waitedFor(1)
  expect(watch.current).toMatchObject({ files: 0 })
  files = 3
  clock.advance(1_000)
  await clock.waitedFor(1)
  expect(watch.current).toMatchObject({ files: 3 })
  failure = new Error('the disk is gone')
  for (let look = 0; look < 3; look++) {
    clock.advance(1_000)
    await clock.waitedFor(1)
    expect(watch.current).toBeUndefined()
  }
  expect(errors).toEqual([failure])
  failure = undefined
  clock.advance(1_000)
  await clock.waitedFor(1)
  expect(watch.current).toMatchObject({ files: 3 })
  await watch.close()
  clock.advance(60_000)
})

test('a look that takes long is repeated less often', async () => {
  const clock = new TestClock()
  let looks = 0
  const watch = new WaitingWatch({
    clock,
    look: async () => {
      looks += 1
      clock.advance(500)
      return NOTHING
    },
    onError: () => undefined,
  })
  await clock.waitedFor(1)
  clock.advance(9_999)
  expect(looks).toBe(1)
  clock.advance(1)
  expect(looks).toBe(2)
  await watch.close()
})

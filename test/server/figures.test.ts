import { expect, test } from 'vitest'
import { type SeenBatch, SeenBatches } from '../../src/server/figures/seenBatches.ts'
import { type MemoryReader, memoryReader } from '../support/memoryReader.ts'
import { TestClock } from '../support/testClock.ts'
import { testServer } from '../support/testServer.ts'

const NO_DURATIONS = {
  plan: undefined,
  stage: undefined,
  sync: undefined,
  commit: undefined,
  publish: undefined,
  total: undefined,
}

function seen(batch: number, timeMs: number, totalMs?: number): SeenBatch {
  const durationMs = totalMs === undefined ? NO_DURATIONS : { ...NO_DURATIONS, total: totalMs }
  return { stream: 'split', streamId: 'split@1', batch, timeMs, rows: [], lagMs: undefined, durationMs }
}

test('a batch is counted once, and its durations once, when they are there', () => {
  const batches = new SeenBatches(1_000_000)
  expect(batches.since(1_000_000)).toBe('1970-01-01T00:16:40.000Z')
  const numbers = (taken: ReturnType<SeenBatches['take']>) =>
    [taken.batches, taken.durations].map((all) => all.map(({ batch }) => batch))
  expect(numbers(batches.take([seen(1, 1_000_100), seen(2, 1_000_200, 5)]))).toEqual([[1, 2], [2]])
  expect(numbers(batches.take([seen(1, 1_000_100, 4), seen(2, 1_000_200, 5)]))).toEqual([[], [1]])
  expect(numbers(batches.take([seen(1, 1_000_100, 4), seen(3, 2_000_000)]))).toEqual([[3], []])
  // What is asked for from now on leaves out the first two; they are forgotten.
  expect(batches.since(2_000_000)).toBe(new Date(2_000_000 - 120_000).toISOString())
})

test('after the clock was set back, later batches are counted, and those from before are not again', () => {
  const batches = new SeenBatches(10_000_000)
  const counted = (all: readonly SeenBatch[]) => batches.take(all).batches.map(({ batch }) => batch)
  expect(counted([seen(1, 10_000_100, 5), seen(2, 10_500_000, 5)])).toEqual([1, 2])
  const nowMs = 6_900_000 // an hour earlier
  const since = Date.parse(batches.since(nowMs))
  expect(since).toBeLessThanOrEqual(nowMs)
  const all = [seen(3, nowMs, 5), seen(1, 10_000_100, 5), seen(2, 10_500_000, 5)]
  expect(all.every(({ timeMs }) => timeMs >= since)).toBe(true)
  const { batches: fresh, durations } = batches.take(all)
  expect([fresh, durations].map((found) => found.map(({ batch }) => batch))).toEqual([[3], [3]])
  // And so on, with the durations of the one as they become known.
  expect(counted([seen(4, nowMs + 1_000), ...all])).toEqual([4])
  expect(batches.take([seen(4, nowMs + 1_000, 7), ...all]).durations.map(({ batch }) => batch)).toEqual([4])
})

const BATCHES = `CREATE TABLE live.batches (stream VARCHAR, stream_id VARCHAR, batch BIGINT, batch_time TIMESTAMPTZ,
  rows MAP(VARCHAR, BIGINT), lag_ms DOUBLE, plan_ms DOUBLE, stage_ms DOUBLE, sync_ms DOUBLE, commit_ms DOUBLE,
  publish_ms DOUBLE, total_ms DOUBLE)`

async function add(reader: MemoryReader, values: string): Promise<void> {
  await reader.commit(`INSERT INTO live.batches VALUES ${values}`)
}

test('/metrics counts the batches of all streams, their rows and phases, since the server started', async () => {
  const clock = new TestClock()
  const time = (afterMs: number): string => `'${new Date(clock.nowMs() + afterMs).toISOString()}'`
  const reader = await memoryReader(BATCHES)
  await add(reader, `('split', 'split@1', 6, ${time(-1_000)}, MAP {'large': 1}, 1, 1, 1, 1, 1, 1, 5)`)
  const server = await testServer({ reader, panels: [], clock })
  await add(reader, `('split', 'split@1', 7, ${time(0)}, MAP {'large': 2, 'small': 3}, 250, 1, 20, 1, 1, 2, 25)`)
  await add(reader, `('split', 'split@1', 8, ${time(10)}, MAP {'large': 5}, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`)
  await add(reader, `('land', 'land@1', 3, ${time(20)}, MAP {'bronze': 9}, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`)
  await server.get('/metrics')
  const text = await (await server.get('/metrics')).text()
  for (const line of [
    'lakeweir_batches_total{stream="split"} 2',
    'lakeweir_batches_total{stream="land"} 1',
    'lakeweir_batch{stream="split"} 8',
    'lakeweir_rows_total{stream="split",table="large"} 7',
    'lakeweir_rows_total{stream="split",table="small"} 3',
    'lakeweir_rows_total{stream="land",table="bronze"} 9',
    'lakeweir_batch_lag_seconds{stream="split"} 0.25',
    'lakeweir_batch_phase_seconds_sum{stream="split",phase="stage"} 0.02',
    'lakeweir_batch_phase_seconds_count{stream="split",phase="total"} 1',
    'lakeweir_live_batch 4',
  ]) {
    expect(text).toContain(`${line}\n`)
  }
})

test('a store without batches has the other figures', async () => {
  const reader = await memoryReader('')
  await reader.commit('')
  const server = await testServer({ reader, panels: [] })
  expect(await (await server.get('/metrics')).text()).toContain('lakeweir_live_batch 1\n')
  expect(server.logged).toContainEqual(expect.objectContaining({ msg: 'batches could not be counted' }))
})

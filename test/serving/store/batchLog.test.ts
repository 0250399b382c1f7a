import { describe, expect, test } from 'vitest'
import type { BatchFacts } from '../../../src/serving/input.ts'
import { openKeptLake, stored } from '../../support/openKeptLake.ts'

describe('the batches', () => {
  const facts = (batch: number, more: Partial<BatchFacts> = {}): BatchFacts => ({
    stream: 'silver',
    streamId: 'silver@one',
    batch,
    batchTime: '2026-11-22T10:00:00.000Z',
    rows: { events: 2, "it's": 0 },
    inputRows: 2,
    sourceStart: undefined,
    sourceEnd: '{"a":1}',
    landedFiles: ["o'clock.parquet"],
    durationMs: undefined,
    lagMs: undefined,
    ...more,
  })
  const durationMs = { plan: 1, stage: 2, sync: 3, commit: 4, publish: 5, total: 15.5 }

  test('are written down with what is known of them, and once more if more is known', async () => {
    const lake = await openKeptLake()
    const take = async (given: readonly BatchFacts[]) => {
      await lake.add([])
      const portion = lake.nextPortion()
      expect(await lake.write({ ...portion, input: { ...portion.input, facts: given } })).toMatchObject({
        kind: 'written',
      })
    }
    const known = `SELECT batch, rows, landed_files, lag_ms, total_ms FROM live.batches WHERE stream_id = 'silver@one' ORDER BY batch`
    const landed_files = ["o'clock.parquet"]
    await take([facts(1), facts(1), facts(2, { landedFiles: undefined })])
    expect(await stored(lake, known)).toMatchObject([
      { batch: 1, landed_files, total_ms: null },
      { batch: 2, landed_files: null, total_ms: null },
    ])
    await lake.reopen()
    await take([facts(1, { durationMs, lagMs: 7.5 }), facts(2), facts(3, { durationMs })])
    await take([facts(1, { durationMs }), facts(2, { landedFiles: ['b'], durationMs }), facts(3, { durationMs })])
    expect(await stored(lake, known)).toMatchObject([
      { batch: 1, landed_files, lag_ms: 7.5, total_ms: 15.5 },
      { batch: 2, landed_files: ['b'], lag_ms: null, total_ms: 15.5 },
      { batch: 3, landed_files, lag_ms: null, total_ms: 15.5 },
    ])
    await lake.writer.idle()
    expect(await stored(lake, known)).toHaveLength(3)
  })
})

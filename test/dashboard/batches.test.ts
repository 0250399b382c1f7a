import { describe, expect, test } from 'vitest'
import type { Column, Value } from '../../src/client/index.ts'
import { type Batch, batchesOf, streamsOf } from '../../src/dashboard/panels/batches/batch.ts'
import {
  type BatchTimeline,
  batchAt,
  batchBeside,
  batchTimeline,
  listedBatches,
  SLOTS,
} from '../../src/dashboard/panels/batches/timeline.ts'

const COLUMNS: readonly Column[] = [
  { name: 'stream', type: 'VARCHAR' },
  { name: 'batch', type: 'BIGINT' },
  { name: 'batch_time', type: 'TIMESTAMP WITH TIME ZONE' },
  { name: 'input_rows', type: 'BIGINT' },
  { name: 'lag_ms', type: 'BIGINT' },
  ...['plan_ms', 'stage_ms', 'sync_ms', 'commit_ms', 'publish_ms', 'total_ms'].map((name) => ({
    name,
    type: 'DOUBLE',
  })),
  { name: 'tables', type: 'VARCHAR[]' },
  { name: 'table_rows', type: 'VARCHAR[]' },
  { name: 'landed_files', type: 'VARCHAR[]' },
]

const START_MS = Date.parse('2026-11-25T14:00:00Z')

function row(batch: number, seconds: number, more: Partial<Record<string, Value>> = {}): Value[] {
  const values: Record<string, Value | undefined> = {
    stream: 'silver',
    batch,
    batch_time: new Date(START_MS + seconds * 1_000).toISOString(),
    input_rows: 100,
    lag_ms: 40,
    plan_ms: 1,
    stage_ms: 10,
    sync_ms: 3,
    commit_ms: 2,
    publish_ms: 4,
    total_ms: 20,
    ...more,
  }
  return COLUMNS.map(({ name }) => values[name] ?? null)
}

const read = (rows: Value[][]): readonly Batch[] => batchesOf({ columns: COLUMNS, rows })

/** Batches of every second, the newest first, as the server sends them. */
function everySecond(count: number, more: (batch: number) => Partial<Record<string, Value>> = () => ({})): Value[][] {
  return Array.from({ length: count }, (_, at) => row(count - at, count - at, more(count - at)))
}

describe('batches', () => {
  test('are read oldest first, and syncing counts as commit', () => {
    const written = { tables: ['orders', 'rejected'], table_rows: ['93', '9007199254740993'] }
    const [first, second] = read([row(8, 2), row(7, 1, { ...written, landed_files: ['a.parquet', 'b.parquet'] })])
    expect(first).toEqual({
      key: 'silver 7',
      stream: 'silver',
      number: 7,
      timeMs: START_MS + 1_000,
      rowCount: 100,
      lagMs: 40,
      phases: { plan: 1, stage: 10, commit: 5, publish: 4 },
      durationMs: 20,
      tables: [
        { table: 'orders', rowCount: '93' },
        { table: 'rejected', rowCount: '9007199254740993' },
      ],
      files: ['a.parquet', 'b.parquet'],
    })
    expect([second?.number, second?.tables, second?.files]).toEqual([8, [], undefined])
  })

  test('of which the durations are not known yet have none, and are no faster for it', () => {
    const unknown = {
      lag_ms: null,
      plan_ms: null,
      stage_ms: null,
      sync_ms: null,
      commit_ms: null,
      publish_ms: null,
      total_ms: null,
    }
    const [batch] = read([row(7, 1, unknown)])
    expect([batch?.phases, batch?.durationMs, batch?.lagMs]).toEqual([undefined, undefined, undefined])
    const timeline = batchTimeline(read([row(8, 2), row(7, 1, unknown)]), undefined)
    expect(timeline.medianMs).toBe(20)
    expect(timeline.slots.map((slot) => slot.kind === 'batch' && slot.phases.length)).toEqual([0, 4])
    expect(timeline.lagLines).toHaveLength(1)
  })

  test('without a time or a number are left out, and columns that an older server lacks are not known', () => {
    expect(read([row(7, 1, { batch_time: null }), row(8, 1, { batch: 'x' })])).toEqual([])
    const columns = COLUMNS.slice(0, 3)
    const [batch] = batchesOf({ columns, rows: [row(7, 1).slice(0, 3)] })
    expect([batch?.rowCount, batch?.phases, batch?.tables, batch?.files]).toEqual([undefined, undefined, [], undefined])
  })

  test('are of streams in the order of the header, then by name', () => {
    const batches = read(['land', 'silver', 'check'].map((stream, at) => row(at, at, { stream })))
    expect(streamsOf(batches, ['silver'], null)).toEqual(['silver', 'check', 'land'])
    expect(streamsOf(batches, [], null)).toEqual(['check', 'land', 'silver'])
  })

  test('are first of the stream that the numbers of the page come from, if the header does not say', () => {
    // The times of land and silver differ; their numbers do not.
    const batches = read([row(7, 1, { stream: 'check' }), row(7, 1, { stream: 'land' }), row(7, 2)])
    const counted = (seconds: number) => ({ batch: 7, batchTime: new Date(START_MS + seconds * 1_000).toISOString() })
    expect(streamsOf(batches, [], counted(2))).toEqual(['silver', 'check', 'land'])
    expect(streamsOf(batches, ['land'], counted(2))).toEqual(['land', 'silver', 'check'])
    expect(streamsOf(batches, [], counted(9))).toEqual(['check', 'land', 'silver'])
  })
})

describe('the strips of batches', () => {
  const kinds = ({ slots }: BatchTimeline): string =>
    slots.map((slot) => (slot.kind === 'pause' ? `(${slot.lengthMs / 1_000} s)` : slot.batch.number)).join(' ')

  test('have the last 60 batches, all with the same room, the newest at the right', () => {
    const timeline = batchTimeline(read(everySecond(90)), undefined)
    expect(timeline.count).toBe(SLOTS)
    const [first] = timeline.slots
    expect(first?.kind === 'batch' && first.batch.number).toBe(31)
    expect(timeline.slots.at(0)?.from).toBeCloseTo(0)
    expect(timeline.slots.at(-1)?.from).toBeCloseTo(1 - 1 / SLOTS)
    const few = batchTimeline(read(everySecond(3)), undefined)
    expect(few.slots.map(({ from }) => Math.round(from * SLOTS))).toEqual([57, 58, 59])
  })

  test.each([
    { name: 'a long pause is a break', seconds: [1, 2, 3, 400, 401], nowS: undefined, expected: '1 2 3 (397 s) 4 5' },
    {
      name: 'a short one is none, however regular the rest is',
      seconds: [1, 2, 3, 12, 13],
      nowS: undefined,
      expected: '1 2 3 4 5',
    },
    { name: 'what is usual is none', seconds: [1, 601, 1201, 1801], nowS: 2000, expected: '1 2 3 4' },
    { name: 'the time since the last batch is one', seconds: [1, 2, 3], nowS: 63, expected: '1 2 3 (60 s)' },
    { name: 'without the clock it is not', seconds: [1, 2, 3], nowS: undefined, expected: '1 2 3' },
    { name: 'of nothing there is nothing', seconds: [], nowS: 60, expected: '' },
  ])('$name', ({ seconds, nowS, expected }) => {
    const rows = seconds.map((second, at) => row(at + 1, second))
    const timeline = batchTimeline(read(rows), nowS === undefined ? undefined : START_MS + nowS * 1_000)
    expect(kinds(timeline)).toBe(expected)
    expect(timeline.endsNow).toBe(nowS !== undefined && expected !== '' && !expected.endsWith(')'))
  })

  test('go up to round numbers, and phases stand on each other', () => {
    const more = (batch: number): Partial<Record<string, Value>> =>
      batch === 2 ? { input_rows: 1_130, lag_ms: 61, stage_ms: 45, total_ms: 55 } : {}
    const timeline = batchTimeline(read(everySecond(2, more)), undefined)
    expect(timeline.tops).toEqual({ rows: 1_200, durationMs: 60, lagMs: 80 })
    const slow = timeline.slots[1]
    expect(slow?.kind === 'batch' && slow.phases.map(({ phase, from, to }) => [phase, from * 60, to * 60])).toEqual([
      ['plan', 0, 1],
      ['stage', 1, 46],
      ['commit', 46, 51],
      ['publish', 51, 55],
    ])
    expect([timeline.medianMs, timeline.slowest?.number]).toEqual([20, 2])
  })

  test('of batches that were nothing have a height all the same', () => {
    const zero = {
      input_rows: 0,
      lag_ms: 0,
      plan_ms: 0,
      stage_ms: 0,
      sync_ms: 0,
      commit_ms: 0,
      publish_ms: 0,
      total_ms: 0,
    }
    const { tops, slots } = batchTimeline(read([row(1, 1, zero)]), undefined)
    expect(tops).toEqual({ rows: 1, durationMs: 1, lagMs: 1 })
    expect(slots[0]).toMatchObject({ rows: 0, lag: 0 })
  })

  test('break the line of the lag at a pause and where it is not known', () => {
    const rows = [1, 2, 3, 400, 401].map((second, at) => row(at + 1, second, second === 2 ? { lag_ms: null } : {}))
    expect(batchTimeline(read(rows), undefined).lagLines.map((line) => line.length)).toEqual([1, 1, 2])
  })

  test('have a time under every fifteenth place', () => {
    const { ticks } = batchTimeline(read(everySecond(60)), undefined)
    expect(ticks.map(({ at, timeMs }) => [Math.round(at * SLOTS), (timeMs - START_MS) / 1_000])).toEqual([
      [0, 1],
      [15, 16],
      [30, 31],
      [45, 46],
    ])
  })

  test('find the batch under the pointer and beside another', () => {
    const timeline = batchTimeline(read([1, 2, 400].map((second, at) => row(at + 1, second))), undefined)
    const under = (slot: number): unknown => batchAt(timeline, (slot + 0.5) / SLOTS)?.number
    expect([0, 56, 57, 58, 59].map(under)).toEqual([undefined, 1, 2, undefined, 3])
    const beside = (key: string | undefined, steps: number): unknown => batchBeside(timeline, key, steps)?.number
    expect([beside('silver 2', 1), beside('silver 2', -1), beside('silver 1', -10), beside(undefined, -1)]).toEqual([
      3, 1, 1, 2,
    ])
    expect(batchBeside(batchTimeline([], undefined), undefined, 1)).toBeUndefined()
  })

  test.each([
    { name: 'the picked one first, then the newest', picked: 2, listed: [2, 6, 5] },
    { name: 'the newest once, also when it is picked', picked: 6, listed: [6, 5, 4] },
    { name: 'the newest if none is picked', picked: undefined, listed: [6, 5, 4] },
  ])('are listed with $name', ({ picked, listed }) => {
    const batches = read(everySecond(6))
    const chosen = batches.find(({ number }) => number === picked)
    expect(listedBatches(batches, chosen, 3).map(({ number }) => number)).toEqual(listed)
  })
})

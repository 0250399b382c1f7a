import { describe, expect, test } from 'vitest'
import { across, placeAt } from '../../../src/dashboard/charts/frame.ts'
import { type TimelineFacts, timelineOf, timeOf } from '../../../src/dashboard/charts/timeline.ts'

const at = (time: string): number => Date.parse(`2026-11-25T${time}Z`)
const clock = (timeMs: number | undefined): string | undefined =>
  timeMs === undefined ? undefined : new Date(timeMs).toISOString().slice(11, 19)

const FACTS: TimelineFacts = {
  fromMs: at('14:28:00'),
  toMs: at('14:33:00'),
  grainMs: 60_000,
  nowMs: at('14:32:08'),
  completeToMs: at('14:32:00'),
  isBehind: false,
  lastRowMs: at('14:32:00'),
}

describe('which buckets of a range are complete', () => {
  const cases: readonly {
    readonly name: string
    readonly facts: Partial<TimelineFacts>
    readonly buckets: number
    readonly complete: number
    readonly open?: string
    readonly unknown?: string
    readonly endsNow: boolean
  }[] = [
    { name: 'now', facts: {}, buckets: 5, complete: 4, open: '14:32:00', endsNow: true },
    {
      name: 'the clock has begun a minute of which nothing is counted: the one before is still open',
      facts: { completeToMs: at('14:31:00'), lastRowMs: at('14:31:00') },
      buckets: 4,
      complete: 3,
      open: '14:31:00',
      endsNow: true,
    },
    {
      name: 'nothing has come for minutes: what is missing is not known, and no bucket is being filled',
      facts: { completeToMs: at('14:30:00'), isBehind: true },
      buckets: 5,
      complete: 2,
      unknown: '14:30:00 to 14:32:08',
      endsNow: true,
    },
    {
      name: 'behind by less than a bucket',
      facts: { isBehind: true },
      buckets: 5,
      complete: 4,
      open: '14:32:00',
      endsNow: true,
    },
    {
      name: 'a range of the past',
      facts: { toMs: at('14:31:00') },
      buckets: 3,
      complete: 3,
      endsNow: false,
    },
    {
      name: 'a range that goes on after now, as a day does',
      facts: { toMs: at('14:40:00') },
      buckets: 12,
      complete: 4,
      open: '14:32:00',
      endsNow: false,
    },
    {
      name: 'a range that begins after now',
      facts: { fromMs: at('15:00:00'), toMs: at('15:03:00') },
      buckets: 3,
      complete: 0,
      endsNow: false,
    },
    {
      name: 'a server that does not say how far it is: the newest rows are open',
      facts: { completeToMs: undefined, lastRowMs: at('14:31:00') },
      buckets: 4,
      complete: 3,
      open: '14:31:00',
      endsNow: true,
    },
    {
      name: 'the first minute of all',
      facts: { fromMs: at('14:32:00') },
      buckets: 1,
      complete: 0,
      open: '14:32:00',
      endsNow: true,
    },
  ]
  for (const { name, facts, buckets, complete, open, unknown, endsNow } of cases) {
    test(name, () => {
      const timeline = timelineOf({ ...FACTS, ...facts })
      expect({
        buckets: timeline.starts.length,
        complete: timeline.completeCount,
        open: clock(timeline.openIndex === undefined ? undefined : timeline.starts[timeline.openIndex]),
        unknown: timeline.unknown && `${clock(timeline.unknown.fromMs)} to ${clock(timeline.unknown.toMs)}`,
        endsNow: timeline.endsNow,
      }).toEqual({ buckets, complete, open, unknown, endsNow })
    })
  }
})

describe('where buckets stand', () => {
  const EDGES = [40, 1_040] as const

  test('the open bucket has a column at the right edge, after a gap', () => {
    const places = across(timelineOf(FACTS), EDGES, 1)
    expect(places.open).toEqual({ x: 1_024, width: 16 })
    expect(places.x(0)).toBe(40)
    expect(places.x(3)).toBeLessThan(1_024 - 8)
  })

  test('it is never less wide than 5 units', () => {
    expect(across(timelineOf(FACTS), [36, 256], 1).open?.width).toBe(5)
    expect(across(timelineOf(FACTS), [36, 256], 1.25).open?.width).toBe(6.25)
  })

  test('within a day it stands at its time', () => {
    const timeline = timelineOf({ ...FACTS, toMs: at('14:40:00') })
    const places = across(timeline, EDGES, 1)
    const { x = 0, width = 0 } = places.open ?? {}
    expect(x + width / 2).toBeCloseTo(places.x(4))
    expect(places.x(11)).toBe(1_040)
  })

  test('what is not known reaches from the last complete bucket to now', () => {
    const places = across(timelineOf({ ...FACTS, completeToMs: at('14:30:00'), isBehind: true }), EDGES, 1)
    expect(places.unknown).toEqual({ x: places.x(1), width: 1_040 - places.x(1) })
    expect(places.open).toBeUndefined()
  })

  test('a single bucket stands in the middle', () => {
    expect(across(timelineOf({ ...FACTS, toMs: at('14:29:00') }), EDGES, 1).x(0)).toBe(540)
  })

  const reads: readonly (readonly [name: string, x: number, place: number])[] = [
    ['before the first', 0, 0],
    ['near the second', 370, 1],
    ['near the last complete one', 1_000, 3],
    ['in the gap, near the open one', 1_020, 4],
    ['in the open one', 1_030, 4],
    ['after all', 1_500, 4],
  ]
  test.each(reads)('a pointer %s', (_, x, place) => {
    const timeline = timelineOf(FACTS)
    expect(placeAt(timeline, across(timeline, EDGES, 1), x)).toBe(place)
  })
})

describe('times as the server writes them', () => {
  const cases: readonly (readonly [text: string | null | number, iso: string | undefined])[] = [
    ['2026-11-25T14:32:00Z', '2026-11-25T14:32:00.000Z'],
    ['2026-11-25T14:32:00.123456Z', '2026-11-25T14:32:00.123Z'],
    ['2026-11-25 14:32:00', '2026-11-25T14:32:00.000Z'],
    ['2026-11-25T14:32:00+01', '2026-11-25T13:32:00.000Z'],
    ['2026-11-25T14:32:00+05:30', '2026-11-25T09:02:00.000Z'],
    ['2026-11-25', '2026-11-25T00:00:00.000Z'],
    ['infinity', undefined],
    ['CHAT', undefined],
    ['', undefined],
    [null, undefined],
    [14, undefined],
  ]
  test.each(cases)('%s', (text, iso) => {
    const timeMs = timeOf(text)
    expect(timeMs === undefined ? undefined : new Date(timeMs).toISOString()).toBe(iso)
  })
})

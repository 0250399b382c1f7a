import { describe, expect, test } from 'vitest'
import { timeTicks, zoneOffset } from '../../../src/dashboard/charts/timeTicks.ts'
import { type HeldScale, heldScale, valueScaleOf } from '../../../src/dashboard/charts/valueScale.ts'

describe('a scale of values has round numbers', () => {
  const AMOUNTS = { hasZero: true, isWhole: true }
  const SHARES = { hasZero: true, isWhole: false }
  const MEASURES = { hasZero: false, isWhole: false }
  const cases: readonly (readonly [
    values: readonly [number, number],
    about: typeof AMOUNTS,
    ticks: readonly number[],
  ])[] = [
    [[0, 2_760], AMOUNTS, [0, 1_000, 2_000, 3_000]],
    [[0, 1_512], AMOUNTS, [0, 600, 1_200, 1_800]],
    [[0, 3], AMOUNTS, [0, 1, 2, 3]],
    [[0, 4], AMOUNTS, [0, 2, 4, 6]],
    [[0, 1], AMOUNTS, [0, 1, 2, 3]],
    [[0, 0], AMOUNTS, [0, 1, 2, 3]],
    [[0, 9.3], SHARES, [0, 4, 8, 12]],
    [[0, 0.03], SHARES, [0, 0.01, 0.02, 0.03]],
    [[5, 12], SHARES, [0, 4, 8, 12]],
    [[20.1, 21.3], MEASURES, [20, 20.5, 21, 21.5]],
    [[-4, 12], MEASURES, [-6, 0, 6, 12]],
    [[-21.3, -20.1], MEASURES, [-21.5, -21, -20.5, -20]],
    [[1e18, 3e18], AMOUNTS, [0, 1e18, 2e18, 3e18]],
  ]
  test.each(cases)('%j', (values, about, ticks) => {
    expect(valueScaleOf(values, about).ticks).toEqual(ticks)
  })

  test.each([
    [20, 20],
    [0, 0],
    [-3, -3],
    [1e-9, 1e-9],
    [9.9e15, 9.9e15],
  ])('equal values %d still have a scale around them', (least, most) => {
    const { low, high } = valueScaleOf([least, most], MEASURES)
    expect(low).toBeLessThanOrEqual(least)
    expect(high).toBeGreaterThanOrEqual(most)
    expect(high).toBeGreaterThan(low)
  })
})

describe('a scale in use', () => {
  const scale = (high: number): HeldScale['scale'] => valueScaleOf([0, high], { hasZero: true, isWhole: true })
  const subject = 'the last 3 hours'
  const steps = (moves: readonly (readonly [nowMs: number, high: number, subject?: string])[]): readonly number[] => {
    let held: HeldScale | undefined
    return moves.map(([nowMs, high, about = subject]) => {
      held = heldScale(held, scale(high), { subject: about, nowMs })
      return held.scale.high
    })
  }

  test('grows at once', () =>
    expect(
      steps([
        [0, 3],
        [1, 30],
      ]),
    ).toEqual([3, 30]))
  test('shrinks after 10 s', () =>
    expect(
      steps([
        [0, 30],
        [1_000, 3],
        [10_999, 3],
        [11_000, 3],
      ]),
    ).toEqual([30, 30, 30, 3]))
  test('waits again after it was needed once more', () =>
    expect(
      steps([
        [0, 30],
        [1_000, 3],
        [6_000, 30],
        [11_000, 3],
        [20_999, 3],
        [21_000, 3],
      ]),
    ).toEqual([30, 30, 30, 30, 30, 3]))
  test('begins anew with another range', () =>
    expect(
      steps([
        [0, 30],
        [1, 3, 'the last hour'],
      ]),
    ).toEqual([30, 3]))
})

describe('times of an axis are round on the reader’s clock', () => {
  const utc = (): number => 0
  const labels = (from: string, to: string, room: number, zone?: string): readonly string[] => {
    const offset = zone === undefined ? utc : zoneOffset(zone)
    return timeTicks(Date.parse(from), Date.parse(to), room, offset).map(({ timeMs, isDay }) =>
      new Date(timeMs + offset(timeMs)).toISOString().slice(isDay ? 5 : 11, isDay ? 10 : 16),
    )
  }
  test('three hours by half hours', () => {
    const times = labels('2026-11-25T11:32:00Z', '2026-11-25T14:31:00Z', 8)
    expect(times).toEqual(['12:00', '12:30', '13:00', '13:30', '14:00', '14:30'])
  })
  test('three hours in a narrow place', () => {
    expect(labels('2026-11-25T11:32:00Z', '2026-11-25T14:31:00Z', 3)).toEqual(['12:00', '13:00', '14:00'])
  })
  test('a week by days', () => {
    expect(labels('2026-11-18T14:00:00Z', '2026-11-25T14:00:00Z', 8)).toHaveLength(7)
  })
  test('a zone of five hours and a half', () => {
    expect(labels('2026-11-25T11:32:00Z', '2026-11-25T13:31:00Z', 4, 'Asia/Kolkata')).toEqual([
      '17:30',
      '18:00',
      '18:30',
      '19:00',
    ])
  })
  test('a day with an hour twice, and one without it', () => {
    const autumn = labels('2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z', 10, 'Europe/Berlin')
    expect(autumn).toEqual(['10-25', '03:00', '06:00', '09:00', '12:00', '15:00', '18:00', '21:00', '10-26'])
    const spring = labels('2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z', 10, 'Europe/Berlin')
    expect(spring).toEqual(['03-29', '03:00', '06:00', '09:00', '12:00', '15:00', '18:00', '21:00', '03-30'])
  })
  test('no time at all', () => expect(labels('2026-11-25T11:00:00Z', '2026-11-25T11:00:00Z', 8)).toEqual([]))
})

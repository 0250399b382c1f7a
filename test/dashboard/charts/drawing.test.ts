import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isLiveWindow, movedWindow } from '../../../src/dashboard/charts/brush.ts'
import { pushedApart } from '../../../src/dashboard/charts/labels.ts'
import { bandPath, linePath } from '../../../src/dashboard/charts/paths.ts'
import { readingMove } from '../../../src/dashboard/charts/reading.ts'

const x = (index: number): number => index * 10
const y = (value: number): number => 100 - value

describe('paths', () => {
  test('a line leaves gaps open, and a value between two is a dot', () => {
    expect(linePath([1, 2, null, 3, null, null, 4], x, y)).toBe('M0 99L10 98M30 97h0M60 96h0')
  })
  test('a line ends where it is told', () => expect(linePath([1, 2, 3], x, y, 2)).toBe('M0 99L10 98'))
  test('a band leaves gaps open, and a place between two is a column', () => {
    const path = bandPath([0, 0, null, 0], [1, 2, null, 3], x, y, { width: 8 })
    expect(path).toBe('M0 99L10 98L10 100L0 100ZM26 97h8V100h-8Z')
  })
  test('ten thousand values are drawn by pixel, and none of their peaks is lost', () => {
    const values = Array.from({ length: 10_000 }, (_, index) => (index === 4_321 ? 90 : index % 7))
    const narrow = (index: number): number => index / 10
    const points = linePath(values, narrow, y).split('L')
    expect(points.length).toBeLessThanOrEqual(4 * 1_000)
    expect(points).toContain('432.1 10')
    const zeros = values.map(() => 0)
    expect(bandPath(zeros, values, narrow, y, { width: 8 })).toContain('L432.1 10L')
  })
  test('nothing is no path', () => {
    expect(linePath([], x, y)).toBe('')
    expect(bandPath([null], [null], x, y, { width: 8 })).toBe('')
  })
})

describe('labels', () => {
  const about = { gap: 18, low: 0, high: 200 }
  test.each<readonly [string, readonly number[], readonly number[]]>([
    ['that do not touch stay', [10, 60, 120], [10, 60, 120]],
    ['that touch part to both sides', [50, 52], [42, 60]],
    ['push others', [50, 52, 61], [36.33, 54.33, 72.33]],
    ['stay within the top', [0, 1], [0, 18]],
    ['stay within the bottom', [199, 200], [182, 200]],
    ['none', [], []],
  ])('%s', (_, marks, at) => {
    expect(pushedApart(marks, about).map((each) => Math.round(each * 100) / 100)).toEqual(at)
  })
  test('keep their order and their distance, and stay within the chart, wherever their marks are', () => {
    const marks = fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(marks, (unsorted) => {
        const sorted = [...unsorted].sort((a, b) => a - b)
        const at = pushedApart(sorted, about)
        const room = Math.min(about.gap, 200 / Math.max(1, sorted.length - 1))
        for (const [index, each] of at.entries()) {
          expect(each).toBeGreaterThanOrEqual(-1e-6)
          expect(each).toBeLessThanOrEqual(200 + 1e-6)
          if (index > 0) expect(each - (at[index - 1] ?? 0)).toBeGreaterThanOrEqual(room - 1e-6)
        }
      }),
    )
  })
})

describe('keys of the reading line', () => {
  const cases: readonly (readonly [string, boolean, number | undefined, ReturnType<typeof readingMove>])[] = [
    ['ArrowLeft', false, undefined, { kind: 'to', place: 179 }],
    ['ArrowLeft', false, 100, { kind: 'to', place: 99 }],
    ['ArrowLeft', true, 100, { kind: 'to', place: 90 }],
    ['ArrowLeft', true, 4, { kind: 'to', place: 0 }],
    ['ArrowRight', false, 179, { kind: 'to', place: 179 }],
    ['ArrowRight', true, 100, { kind: 'to', place: 110 }],
    ['Home', false, 100, { kind: 'to', place: 0 }],
    ['End', false, 100, { kind: 'to', place: 179 }],
    ['Enter', false, 100, { kind: 'pin' }],
    ['Escape', false, 100, { kind: 'release' }],
    ['a', false, 100, undefined],
    ['Tab', false, 100, undefined],
  ]
  test.each(cases)('%s, Shift %s, from %s', (key, shiftKey, place, move) => {
    expect(readingMove({ key, shiftKey }, place, 179)).toEqual(move)
  })
})

describe('the brush', () => {
  const at = (time: string): number => Date.parse(`2026-11-25T${time}:00Z`)
  const scale = { fromMs: at('00:00'), toMs: at('23:59') + 60_000, grainMs: 60_000, nowMs: at('14:32') + 8_000 }
  const window = { fromMs: at('11:33'), toMs: at('14:33') }
  const minutes = 60_000
  const cases: readonly (readonly [
    name: string,
    part: 'from' | 'to' | 'window',
    byMs: number,
    from: string,
    to: string,
    isLive: boolean,
  ])[] = [
    ['the window, to the past', 'window', -60 * minutes, '10:33', '13:33', false],
    ['the window, no later than now', 'window', 600 * minutes, '11:33', '14:33', true],
    ['the window, no earlier than the day', 'window', -900 * minutes, '00:00', '03:00', false],
    ['the window, to whole minutes', 'window', -59.6 * minutes, '10:33', '13:33', false],
    ['its beginning', 'from', 30 * minutes, '12:03', '14:33', true],
    ['its beginning, not past its end', 'from', 600 * minutes, '14:28', '14:33', true],
    ['its end', 'to', -30 * minutes, '11:33', '14:03', false],
    ['its end, not past its beginning', 'to', -600 * minutes, '11:33', '11:38', false],
    ['its end, no later than now', 'to', 10 * minutes, '11:33', '14:33', true],
  ]
  test.each(cases)('moves %s', (_, part, byMs, from, to, isLive) => {
    const moved = movedWindow(scale, window, part, byMs)
    expect(moved).toEqual({ fromMs: at(from), toMs: at(to) })
    expect(isLiveWindow(scale, moved)).toBe(isLive)
  })
})

import { describe, expect, test } from 'vitest'
import { type Drawable, isSameDrawing } from '../../src/dashboard/panels/sameDrawing.ts'

const filters = { channel: ['EMAIL'] }
const VIEW = { range: { kind: 'today' }, filters, nowMs: 60_000, isPaused: false, freshness: 'fresh' }
const INPUT = { head: {}, answer: {}, spark: undefined, view: VIEW, text: {}, lateMarks: {} }

const changed = (input: object, view: object = {}): Drawable => ({ ...INPUT, ...input, view: { ...VIEW, ...view } })

describe('a drawing', () => {
  test.each<{ name: string; now: Drawable; isSame: boolean }>([
    { name: 'is the same for the same input', now: changed({}), isSame: true },
    { name: 'is another for another answer', now: changed({ answer: {} }), isSame: false },
    { name: 'is another for another head', now: changed({ head: {} }), isSame: false },
    { name: 'is another with marks of what was late', now: changed({ lateMarks: {} }), isSame: false },
    { name: 'is another in other words', now: changed({ text: {} }), isSame: false },
    { name: 'is another with all the room', now: changed({ isExpanded: true }), isSame: false },
    { name: 'is another on a wall', now: changed({}, { isWall: true }), isSame: false },
    { name: 'is another for another filter', now: changed({}, { filters: {} }), isSame: false },
    { name: 'is the same a moment later', now: changed({}, { nowMs: 119_999 }), isSame: true },
    { name: 'is another once the clock says something else', now: changed({}, { nowMs: 120_000 }), isSame: false },
    { name: 'does not say how fresh it is', now: changed({}, { freshness: 'stale' }), isSame: true },
  ])('$name', ({ now, isSame }) => expect(isSameDrawing(changed({}), now, 60_000)).toBe(isSame))

  test('of nothing is the same as of nothing', () => {
    expect(isSameDrawing(undefined, undefined, 1)).toBe(true)
    expect(isSameDrawing(undefined, changed({}), 1)).toBe(false)
  })
})

import { describe, expect, test } from 'vitest'
import { LakeweirError, type PanelAnswer, type PanelHead } from '../../src/client/index.ts'
import { frameState } from '../../src/dashboard/panels/frameState.ts'
import { lateMarks } from '../../src/dashboard/panels/lateMarks.ts'
import { LateTracker } from '../../src/dashboard/panels/lateTracker.ts'
import { panelAnswer, panelHead } from '../support/dashboardHeads.ts'

const MINUTE_MS = 60_000
const START_MS = Date.UTC(2026, 10, 25, 14, 0)
const COLUMNS = { minute: 'TIMESTAMP WITH TIME ZONE', shop: 'VARCHAR', items: 'BIGINT' }
const HEAD = panelHead({ name: 'sales', x: 'minute', y: ['items'], series: 'shop', grainMs: MINUTE_MS, over: 'view' })

const iso = (minutes: number): string => new Date(START_MS + minutes * MINUTE_MS).toISOString()

/** An answer of so many complete minutes; rows are of minutes after the start. */
function answer(complete: number, rows: readonly (readonly [minute: number, shop: string | null, items: number])[]) {
  return panelAnswer(
    COLUMNS,
    rows.map(([minute, shop, items]) => [iso(minute), shop, items]),
    { completeTo: iso(complete), range: { from: iso(0), to: iso(60) } },
  )
}

describe('late corrections', () => {
  const before = answer(3, [
    [0, 'north', 5],
    [1, 'north', 6],
    [3, 'north', 1],
  ])
  /** The minute before was complete half a minute ago. */
  const atMs = START_MS + 3.5 * MINUTE_MS

  const marked = (after: PanelAnswer, head: PanelHead = HEAD, shownMs = atMs) => {
    const marks = lateMarks(head, { answer: before, atMs: shownMs }, { answer: after, atMs: atMs + 1_000 })
    const { correction } = marks
    return {
      marks: [0, 1, 2, 3].filter((minute) => marks.has(iso(minute), 'north')),
      added: correction?.added,
      minutes: correction && [correction.fromMs, correction.toMs].map((ms) => (ms - START_MS) / MINUTE_MS),
    }
  }
  const none = { marks: [], added: undefined, minutes: undefined }

  test.each([
    [
      'a minute has more now',
      answer(3, [
        [0, 'north', 5],
        [1, 'north', 9],
        [3, 'north', 1],
      ]),
      { marks: [1], added: 3, minutes: [1, 2] },
    ],
    [
      'a minute had nothing',
      answer(3, [
        [0, 'north', 5],
        [1, 'north', 6],
        [2, 'north', 4],
        [3, 'north', 1],
      ]),
      { marks: [2], added: 4, minutes: [2, 3] },
    ],
    [
      'several have',
      answer(3, [
        [0, 'north', 6],
        [1, 'north', 9],
        [3, 'north', 1],
      ]),
      { marks: [0, 1], added: 4, minutes: [0, 2] },
    ],
    [
      'a minute has less',
      answer(3, [
        [0, 'north', 4],
        [1, 'north', 6],
      ]),
      { marks: [0], added: -1, minutes: [0, 1] },
    ],
    [
      'the open minute grows',
      answer(3, [
        [0, 'north', 5],
        [1, 'north', 6],
        [3, 'north', 7],
      ]),
      none,
    ],
    [
      'nothing is other',
      answer(4, [
        [0, 'north', 5],
        [1, 'north', 6],
        [3, 'north', 1],
        [4, 'north', 2],
      ]),
      none,
    ],
  ] as const)('%s', (_, after, expected) => {
    expect(marked(after)).toEqual(expected)
  })

  test('what was on its way as a minute ended is not late', () => {
    const after = answer(3, [
      [0, 'north', 5],
      [1, 'north', 6],
      [2, 'north', 4],
      [3, 'north', 1],
    ])
    expect(marked(after, HEAD, START_MS + 3 * MINUTE_MS + 9_000)).toEqual(none)
  })

  test('a panel without a time, or without grains, has none', () => {
    const after = answer(3, [[0, 'north', 50]])
    expect(marked(after, { ...HEAD, x: 'shop', series: null })).toEqual(none)
    expect(marked(after, { ...HEAD, grainMs: null })).toEqual(none)
  })

  test('are marked for four seconds, and not again for ten', () => {
    const tracker = new LateTracker()
    const isMarked = (items: number, seconds: number, given?: PanelAnswer): boolean => {
      const next = given ?? answer(3, [[0, 'north', items]])
      return tracker.marks('sales', HEAD, next, atMs + seconds * 1_000).has(iso(0), 'north')
    }
    const corrected = answer(3, [[0, 'north', 2]])
    expect(isMarked(1, 0)).toBe(false)
    expect(isMarked(2, 1, corrected)).toBe(true)
    expect(isMarked(2, 4, corrected)).toBe(true)
    expect(isMarked(2, 5, corrected)).toBe(false)
    expect(isMarked(3, 6)).toBe(false)
    expect(isMarked(4, 12)).toBe(true)
  })

  test('are none of what came while nobody looked, also where the answer from before is drawn once more', () => {
    const tracker = new LateTracker()
    const isMarked = (seconds: number, next: PanelAnswer): boolean =>
      tracker.marks('sales', HEAD, next, atMs + seconds * 1_000).has(iso(0), 'north')
    const [before, meanwhile, late] = [1, 5, 6].map((items) => answer(3, [[0, 'north', items]]))
    if (before === undefined || meanwhile === undefined || late === undefined) throw new Error('there are three')
    isMarked(0, before)
    tracker.forget()
    expect(isMarked(30, before)).toBe(false)
    expect(isMarked(31, meanwhile)).toBe(false)
    expect(isMarked(50, late)).toBe(true)
  })
})

describe('what a frame shows', () => {
  const shop = [{ name: 'shop', type: 'VARCHAR' }]
  const head = { ...HEAD, filters: shop }
  const rows = answer(3, [[0, 'north', 5]])
  const nulls = panelAnswer(COLUMNS, [[iso(0), null, null]])
  const problem = new LakeweirError('sql/panels/sales.sql line 4: no column "item".', {
    status: 500,
    detail: 'Fix it.',
  })
  const given = { head, answer: undefined, problem: undefined, filters: {}, waitedMs: 1_000 }

  test.each([
    ['nothing at first, so that the page does not flicker', { waitedMs: 149 }, { kind: 'waiting' }],
    ['that it loads', {}, { kind: 'loading' }],
    ['its rows', { answer: rows }, { kind: 'shown' }],
    ['that there are none', { answer: answer(3, []) }, { kind: 'empty' }],
    ['that there are none, of grains alone', { answer: nulls }, { kind: 'empty' }],
    [
      'that none match',
      { answer: answer(3, []), filters: { shop: ['a'], kind: ['x'] } },
      { kind: 'none match', filters: [['shop', ['a']]] },
    ],
    [
      'that there are none, whatever it is not narrowed by',
      { answer: answer(3, []), filters: { kind: ['x'] } },
      { kind: 'empty' },
    ],
    ['a number that is not known', { head: { ...head, kind: 'number' }, answer: nulls }, { kind: 'shown' }],
    ['why it cannot be read', { problem }, { kind: 'error', message: problem.message, detail: 'Fix it.' }],
    [
      'the same beside rows of before',
      { answer: rows, problem },
      { kind: 'error', message: problem.message, detail: 'Fix it.' },
    ],
    [
      'why it could not be prepared',
      { head: { ...head, problem: 'no' } },
      { kind: 'error', message: 'no', detail: undefined },
    ],
  ] as const)('%s', (_, more, state) => {
    expect(frameState({ ...given, ...more })).toEqual(state)
  })
})

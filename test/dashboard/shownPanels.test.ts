import { describe, expect, test } from 'vitest'
import { LakeweirError, type PanelAnswer } from '../../src/client/index.ts'
import type { Fed } from '../../src/dashboard/follow/panelFeed.ts'
import { Numbers } from '../../src/dashboard/numbers.ts'
import { narrowedTo, ShownPanels } from '../../src/dashboard/panels/shownPanels.ts'
import { type AskedPanel, keyOf } from '../../src/dashboard/view/asking.ts'
import type { View } from '../../src/dashboard/view/view.ts'
import { wordsWith } from '../../src/dashboard/words.ts'
import { panelAnswer, panelHead } from '../support/dashboardHeads.ts'
import { TestClock } from '../support/testClock.ts'

const words = wordsWith({})
const text = { words, numbers: new Numbers('en-GB', 'UTC', words.units) }
const NOW_MS = Date.UTC(2026, 10, 25, 14, 32, 8)
const VIEW: View = {
  range: { kind: 'today' },
  filters: {},
  nowMs: NOW_MS,
  isPaused: false,
  freshness: 'fresh',
  isWall: false,
}

const FLOW = asked('flow', 'area')
const SHOPS = asked('shops', 'bar')
const TOTAL = asked('total', 'number', panelHead({ name: 'total_day', kind: 'line' }))

function asked(name: string, kind: 'area' | 'bar' | 'number', spark?: ReturnType<typeof panelHead>): AskedPanel {
  const shown = { head: panelHead({ name, kind, x: 'shop', y: ['items'] }), parameters: {} }
  return { name, shown, spark: spark && { head: spark, parameters: {} } }
}

function answer(items: number): PanelAnswer {
  return panelAnswer({ shop: 'VARCHAR', items: 'BIGINT' }, [['north', items]])
}

/** What the feed knows: panel → answer or problem. */
function fed(answers: readonly (readonly [AskedPanel['shown'], PanelAnswer | LakeweirError])[]): Fed {
  const known = answers.map(([each, found]) => [keyOf(each), found] as const)
  return {
    answers: new Map(known.flatMap(([key, found]) => (found instanceof LakeweirError ? [] : [[key, found] as const]))),
    problems: new Map(known.flatMap(([key, found]) => (found instanceof LakeweirError ? [[key, found] as const] : []))),
    connection: 'streaming',
    freshness: undefined,
    position: null,
    retryInMs: undefined,
    refusal: undefined,
  }
}

function opened() {
  const clock = new TestClock()
  let due = 0
  const after = (delayMs: number, action: () => void): (() => void) => {
    const timer = clock.after(delayMs, action)
    return () => void timer.cancel()
  }
  const parts = { after, random: () => 1, monotonicMs: () => clock.monotonicMs() }
  const panels = new ShownPanels(parts, () => (due += 1))
  const shown = (feed: Fed, view: Partial<View> = {}, expanded?: string) =>
    panels.shown({ fed: feed, view: { ...VIEW, ...view }, text, expanded })
  return { clock, panels, shown, due: () => due }
}

describe('what panels show', () => {
  test('nothing at first, then that they load, and what has come', () => {
    const { clock, panels, shown, due } = opened()
    panels.ask([FLOW, SHOPS])
    expect(shown(fed([])).map(({ state }) => state.kind)).toEqual(['waiting', 'waiting'])
    clock.advance(150)
    expect(due()).toBe(1)
    const [flow, shops] = shown(fed([[SHOPS.shown, answer(3)]]))
    expect([flow?.state.kind, shops?.state.kind]).toEqual(['loading', 'shown'])
    expect(shops?.input?.answer.rows).toEqual([['north', 3]])
  })

  test('one that fails keeps its last rows below what is said of it; the others go on', () => {
    const { panels, shown } = opened()
    panels.ask([FLOW, SHOPS])
    const before = answer(3)
    shown(fed([[FLOW.shown, before]]))
    const problem = new LakeweirError('sql/panels/flow.sql line 3: column "shop" not found.', { status: 500 })
    const [flow, shops] = shown(
      fed([
        [FLOW.shown, problem],
        [SHOPS.shown, answer(4)],
      ]),
    )
    expect(flow?.state).toEqual({ kind: 'error', message: problem.message, detail: problem.detail })
    expect(flow?.input?.answer).toBe(before)
    expect(shops?.state.kind).toBe('shown')
  })

  test('what another question asked stays, and says that it is behind, until the answer is there', () => {
    const { clock, panels, shown } = opened()
    const narrowed = { ...SHOPS, shown: { ...SHOPS.shown, parameters: { shop: ['north'] } } }
    panels.ask([SHOPS])
    shown(fed([[SHOPS.shown, answer(3)]]))
    panels.ask([narrowed])
    expect(shown(fed([]))[0]?.isBehind).toBe(false)
    clock.advance(150)
    const [behind] = shown(fed([]))
    expect([behind?.isBehind, behind?.input?.answer.rows[0]]).toEqual([true, ['north', 3]])
    const [now] = shown(fed([[narrowed.shown, answer(2)]]))
    expect([now?.isBehind, now?.input?.answer.rows[0]]).toEqual([false, ['north', 2]])
  })

  test('an input is the same object as long as it says the same; a chart that ends now moves on by seconds', () => {
    const { panels, shown } = opened()
    panels.ask([FLOW, SHOPS])
    const feed = fed([
      [FLOW.shown, answer(3)],
      [SHOPS.shown, answer(3)],
    ])
    const inputs = (view: Partial<View> = {}, expanded?: string) =>
      shown(feed, view, expanded).map(({ input }) => input)
    const [flow, shops] = inputs()
    expect(inputs({ nowMs: NOW_MS + 400 })).toEqual([flow, shops])
    expect(inputs({ nowMs: NOW_MS + 400 })[0]).toBe(flow)
    const later = inputs({ nowMs: NOW_MS + 1_000 })
    expect(later[0]).not.toBe(flow)
    expect(later[1]).toBe(shops)
    const paused = inputs({ isPaused: true })
    expect(inputs({ isPaused: true, nowMs: NOW_MS + 9_000 })[0]).toBe(paused[0])
    expect(inputs({ freshness: 'stale' })[1]).not.toBe(shops)
    expect(inputs({}, 'shops')[1]?.isExpanded).toBe(true)
  })

  test('a number has its line of the day, and keeps the one before until there is another', () => {
    const { panels, shown } = opened()
    panels.ask([TOTAL])
    const { spark } = TOTAL
    if (spark === undefined) throw new Error('it has a line')
    const day = answer(9)
    const [first] = shown(
      fed([
        [TOTAL.shown, answer(3)],
        [spark, day],
      ]),
    )
    expect(first?.input?.spark).toBe(day)
    expect(shown(fed([[TOTAL.shown, answer(4)]]))[0]?.input?.spark).toBe(day)
  })

  test('nothing is due any more once it is closed', () => {
    const { clock, panels, due } = opened()
    panels.ask([FLOW])
    panels.close()
    clock.advance(1_000)
    expect(due()).toBe(0)
  })
})

test.each([
  ['nothing', {}, ''],
  ['one value', { channel: ['EMAIL'] }, 'EMAIL'],
  ['several of one', { channel: ['EMAIL', 'PUSH'] }, 'EMAIL or PUSH'],
  ['of two filters', { channel: ['EMAIL'], country: ['Germany'] }, 'EMAIL in Germany'],
  ['of a filter that the panel has not', { shop: ['north'] }, ''],
])('a sentence names what panels are narrowed to: %s', (_, filters, said) => {
  expect(narrowedTo(filters, ['channel', 'country'], text, String)).toBe(said)
})

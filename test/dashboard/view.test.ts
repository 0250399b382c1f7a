import { describe, expect, test } from 'vitest'
import { askedPanels, headFor, keyOf } from '../../src/dashboard/view/asking.ts'
import {
  boundsOf,
  filterNames,
  paused,
  pickedRange,
  type ViewFilters,
  type ViewRange,
  withFilter,
} from '../../src/dashboard/view/view.ts'
import { dashboardHead, panelHead } from '../support/dashboardHeads.ts'

const HOUR_MS = 3_600_000
const NOW_MS = Date.UTC(2026, 10, 25, 14, 32, 8)
const TODAY_MS = Date.UTC(2026, 10, 25)
const LAST: ViewRange = { kind: 'last', lengthMs: 3 * HOUR_MS }
const TODAY: ViewRange = { kind: 'today' }
const PAST: ViewRange = { kind: 'fixed', fromMs: Date.UTC(2026, 10, 24, 22), toMs: Date.UTC(2026, 10, 25, 3) }
const WHOLE_DAY: ViewRange = { kind: 'fixed', fromMs: Date.UTC(2026, 10, 23), toMs: Date.UTC(2026, 10, 24) }

describe('what a panel is asked', () => {
  const shop = { name: 'shop', type: 'VARCHAR' }
  test.each([
    ['view', LAST, { range: '3h' }],
    ['view', TODAY, { from: 'day' }],
    ['view', PAST, { from: '2026-11-24T22:00Z', to: '2026-11-25T03:00Z' }],
    ['day', LAST, { from: 'day' }],
    ['day', TODAY, { from: 'day' }],
    ['day', PAST, { from: '2026-11-25T00:00Z', to: '2026-11-25T03:00Z' }],
    // A range that ends at midnight ends with the day before.
    ['day', WHOLE_DAY, { from: '2026-11-23T00:00Z', to: '2026-11-24T00:00Z' }],
    ['full-day', LAST, { from: 'day', to: 'day' }],
    ['full-day', PAST, { from: '2026-11-25T00:00Z', to: '2026-11-26T00:00Z' }],
    ['range', LAST, {}],
    ['range', PAST, { to: '2026-11-25T03:00Z' }],
    [null, PAST, {}],
  ] as const)('over %s, of %o', (over, range, parameters) => {
    const head = panelHead({ name: 'sales', over })
    const asking = { panels: [head], range, filters: {}, nowMs: NOW_MS }
    expect(askedPanels(dashboardHead([head]), asking)).toEqual([
      { name: 'sales', shown: { head, parameters }, spark: undefined },
    ])
  })

  test('it is narrowed by the filters that it has', () => {
    const narrow = panelHead({ name: 'narrow', filters: [shop] })
    const wide = panelHead({ name: 'wide' })
    const filters = { shop: ['north'], kind: ['x'] }
    const asking = { panels: [narrow, wide], range: LAST, filters, nowMs: NOW_MS }
    const asked = askedPanels(dashboardHead([narrow, wide]), asking)
    expect(asked.map(({ shown }) => shown.parameters)).toEqual([{ shop: ['north'] }, {}])
  })

  test('a panel of the layout that a token does not show is left out, and one below another is asked with it', () => {
    const line = panelHead({ name: 'line', over: 'full-day' })
    const total = panelHead({ name: 'total', kind: 'number', over: 'day', spark: 'line' })
    const chart = panelHead({ name: 'chart', over: 'view', brush: 'gone' })
    const head = dashboardHead([total, chart], {
      panels: [total, chart, line],
      layout: ['total', 'hidden', 'chart'].map((panel) => ({ panel, width: 3, wallWidth: 3 })),
    })
    const asked = askedPanels(head, { panels: head.panels, range: LAST, filters: {}, nowMs: NOW_MS })
    expect(asked.map(({ name, spark }) => [name, spark?.head.name, spark?.parameters])).toEqual([
      ['total', 'line', { from: 'day', to: 'day' }],
      ['chart', undefined, undefined],
    ])
  })

  const minutes = panelHead({ name: 'minutes', coarser: { panel: 'hours', beyondMs: 48 * HOUR_MS } })
  const hours = panelHead({ name: 'hours', coarser: { panel: 'days', beyondMs: 720 * HOUR_MS } })
  const days = panelHead({ name: 'days', coarser: { panel: 'minutes', beyondMs: 0 } })
  test.each([
    [48, [minutes, hours, days], 'minutes'],
    [49, [minutes, hours, days], 'hours'],
    // Even if they lead back to the first, and if a token does not show them.
    [10_000, [minutes, hours, days], 'minutes'],
    [49, [minutes], 'minutes'],
  ])('%i hours are shown by one whose grains are long enough', (lengthHours, panels, name) => {
    const range = { kind: 'last', lengthMs: lengthHours * HOUR_MS } as const
    expect(headFor(minutes, { panels, range, filters: {}, nowMs: NOW_MS }).name).toBe(name)
  })

  test('the same question has the same key, whatever the order of its parameters', () => {
    const head = panelHead({ name: 'sales' })
    expect(keyOf({ head, parameters: { a: '1', b: ['2'] } })).toBe(keyOf({ head, parameters: { b: ['2'], a: '1' } }))
    expect(keyOf({ head, parameters: { a: '1' } })).not.toBe(keyOf({ head, parameters: { a: '2' } }))
  })
})

describe('ranges', () => {
  test.each([
    [LAST, NOW_MS - 3 * HOUR_MS, NOW_MS],
    [TODAY, TODAY_MS, NOW_MS],
    [WHOLE_DAY, Date.UTC(2026, 10, 23), Date.UTC(2026, 10, 24)],
  ])('%o has these ends, and pauses there', (range, fromMs, toMs) => {
    expect(boundsOf(range, NOW_MS)).toMatchObject({ fromMs, toMs })
    expect(paused(range, NOW_MS)).toEqual({ kind: 'fixed', fromMs, toMs })
  })

  test.each([
    ['away from now', { fromMs: 5, toMs: 10, isLive: false }, { kind: 'fixed', fromMs: 5, toMs: 10 }],
    ['up to now', { fromMs: 60_000, toMs: 7_690_000, isLive: true }, { kind: 'last', lengthMs: 7_620_000 }],
    ['hardly anything', { fromMs: 60_000, toMs: 60_100, isLive: true }, { kind: 'last', lengthMs: 60_000 }],
    ['from the beginning of the day up to now', { fromMs: 0, toMs: 7_630_000, isLive: true }, { kind: 'today' }],
    [
      'over a day of before',
      { fromMs: 0, toMs: 86_400_000, isLive: false },
      { kind: 'fixed', fromMs: 0, toMs: 86_400_000 },
    ],
  ])('a brush that is dragged %s', (_, picked, range) => {
    expect(pickedRange(picked)).toEqual(range)
  })
})

describe('filters', () => {
  const none: ViewFilters = {}
  test.each([
    ['alone', none, { value: 'a', isOnly: true }, { shop: ['a'] }],
    ['alone instead of others', { shop: ['b', 'c'] }, { value: 'a', isOnly: true }, { shop: ['a'] }],
    ['alone once more is all', { shop: ['a'] }, { value: 'a', isOnly: true }, {}],
    ['as well', { shop: ['b'] }, { value: 'a', isOnly: false }, { shop: ['b', 'a'] }],
    ['no longer', { shop: ['b', 'a'] }, { value: 'a', isOnly: false }, { shop: ['b'] }],
    ['no longer, and it was the last', { shop: ['a'] }, { value: 'a', isOnly: false }, {}],
    ['beside other filters', { kind: ['x'] }, { value: 'a', isOnly: true }, { kind: ['x'], shop: ['a'] }],
  ])('a value %s', (_, filters, pick, after) => {
    expect(withFilter(filters as ViewFilters, { column: 'shop', ...pick })).toEqual(after)
  })

  test('there is no choice of what a token fixes', () => {
    const filters = ['shop', 'kind'].map((name) => ({ name, type: 'VARCHAR' }))
    const head = dashboardHead([panelHead({ name: 'a', filters }), panelHead({ name: 'b', filters })], {
      fixed: { shop: ['north'] },
    })
    expect(filterNames(head)).toEqual(['kind'])
  })
})

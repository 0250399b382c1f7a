import { describe, expect, test } from 'vitest'
import type { PanelAnswer, PanelHead } from '../../src/client/index.ts'
import { wideTable } from '../../src/dashboard/panels/table/wideTable.ts'
import { panelAnswer, panelHead } from '../support/dashboardHeads.ts'

const FLOW = panelHead({
  name: 'flow',
  kind: 'area',
  x: 'minute',
  y: ['items'],
  series: 'shop',
  before: 'items_before',
  order: ['south'],
})
const COLUMNS = { minute: 'TIMESTAMP WITH TIME ZONE', shop: 'VARCHAR', items: 'BIGINT', items_before: 'BIGINT' }
const [ONE, TWO] = ['2026-11-25T10:00:00Z', '2026-11-25T10:01:00Z']

/** The table as a reader sees it: headings, then rows. */
function seen(head: PanelHead, answer: PanelAnswer) {
  const wide = wideTable(head, answer, {
    all: 'All',
    others: (count) => `${count} others`,
    nameOf: (value) => (value === null ? 'none' : String(value)),
  })
  if (wide === undefined) return undefined
  const { columns, rows, leftOutCount } = wide
  return { heads: columns.map(({ name }) => wide.head.headings[name] ?? name), rows, leftOutCount }
}

describe('the rows of a panel, with its series side by side', () => {
  test('have the values of the header first, all of them together, and what was a day before', () => {
    const rows = [
      [ONE, 'north', 3, 2],
      [ONE, 'south', 5, null],
      [TWO, null, 1, 9],
    ]
    expect(seen(FLOW, panelAnswer(COLUMNS, rows))).toEqual({
      heads: ['minute', 'south', 'north', 'none', 'All', 'items_before'],
      rows: [
        [ONE, 5, 3, null, 8, 2],
        [TWO, null, null, 1, 1, 9],
      ],
      leftOutCount: 0,
    })
  })

  test('add up exactly, also beyond what a number of JavaScript holds, and where a place has several rows', () => {
    const rows = [
      [ONE, 'north', '9007199254740993', null],
      [ONE, 'north', 1, null],
      [ONE, 'south', 1, null],
    ]
    expect(seen(FLOW, panelAnswer(COLUMNS, rows))?.rows).toEqual([
      [ONE, 1, '9007199254740994', '9007199254740995', null],
    ])
  })

  test('of ten thousand series the largest have a column, and the others one together', () => {
    const rows = Array.from({ length: 10_000 }, (_, at) => [ONE, `shop ${at}`, 10_000 - at, null])
    const { heads = [], rows: [row = []] = [], leftOutCount } = seen(FLOW, panelAnswer(COLUMNS, rows)) ?? {}
    expect([heads.length, heads.at(-3), leftOutCount]).toEqual([16, '9988 others', 0])
    expect(row.at(-2)).toBe((10_000 * 10_001) / 2)
  })

  test('measures that do not add up have no sums: what has no column is counted', () => {
    const head = { ...FLOW, kind: 'line' as const, before: null }
    const columns = { minute: 'TIMESTAMP WITH TIME ZONE', shop: 'VARCHAR', items: 'DOUBLE' }
    const rows = Array.from({ length: 14 }, (_, at) => [ONE, `shop ${at}`, at + 0.5])
    const { heads = [], leftOutCount } = seen(head, panelAnswer(columns, rows)) ?? {}
    expect([heads.length, heads.includes('All'), leftOutCount]).toEqual([13, false, 2])
  })

  test.each([
    ['a table of its own', { kind: 'table' as const }, COLUMNS],
    ['one without series', { series: null }, COLUMNS],
    ['several measures', { y: ['items', 'items_before'] }, COLUMNS],
    ['a further column', {}, { ...COLUMNS, note: 'VARCHAR' }],
  ])('are as they come for %s', (_, head, columns) => {
    const row = Object.keys(columns).map(() => 1)
    expect(seen({ ...FLOW, ...head }, panelAnswer(columns, [row]))).toBeUndefined()
  })
})

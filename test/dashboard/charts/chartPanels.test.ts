import { describe, expect, test } from 'vitest'
import type { Value } from '../../../src/client/index.ts'
import type { PlotKind } from '../../../src/dashboard/charts/plotted.ts'
import { chartMarks } from '../../../src/dashboard/panels/chart/chartMarks.ts'
import {
  type ChartMemory,
  type ChartModel,
  chartModel,
  nameOf,
} from '../../../src/dashboard/panels/chart/chartModel.ts'
import { readOut, spokenReadOut } from '../../../src/dashboard/panels/chart/readOut.ts'
import { at, iso, type Made, madeInput } from './inputs.ts'

const TIME = 'TIMESTAMP WITH TIME ZONE'
const NOTHING_KEPT: ChartMemory = { hidden: new Set(), kept: [], scale: undefined }
const SIZE = { width: 1_376, height: 170, unit: 1, hasForcedColors: false }

const COUNTS: Made = {
  head: { series: 'kind', order: ['a', 'b'], before: 'count_before' },
  columns: [
    ['minute', TIME],
    ['kind', 'VARCHAR'],
    ['count', 'BIGINT'],
    ['count_before', 'BIGINT'],
  ],
  rows: ['13:29', '13:30', '13:31', '13:32'].flatMap((minute, index) => [
    [iso(at(`${minute}:00`)), 'a', 300 + index, 200],
    [iso(at(`${minute}:00`)), 'b', 100 + index, 50],
  ]),
}

const SHARES: Made = {
  head: { kind: 'line', y: ['share'], unit: '%', alarm: 10 },
  columns: [
    ['minute', TIME],
    ['share', 'DOUBLE'],
  ],
  rows: [3, 3, 12].map((share, index) => [iso(at(`13:${29 + index}:00`)), share]),
}

function model(
  made: Made,
  kind: PlotKind = 'amounts',
  about: Partial<ChartMemory & { width: number }> = {},
): ChartModel {
  const { width = SIZE.width, ...memory } = about
  return chartModel(madeInput(made), kind, { ...SIZE, width }, { ...NOTHING_KEPT, ...memory })
}

const texts = (placed: readonly { readonly text: string }[]): readonly string[] => placed.map(({ text }) => text)

describe('a read-out', () => {
  test('says all series, the sum, its change and the day before', () => {
    expect(readOut(model(COUNTS), 2)).toEqual({
      place: 2,
      isOpen: false,
      at: '14:31',
      total: '404',
      change: '+62%',
      before: '250',
      series: [
        { name: 'a', value: '302', share: '75%' },
        { name: 'b', value: '102', share: '25%' },
      ],
    })
  })
  test('of the open minute is compared with nothing', () => {
    const { isOpen, total, change } = readOut(model(COUNTS), 3)
    expect({ isOpen, total, change }).toEqual({ isOpen: true, total: '406', change: undefined })
  })
  test('is a sentence for those who hear it', () => {
    const chart = model(COUNTS)
    expect(spokenReadOut(chart, readOut(chart, 2))).toBe('14:31: 404, a 302, b 102, Day before 250')
    expect(spokenReadOut(chart, readOut(chart, 3))).toBe('14:32, open: 406, a 303, b 103, Day before 250')
  })
  test('leaves out what the reader has hidden, and the day before with it', () => {
    const [first] = model(COUNTS).plotted.series
    const { total, before, series } = readOut(model(COUNTS, 'amounts', { hidden: new Set([first?.key ?? '']) }), 2)
    expect({ total, before, series }).toEqual({
      total: '102',
      before: undefined,
      series: [{ name: 'b', value: '102', share: '100%' }],
    })
  })
  test('of a measure has as many digits as its scale shows', () => {
    expect(readOut(model(SHARES, 'measures'), 1).series).toEqual([{ name: 'Share', value: '3.0%', share: '' }])
  })
  test('has every digit of whole numbers beyond 2^53', () => {
    const rows = [[iso(at('13:31:00')), 'a', '9007199254740993', null]]
    expect(readOut(model({ ...COUNTS, rows }), 2).series[0]?.value).toBe('9,007,199,254,740,993')
    expect(readOut(model({ ...COUNTS, rows: [...rows, [iso(at('13:31:00')), 'b', 2, null]] }), 2).total).toBe(
      '9,007,199,254,740,995',
    )
  })
  test('says what stands there where it has no place on the scale', () => {
    const rows = [[iso(at('13:31:00')), 'NaN']]
    expect(readOut(model({ ...SHARES, rows }, 'measures'), 2).series[0]?.value).toBe('NaN')
    expect(readOut(model({ ...SHARES, rows }, 'measures'), 1).series[0]?.value).toBe('–')
  })
})

describe('names', () => {
  const cases: readonly (readonly [value: Value, name: string])[] = [
    ['CHAT', 'CHAT'],
    ['x'.repeat(200), 'x'.repeat(200)],
    [null, 'no value'],
    ['', 'no value'],
    ['a', 'the first'],
    [7, '7'],
  ]
  test.each(cases)('%j', (value, name) => {
    const labels = [{ value: 'a', label: 'the first' }]
    const rows = [[iso(at('13:31:00')), value, 1, null]]
    const chart = model({ ...COUNTS, head: { series: 'kind', labels }, rows })
    expect(chart.plotted.series.map((series) => nameOf(chart, series))).toEqual([name])
  })
  test('of all that have no place of their own', () => {
    const rows = Array.from({ length: 2_000 }, (_, index) => [iso(at('13:31:00')), `n${index}`, index, null])
    const chart = model({ ...COUNTS, head: { series: 'kind' }, rows })
    expect(chart.plotted.series.map((series) => nameOf(chart, series)).at(-1)).toBe('1,995 others')
  })
})

describe('a drawing', () => {
  test('has a path for each series, a scale of round numbers, and times of the reader', () => {
    const marks = chartMarks(model({ ...COUNTS, from: '10:32:00' }))
    expect(marks.areas).toHaveLength(2)
    expect(marks.lines).toHaveLength(1)
    expect(texts(marks.valueTicks)).toEqual(['0', '150', '300', '450'])
    expect(texts(marks.timeTicks)).toEqual(['12:00', '12:30', '13:00', '13:30', '14:00', 'now'])
  })
  test('has fewer times where it is narrow', () => {
    const marks = chartMarks(model({ ...COUNTS, from: '10:32:00' }, 'amounts', { width: 288 }))
    expect(texts(marks.timeTicks)).toEqual(['12:00', '13:00', '14:00', 'now'])
  })
  test('ends at the last complete minute, and the open one is a column as high as what has come', () => {
    const chart = model(COUNTS)
    const { areas, open } = chartMarks(chart)
    expect(areas[0]).toContain(`${Math.round(chart.across.x(2) * 10) / 10} `)
    expect(open?.frame.x).toBeGreaterThan(chart.across.x(2))
    expect(open?.frame.y).toBeCloseTo(chart.y(404))
    expect(open?.parts.map(({ y, height }) => Math.round(y + height))).toEqual(
      [chart.y(103), chart.y(0)].map(Math.round),
    )
  })
  test('names of series stand 18 units apart at least, in the order of the stack', () => {
    const head = { series: 'kind', order: ['a', 'b', 'c', 'd'] }
    const rows = ['a', 'b', 'c', 'd'].map((kind) => [iso(at('13:31:00')), kind, kind === 'd' ? 1_000 : 1, null])
    const { labels, leaders } = chartMarks(model({ ...COUNTS, head, rows }))
    const all = [labels.total, ...labels.series]
    for (const [index, place] of labels.series.entries())
      expect(place - (all[index] ?? 0)).toBeGreaterThanOrEqual(17.99)
    expect(leaders.match(/M/g)).toHaveLength(4)
  })
  test('has no red below the alarm, and tells the peak', () => {
    const { alarm, peak } = chartMarks(model(SHARES, 'measures'))
    expect([alarm?.text, peak?.text]).toEqual(['10%', '14:31\u200212.0%'])
    const low = { ...SHARES, rows: SHARES.rows.slice(0, 2) }
    expect(chartMarks(model(low, 'measures'))).toMatchObject({ alarm: undefined, peak: undefined })
  })
  test('of nothing is a scale and its times', () => {
    const marks = chartMarks(model({ ...COUNTS, rows: [] }))
    expect([marks.areas, marks.before, marks.late]).toEqual([[], '', ''])
    expect(texts(marks.valueTicks)).toEqual(['0', '1', '2', '3'])
  })
  test('of one row is a column, not a point that cannot be seen', () => {
    const made = { ...COUNTS, from: '13:29:00', to: '13:30:00', completeTo: '13:30:00', rows: COUNTS.rows.slice(0, 2) }
    expect(chartMarks(model(made)).areas[0]).toMatch(/^M[\d.]+ [\d.]+h[\d.]+V[\d.]+h-[\d.]+Z$/)
  })
  test('marks the minutes that were corrected', () => {
    const lateMarks = { has: (x: Value) => x === iso(at('13:30:00')), correction: undefined }
    const { late } = chartMarks(model({ ...COUNTS, input: { lateMarks } }))
    expect(late.match(/M/g)).toHaveLength(1)
  })
  test('of days has the days of the server, whatever the zone of the reader', () => {
    const columns = [
      ['day', 'DATE'],
      ['count', 'BIGINT'],
    ] as const
    const head = { x: 'day', grain: '1 day', grainMs: 86_400_000 }
    const input = madeInput({ head, columns, rows: [['2026-11-23', 1]] })
    const range = { from: '2026-11-20T00:00:00Z', to: '2026-11-24T00:00:00Z' }
    const answer = { ...input.answer, range, completeTo: range.to }
    const chart = chartModel({ ...input, answer }, 'amounts', SIZE, NOTHING_KEPT)
    expect(readOut(chart, 3).at).toBe('Mon 23 Nov')
    expect(readOut(chart, 3).total).toBe('1')
  })
})

describe('the state of the numbers', () => {
  const behind: Made = { ...COUNTS, from: '13:00:00', completeTo: '13:20:00' }
  test.each(['stale', 'catching-up', 'disconnected'] as const)(
    '%s: what is missing is not known, and not drawn as zero',
    (freshness) => {
      const chart = model({ ...behind, view: { freshness } })
      const { unknown, open } = chartMarks(chart)
      expect(open).toBeUndefined()
      expect(unknown?.x).toBeCloseTo(chart.across.x(19))
      expect(chart.totals.slice(18, 22)).toEqual([0, 0, null, null])
    },
  )
  test('quiet: what is missing was counted, and is zero', () => {
    const chart = model({ ...COUNTS, from: '13:00:00', view: { freshness: 'quiet' } })
    expect(chartMarks(chart).unknown).toBeUndefined()
    expect(chart.totals.slice(20, 22)).toEqual([0, 0])
  })
})

describe('the scale', () => {
  test('stays for 10 s when less is shown, unless something else is looked at', () => {
    const first = model(COUNTS)
    const smaller = { ...COUNTS, rows: COUNTS.rows.map(([minute, kind]) => [minute ?? null, kind ?? null, 1, null]) }
    expect(model(smaller, 'amounts', { scale: first.held }).held.scale.high).toBe(450)
    expect(model(smaller, 'amounts', { scale: first.held, hidden: new Set(["'a"]) }).held.scale.high).toBe(3)
  })
})

import { expect, test } from 'vitest'
import { LakeError } from '../../src/index.ts'
import type { PanelFile } from '../../src/lake/config/resolveLive.ts'
import { panelOf } from '../../src/server/panels/panelFile.ts'

const CONTRACT = [
  '-- a.sql: sales by minute; one row a minute.',
  '--',
  '-- in   live.sales  rows',
  '-- out  minute, items',
  '--',
]

function file(keys: readonly string[], variants: PanelFile['variants'] = new Map()): PanelFile {
  const text = [...CONTRACT, ...keys.map((key) => `-- ${key}`), "SELECT '-- title: none'", ''].join('\n')
  return { name: 'sql/panels/a.sql', text, inputs: ['live.sales'], called: 'a', dialects: new Map(), variants }
}

function panel(keys: readonly string[]): unknown {
  return panelOf(file(keys), 'duckdb')
}

const LEAST = ['title: A', 'kind: line']

test('a header says all that is known of a panel', () => {
  const keys = [...LEAST, 'x: minute', 'y: items, returns', 'series: shop', 'unit: items', 'grain: 15 minutes']
  expect(panel([...keys, 'range: 7 days', 'filters: shop VARCHAR, size INTEGER'])).toMatchObject({
    name: 'a',
    describes: 'sales by minute; one row a minute.',
    title: 'A',
    kind: 'line',
    x: 'minute',
    y: ['items', 'returns'],
    series: 'shop',
    unit: 'items',
    time: { grain: '15 minutes', grainMs: 900_000, rangeMs: 7 * 86_400_000 },
    filters: [
      { name: 'shop', type: 'VARCHAR' },
      { name: 'size', type: 'INTEGER' },
    ],
    query: {
      name: 'sql/panels/a.sql',
      parameters: { from: 'TIMESTAMPTZ', to: 'TIMESTAMPTZ', shop: 'VARCHAR[]', size: 'INTEGER[]' },
    },
  })
})

test('a header says how a panel is drawn, and where it leads', () => {
  const look = [
    'note: without returns',
    'before: items_before',
    'compared: items_complete',
    'group: day',
    'alarm: 10.5',
  ]
  const words = ['order: north, south east', 'units: share %, lag_ms ms', 'headings: shop = Shop, items = Items sold']
  const links = ['spark: day', 'brush: days', 'coarser: b beyond 2 days', 'rows: sales', 'over: full-day']
  const labels = "labels: NULL = no shop, '' = '' (empty), north = The North, ' = ' = odd"
  const keys = [...LEAST, ...look, ...words, ...links, labels, 'y: items', 'grain: 1 minute']
  expect(panel(keys)).toMatchObject({
    note: 'without returns',
    before: 'items_before',
    compared: 'items_complete',
    group: 'day',
    alarm: 10.5,
    order: ['north', 'south east'],
    units: { share: '%', lag_ms: 'ms' },
    headings: { shop: 'Shop', items: 'Items sold' },
    spark: 'day',
    brush: 'days',
    coarser: { panel: 'b', beyondMs: 2 * 86_400_000 },
    rows: 'sales',
    time: { over: 'full-day' },
    labels: [
      { value: null, label: 'no shop' },
      { value: '', label: "'' (empty)" },
      { value: 'north', label: 'The North' },
      { value: ' = ', label: 'odd' },
    ],
    names: {
      columns: expect.arrayContaining([
        { key: 'before', name: 'items_before', line: 9 },
        { key: 'units', name: 'lag_ms', line: 14 },
        { key: 'headings', name: 'shop', line: 15 },
        { key: 'y', name: 'items', line: 22 },
      ]),
      panels: [
        { key: 'spark', name: 'day', line: 16 },
        { key: 'brush', name: 'days', line: 17 },
        { key: 'coarser', name: 'b', line: 18 },
      ],
      tables: [{ key: 'rows', name: 'sales', line: 19 }],
    },
  })
})

test('without a grain a panel has no range', () => {
  expect(panel(LEAST)).toMatchObject({ time: undefined, filters: [], query: { parameters: {} } })
})

test.each([
  ['duckdb', 'sql/panels/a.sql'],
  ['postgres', 'sql/panels/a.postgres.sql'],
])('in %s it is answered by %s, and is the same panel', (dialect, name) => {
  const variant = { ...file([]), name: 'sql/panels/a.postgres.sql' }
  const found = panelOf(file(LEAST, new Map([['postgres', variant]])), dialect)
  expect(found).toMatchObject({ name: 'a', title: 'A', query: { name } })
})

/** The lines of the keys begin at 6. */
test.each([
  [['title: A'], 'sql/panels/a.sql: its header has no "kind".', /-- kind: line$/],
  [
    [...LEAST, 'titel: B'],
    'sql/panels/a.sql line 8: has a key "titel" that does not exist.',
    /^Did you mean "title"\?/,
  ],
  [[...LEAST, 'title: B'], 'sql/panels/a.sql line 8: has the key "title" a second time.', /./],
  [[...LEAST, 'x:'], 'sql/panels/a.sql line 8: has nothing after "x:".', /./],
  [['title: A', 'kind: lines'], 'sql/panels/a.sql line 7: has the kind "lines", which does not exist.', /"line"/],
  [
    [...LEAST, 'grain: soon'],
    'sql/panels/a.sql line 8: grain: "soon" is not a duration.',
    /^Write a number and a unit/,
  ],
  [[...LEAST, 'grain: 7 minutes'], 'sql/panels/a.sql line 8: has the grain "7 minutes".', /15 minutes/],
  [[...LEAST, 'grain: 0 minutes'], 'sql/panels/a.sql line 8: has no time in its grain.', /./],
  [[...LEAST, 'range: 1 day'], 'sql/panels/a.sql line 8: has a range and no grain.', /-- grain: 1 minute/],
  [
    [...LEAST, 'over: day'],
    'sql/panels/a.sql line 8: says which range it is for, and has no grain.',
    /-- grain: 1 minute/,
  ],
  [
    [...LEAST, 'grain: 1 hour', 'over: week'],
    'sql/panels/a.sql line 9: has the over "week", which does not exist.',
    /view, day, full-day, range/,
  ],
  [[...LEAST, 'alarm: 10 %'], 'sql/panels/a.sql line 8: has the alarm "10 %".', /It is a number: -- alarm: 10/],
  [[...LEAST, 'units: share'], 'sql/panels/a.sql line 8: has "share" in its units.', /-- units: share %, lag_ms ms/],
  [
    [...LEAST, 'headings: shop = Shop, items'],
    'sql/panels/a.sql line 8: has "items" in its headings.',
    /-- headings: shop = Shop/,
  ],
  [[...LEAST, 'labels: none'], 'sql/panels/a.sql line 8: has "none" in its labels.', /-- labels: NULL = none/],
  [
    [...LEAST, 'coarser: b beyond 2 days'],
    'sql/panels/a.sql line 8: has a coarser panel and no grain.',
    /-- grain: 1 minute/,
  ],
  [
    [...LEAST, 'grain: 1 hour', 'coarser: b'],
    'sql/panels/a.sql line 9: has "b" as its coarser panel.',
    /-- coarser: sales_per_hour beyond 2 days/,
  ],
  [
    [...LEAST, 'filters: complete DATE'],
    'sql/panels/a.sql line 8: has a filter complete, which means something else.',
    /./,
  ],
  [[...LEAST, 'filters: shop'], 'sql/panels/a.sql line 8: has a filter "shop".', /-- filters: size INTEGER/],
  [
    [...LEAST, 'filters: shop TEXT'],
    'sql/panels/a.sql line 8: has the filter shop of type "TEXT", which none can have.',
    /./,
  ],
  [
    [...LEAST, 'filters: n DOUBLE'],
    'sql/panels/a.sql line 8: has the filter n of type "DOUBLE", which none can have.',
    /BIGINT/,
  ],
  [[...LEAST, 'filters: a DATE, a DATE'], 'sql/panels/a.sql line 8: has the filter a twice.', /./],
  [[...LEAST, 'filters: from DATE'], 'sql/panels/a.sql line 8: has a filter from, which means something else.', /./],
])('a header with %j is refused with its line', (keys, message, remedy) => {
  expect(thrownBy(() => panel(keys))).toMatchObject({
    code: 'LAKE_SQL_INVALID',
    message,
    remedy: expect.stringMatching(remedy),
  })
})

function thrownBy(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    expect(error).toBeInstanceOf(LakeError)
    return error
  }
}

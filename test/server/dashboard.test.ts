import { expect, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { versionOf } from '../../src/files/version.ts'
import { panelBody } from '../../src/server/answers.ts'
import { dashboardBody } from '../../src/server/dashboardHead.ts'
import { EVERYTHING, type Grant } from '../../src/server/grant.ts'
import { problemBody, SEE_LOG } from '../../src/server/problem.ts'
import { type Clock, systemClock } from '../../src/stream/clock.ts'
import { type MemoryReader, memoryReader } from '../support/memoryReader.ts'
import { panelFile, SALES, type TestServer, testServer } from '../support/testServer.ts'

const FILTER = '($shop IS NULL OR shop = ANY($shop))'

function salesPanel(name: string, grain: 'minute' | 'hour' | 'day', keys: readonly string[] = []) {
  return panelFile(
    name,
    ['title: Sales', 'kind: line', 'x: time', 'y: items', `grain: 1 ${grain}`, 'filters: shop VARCHAR', ...keys],
    `SELECT date_trunc('${grain}', minute) AS time, sum(items)::INTEGER AS items FROM live.sales
WHERE minute >= $from AND minute < $to AND ${FILTER} GROUP BY ALL ORDER BY ALL`,
  )
}

const TOTAL = panelFile(
  'total',
  ['title: All', 'kind: number', 'y: items', 'spark: sales_day', 'filters: shop VARCHAR'],
  `SELECT sum(items)::INTEGER AS items FROM live.sales WHERE ${FILTER}`,
)
const PANELS = [
  salesPanel('sales', 'minute', ['brush: sales_day', 'coarser: sales_per_hour beyond 2 days']),
  salesPanel('sales_per_hour', 'hour', ['coarser: sales_per_day beyond 60 days']),
  salesPanel('sales_per_day', 'day'),
  salesPanel('sales_day', 'hour', ['over: full-day']),
  TOTAL,
]

function clockAt(text: string): Clock {
  return { ...systemClock, nowMs: () => Date.parse(text) }
}

/** The sales of 22 November 2026, 10:00 to 10:02, seen at another time. */
async function served(
  nowText: string,
  options: { readonly grant?: Grant; readonly sql?: string; readonly panels?: typeof PANELS; maxRows?: number } = {},
): Promise<TestServer & { readonly reader: MemoryReader }> {
  const { grant = EVERYTHING, sql = '', panels = PANELS, maxRows = 1000 } = options
  const reader = await memoryReader(SALES)
  await reader.commit(sql)
  const server = await testServer({ reader, panels, grant, clock: clockAt(nowText), limits: { maxRows } })
  return { ...server, reader }
}

async function dashboard(server: TestServer) {
  const answer = await server.get('/api/dashboard')
  expect(answer.status).toBe(200)
  return dashboardBody.parse(await answer.json())
}

const NOW = '2026-11-22T10:30:20Z'

test('says what a dashboard is made of', async () => {
  const server = await served(NOW)
  const body = await dashboard(server)
  expect(body).toMatchObject({
    title: 'Lakeweir',
    version: versionOf(),
    serverTime: '2026-11-22T10:30:20.000Z',
    position: { batch: 1 },
    settings: {
      catchingUpAfterMs: 60_000,
      staleAfterMs: 60_000,
      disconnectedAfterMs: 30_000,
      range: 10_800_000,
      presets: [3_600_000, 'today'],
    },
    newest: { from: '2026-11-22T07:31:00Z', to: '2026-11-22T10:31:00Z', isToday: true },
    fixed: {},
  })
  // Numbers first, then lines; what is a part of another panel has no place of its own.
  expect(body.layout).toEqual([
    { panel: 'total', width: 3, wallWidth: 3 },
    { panel: 'sales', width: 12, wallWidth: 12 },
  ])
  expect(body.panels.map(({ name }) => name).sort()).toEqual(PANELS.map(({ called }) => called).sort())
  expect(body.panels.find(({ name }) => name === 'sales')).toMatchObject({
    brush: 'sales_day',
    coarser: { panel: 'sales_per_hour', beyondMs: 172_800_000 },
  })
  expect(await createClient({ url: server.url }).dashboard()).toEqual(body)
})

test('where there is something to see now, that is asked once, for the page too', async () => {
  const server = await served(NOW)
  await dashboard(server)
  await server.get('/api/panels/sales?range=3h')
  expect(server.reader.asked).toEqual(['sql/panels/sales.sql'])
})

test('without a grant there is no answer', async () => {
  const reader = await memoryReader(SALES)
  const server = await testServer({ reader, grant: undefined })
  expect((await server.get('/api/dashboard')).status).toBe(401)
})

test.each<[name: string, nowText: string, newest: object | null, options?: Parameters<typeof served>[1]]>([
  ['hours ago', '2026-11-22T20:00:20Z', { to: '2026-11-22T10:03:00.000Z', isToday: true }],
  ['days ago', '2026-11-29T20:00:20Z', { to: '2026-11-22T10:03:00.000Z', isToday: false }],
  ['years ago', '2051-11-29T20:00:20Z', { to: '2026-11-22T10:03:00.000Z', isToday: false }],
  ['centuries ago', '2551-11-29T20:00:20Z', { to: '2026-11-22T10:03:00.000Z', isToday: false }],
  [
    'years ago, by a panel of minutes alone',
    '2031-11-29T20:00:20Z',
    { to: '2026-11-22T10:03:00.000Z', isToday: false },
    { panels: [salesPanel('sales', 'minute')] },
  ],
  [
    'days ago, in more rows than one answer has',
    '2026-11-29T20:00:20Z',
    { to: '2026-11-22T10:03:00.000Z', isToday: false },
    { panels: [salesPanel('sales', 'minute')], maxRows: 2 },
  ],
  ['in the future alone', '2025-11-29T20:00:20Z', null],
  ['never', NOW, null, { sql: 'DELETE FROM live.sales' }],
  [
    'of what a token may see',
    '2026-11-29T20:00:20Z',
    { from: '2026-11-22T07:02:00.000Z', to: '2026-11-22T10:02:00.000Z', isToday: false },
    { grant: { ...EVERYTHING, fixed: new Map([['shop', ['south']]]) } },
  ],
])('the newest range with rows: something happened %s', async (_, nowText, newest, options) => {
  const body = await dashboard(await served(nowText, options))
  if (newest === null) expect(body.newest).toBeNull()
  else expect(body.newest).toMatchObject(newest)
})

test('a token is told of its own panels, of what it fixes, and of nothing else', async () => {
  const fixed = new Map([['shop', ['north']]])
  const granted = new Set(['sales', 'sales_per_hour', 'total', 'open'])
  const open = panelFile('open', ['title: O', 'kind: number'], 'SELECT 1 AS one')
  const panels = [...PANELS, open]
  const server = await served(NOW, { grant: { ...EVERYTHING, panels: granted, fixed }, panels })
  const body = await dashboard(server)
  expect(body.fixed).toEqual({ shop: ['north'] })
  expect(body.layout.map(({ panel }) => panel)).toEqual(['total', 'sales'])
  expect(body.panels.map(({ name, spark, brush, coarser }) => [name, spark, brush, coarser?.panel]).sort()).toEqual([
    ['sales', null, null, 'sales_per_hour'],
    ['sales_per_hour', null, null, undefined],
    ['total', null, null, undefined],
  ])
})

const MINUTES = 'minute >= $from AND minute < $to'

/** A panel that fails in its own way, and how. */
const FAILING: readonly [what: string, y: string, select: string, says: RegExp][] = [
  [
    'names a column that its result does not have',
    'item',
    `SELECT minute AS time, items FROM live.sales WHERE ${MINUTES} AND ${FILTER}`,
    /^sql\/panels\/failing\.sql line 9: names "item" as its y, .* Did you mean "items"\?$/,
  ],
  [
    'reads a column that the model no longer has',
    'items',
    `SELECT minute AS time,\n  returned AS items FROM live.sales WHERE ${MINUTES} AND ${FILTER}`,
    /sql\/panels\/failing\.sql.*"returned" not found[\s\S]*LINE 13/,
  ],
  [
    'fails when it is run',
    'items',
    `SELECT minute AS time,\n  CAST(shop AS INTEGER) AS items FROM live.sales WHERE ${MINUTES} AND ${FILTER}`,
    /sql\/panels\/failing\.sql.*Could not convert string 'north' to INT32[\s\S]*LINE 13/,
  ],
]

test.each(FAILING)('a panel that %s takes nothing from the others, and says where', async (_, y, select, says) => {
  const keys = ['title: F', 'kind: line', 'x: time', `y: ${y}`, 'grain: 1 minute', 'filters: shop VARCHAR']
  const failing = panelFile('failing', keys, select)
  const server = await served(NOW, { panels: [failing, ...PANELS] })
  const body = await dashboard(server)
  expect(body.newest).toMatchObject({ to: '2026-11-22T10:31:00Z' })
  expect(body.panels.map(({ name }) => name)).toContain('failing')
  const asked = problemBody.parse(await (await server.get('/api/panels/failing?range=1h')).json())
  expect(asked.detail).toMatch(says)
  expect((await server.get('/api/panels/sales?range=3h')).status).toBe(200)
  // A page is told the same, beside the panels that are answered.
  const followed = { failing: { panel: 'failing' }, sales: { panel: 'sales' } }
  for await (const { panels, problems } of createClient({ url: server.url }).follow(followed)) {
    if (panels.sales === undefined || problems.failing === undefined) continue
    expect(problems.failing.detail).toMatch(says)
    break
  }
})

test.each(FAILING)('of a panel that %s, a token is told nothing of its text', async (_, y, select) => {
  const keys = ['title: F', 'kind: line', 'x: time', `y: ${y}`, 'grain: 1 minute', 'filters: shop VARCHAR']
  const grant = { ...EVERYTHING, holder: 'a token' }
  const server = await served(NOW, { panels: [panelFile('failing', keys, select)], grant })
  const { detail } = problemBody.parse(await (await server.get('/api/panels/failing?range=1h')).json())
  expect(detail).toBe(SEE_LOG)
  expect((await dashboard(server)).panels[0]?.problem ?? SEE_LOG).not.toContain('failing.sql')
  for await (const { problems } of createClient({ url: server.url }).follow({ failing: { panel: 'failing' } })) {
    if (problems.failing === undefined) continue
    // There, many requests have one answer.
    expect(problems.failing.detail).toBe("The server's log says why.")
    break
  }
  expect(JSON.stringify(server.logged)).toContain('failing.sql')
})

test('ten thousand series are answered as they are, one row and none as well; more are cut and said to be', async () => {
  const many = panelFile(
    'many',
    ['title: M', 'kind: line', 'x: time', 'y: items', 'series: shop', 'grain: 1 minute', 'filters: shop VARCHAR'],
    `SELECT minute AS time, shop, items FROM live.sales WHERE ${MINUTES} AND ${FILTER} ORDER BY ALL`,
  )
  const sql = "INSERT INTO live.sales SELECT TIMESTAMPTZ '2026-11-22 10:05:00Z', 's' || range, 1 FROM range(10000)"
  const server = await served(NOW, { panels: [many], sql, maxRows: 10_000 })
  const ask = async (query: string) => panelBody.parse(await (await server.get(`/api/panels/many?${query}`)).json())
  const minute = 'from=2026-11-22T10:05:00Z&to=2026-11-22T10:06:00Z'
  const whole = await ask(minute)
  expect([whole.rows.length, whole.isCut]).toEqual([10_000, false])
  expect((await ask('range=1h')).isCut).toBe(true)
  expect((await ask(`${minute}&shop=s1`)).rows).toHaveLength(1)
  expect((await ask(`${minute}&shop=none`)).rows).toEqual([])
})

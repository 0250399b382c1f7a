import { describe, expect, test } from 'vitest'
import { panelBody, panelListBody } from '../../src/server/answers.ts'
import { EVERYTHING } from '../../src/server/grant.ts'
import { problemBody } from '../../src/server/problem.ts'
import type { ServingReader } from '../../src/serving/reader.ts'
import { type MemoryReader, memoryReader } from '../support/memoryReader.ts'
import { TestClock } from '../support/testClock.ts'
import { panelFile, SALES, SALES_PANEL, testServer } from '../support/testServer.ts'

const HOUR = 'from=2026-11-22T10:00Z&to=2026-11-22T11:00Z'

async function filled(): Promise<MemoryReader> {
  const reader = await memoryReader(SALES)
  await reader.commit('')
  return reader
}

describe('GET /api/panels', () => {
  test('lists each panel with what it shows and takes', async () => {
    const server = await testServer({ reader: await filled() })
    const answer = await server.get('/api/panels')
    expect(answer.status).toBe(200)
    const { panels, position } = panelListBody.parse(await answer.json())
    expect(position).toMatchObject({ batch: 1, batchTime: '2026-11-22T10:00:00.000Z' })
    expect(panels).toEqual([
      {
        name: 'sales',
        title: 'Sales',
        note: null,
        describes: 'what sales counts; one row a group.',
        kind: 'line',
        x: 'minute',
        y: ['items'],
        series: 'shop',
        group: null,
        before: null,
        compared: null,
        order: [],
        unit: 'items',
        units: {},
        headings: {},
        labels: [],
        alarm: null,
        spark: null,
        brush: null,
        coarser: null,
        rows: null,
        over: 'view',
        grain: '1 minute',
        grainMs: 60_000,
        rangeMs: 86_400_000,
        filters: [{ name: 'shop', type: 'VARCHAR' }],
        columns: [
          { name: 'minute', type: 'TIMESTAMP WITH TIME ZONE' },
          { name: 'shop', type: 'VARCHAR' },
          { name: 'items', type: 'INTEGER' },
        ],
        problem: null,
      },
    ])
  })

  test('without a grant there is no answer', async () => {
    const server = await testServer({ reader: await filled(), grant: undefined })
    for (const path of ['/api/panels', `/api/panels/sales?${HOUR}`]) {
      expect((await server.get(path)).status, path).toBe(401)
    }
  })
})

describe('GET /api/panels/:name', () => {
  test('answers with the rows of the range, and the batch that they belong to', async () => {
    const server = await testServer({ reader: await filled() })
    const answer = await server.get(`/api/panels/sales?${HOUR}`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('Content-Type')).toBe('application/json')
    expect(panelBody.parse(await answer.json())).toMatchObject({
      panel: 'sales',
      range: { from: '2026-11-22T10:00:00Z', to: '2026-11-22T11:00:00Z' },
      isWidened: false,
      rows: [
        ['2026-11-22T10:00:00Z', 'north', 3],
        ['2026-11-22T10:01:00Z', 'south', 5],
        ['2026-11-22T10:02:00Z', 'north', 7],
      ],
      isCut: false,
      position: { generation: 'one', batch: 1, newestEventTime: '2026-11-22T09:59:59.500Z' },
    })
  })

  test.each([
    ['one value', 'shop=north', ['north', 'north']],
    ['several values', 'shop=south&shop=north', ['north', 'south', 'north']],
    ['a value that nothing has', 'shop=west', []],
    ['SQL as a value', `shop=${encodeURIComponent("north' OR true --")}`, []],
  ])('a filter of %s', async (_, query, shops) => {
    const server = await testServer({ reader: await filled() })
    const { rows } = panelBody.parse(await (await server.get(`/api/panels/sales?${HOUR}&${query}`)).json())
    expect(rows.map(([, shop]) => shop)).toEqual(shops)
  })

  test('a range is widened to whole grains, and the answer says so', async () => {
    const server = await testServer({ reader: await filled() })
    const query = 'from=2026-11-22T10:01:30Z&to=2026-11-22T10:01:31.5%2B00:00'
    const { range, isWidened, rows } = panelBody.parse(await (await server.get(`/api/panels/sales?${query}`)).json())
    expect(range).toEqual({ from: '2026-11-22T10:01:00Z', to: '2026-11-22T10:02:00Z' })
    expect(isWidened).toBe(true)
    expect(rows).toHaveLength(1)
  })

  test('a range may be said by its length alone, up to a time or to the end of the grain of now', async () => {
    const clock = new TestClock()
    const server = await testServer({ reader: await filled(), clock })
    const answer = async (query: string) =>
      panelBody.parse(await (await server.get(`/api/panels/sales?${query}`)).json())
    expect(await answer('range=2m&to=2026-11-22T10:02Z')).toMatchObject({
      range: { from: '2026-11-22T10:00:00Z', to: '2026-11-22T10:02:00Z' },
      isWidened: false,
    })
    expect(await answer('range=90s&to=2026-11-22T10:02Z')).toMatchObject({ isWidened: true })
    const { range } = await answer('range=3h')
    const toMs = Date.parse(range?.to ?? '')
    expect(toMs - Date.parse(range?.from ?? '')).toBe(3 * 3_600_000)
    expect(toMs).toBe(Math.ceil(clock.nowMs() / 60_000) * 60_000)
  })

  test('an answer is made once for all who ask, and again after the next batch', async () => {
    const reader = await filled()
    const server = await testServer({ reader, clock: new TestClock() })
    const ask = async () => server.get(`/api/panels/sales?${HOUR}&shop=north&shop=south`)
    const first = await Promise.all([ask(), ask(), server.get(`/api/panels/sales?shop=south&${HOUR}&shop=north`)])
    expect(reader.asked).toEqual(['sql/panels/sales.sql'])
    const tags = first.map(({ headers }) => headers.get('ETag') ?? '')
    expect(new Set(tags).size).toBe(1)
    const again = await server.get(`/api/panels/sales?${HOUR}&shop=north&shop=south`, {
      'If-None-Match': `W/"x", ${tags[0]}`,
    })
    expect(again.status).toBe(304)
    expect(await again.text()).toBe('')
    expect(again.headers.get('ETag')).toBe(tags[0])
    await reader.commit("UPDATE live.sales SET items = 8 WHERE shop = 'south'")
    const changed = await server.get(`/api/panels/sales?${HOUR}&shop=north&shop=south`, {
      'If-None-Match': tags[0] ?? '',
    })
    expect(changed.status).toBe(200)
    expect(changed.headers.get('ETag')).not.toBe(tags[0])
    expect(panelBody.parse(await changed.json())).toMatchObject({ position: { batch: 2 } })
    expect(reader.asked).toHaveLength(2)
  })

  test('while an answer of the newest batch is being made, the one before is sent as what it is; no-cache waits', async () => {
    const reader = await filled()
    const clock = new TestClock()
    let gate: Promise<void> | undefined
    const gated: ServingReader = {
      ...reader,
      query: async (...asked) => {
        await gate
        return reader.query(...asked)
      },
    }
    const server = await testServer({ reader: gated, clock })
    const path = `/api/panels/sales?${HOUR}`
    const tag = (await server.get(path)).headers.get('ETag') ?? ''
    let open: () => void = () => undefined
    gate = new Promise((resolve) => {
      open = resolve
    })
    await reader.commit("UPDATE live.sales SET items = 8 WHERE shop = 'south'")
    const before = async (headers: Record<string, string> = {}) => {
      const asked = server.get(path, headers)
      await clock.waitedFor(4) // two are of the streams, one is of the query
      clock.advance(10)
      return asked
    }
    const sent = await before()
    expect(sent.headers.get('ETag')).toBe(tag)
    expect(panelBody.parse(await sent.json())).toMatchObject({ position: { batch: 1 } })
    // By itself, fetch says no-cache beside If-None-Match.
    expect((await before({ 'If-None-Match': tag, 'Cache-Control': 'max-age=0' })).status).toBe(304)
    const newest = server.get(path, { 'Cache-Control': 'max-age=0, no-cache', 'If-None-Match': tag })
    open()
    expect(panelBody.parse(await (await newest).json())).toMatchObject({ position: { batch: 2 } })
    expect((await newest).headers.get('ETag')).not.toBe(tag)
  })

  test('other values, another form and another generation have another tag', async () => {
    const reader = await filled()
    const server = await testServer({ reader })
    const tagOf = async (query: string) => (await server.get(`/api/panels/sales?${query}`)).headers.get('ETag')
    const tags = [await tagOf(HOUR), await tagOf(`${HOUR}&shop=north`), await tagOf(`${HOUR}&format=csv`)]
    await reader.commit('', { generation: 'two', batch: 1 })
    tags.push(await tagOf(HOUR))
    expect(new Set(tags).size).toBe(4)
  })

  test.each([
    ['sales?form=2026-11-22', 400, 'Panel sales has no parameter "form".', 'Did you mean "from"?'],
    ['sales?from=yesterday', 400, '"from" is not a time.', 'Write 2026-11-22'],
    ['sales?from=2026-02-30', 400, '"from" is not a time.', 'Write 2026-11-22'],
    ['sales?from=2026-11-22&from=2026-11-23', 400, '"from" is given more than once.', 'Leave one out.'],
    ['sales?from=2026-11-23&to=2026-11-22', 400, '"from" must come before "to".', 'Swap the two.'],
    [
      'sales?from=2025-11-22&to=2026-11-22',
      400,
      'The range is longer than 10240 times 1 minute.',
      'Ask for a shorter one',
    ],
    ['sales?from=9999-12-31T23:00Z&to=9999-12-31T23:59:59.5Z', 400, 'The range is outside of the years 1 to 9999.', ''],
    ['sales?range=soon', 400, '"range" is not a time span.', 'Write a number and a unit: 15m, 3h, 7d.'],
    ['sales?range=1h&from=2026-11-22', 400, '"from" and "range" both say when it begins.', 'Leave one out.'],
    ['sales?__proto__=1', 400, 'Panel sales has no parameter "__proto__".', 'Available: from, to, range, shop.'],
    ['sales?format=xml', 400, 'There is no such format.', 'It is json or csv.'],
    ['sale', 404, 'There is no panel of this name.', 'Did you mean "sales"?'],
    ['%2e%2e%2fsales', 404, 'There is no panel of this name.', ''],
  ])('%s is refused in plain words', async (path, status, title, detail) => {
    const reader = await filled()
    const server = await testServer({ reader })
    const answer = await server.get(`/api/panels/${path}`)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json')
    const problem = problemBody.parse(await answer.json())
    expect(problem).toMatchObject({ title, status })
    expect(problem.detail ?? '').toContain(detail)
    expect(reader.asked).toEqual([])
  })

  test('a value must be of its filter’s type', async () => {
    const typed = panelFile(
      'typed',
      ['title: T', 'kind: table', 'filters: day DATE, items INTEGER, isOpen BOOLEAN'],
      'SELECT 1 AS one WHERE $day IS NULL AND $items IS NULL AND $isOpen IS NULL',
    )
    const server = await testServer({ reader: await filled(), panels: [typed] })
    for (const query of ['day=2026-02-30', 'items=1.5', 'items=4294967296', 'isOpen=yes', `day=${'9'.repeat(201)}`]) {
      expect((await server.get(`/api/panels/typed?${query}`)).status, query).toBe(400)
    }
    expect((await server.get('/api/panels/typed?from=2026-11-22')).status).toBe(400)
  })

  test('before the first batch there is no answer yet', async () => {
    const server = await testServer({ reader: await memoryReader(SALES) })
    const answer = await server.get(`/api/panels/sales?${HOUR}`)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('Retry-After')).toBe('1')
  })

  test('more rows than an answer may have are cut, and it says so', async () => {
    const server = await testServer({ reader: await filled(), limits: { maxRows: 2 } })
    const body = panelBody.parse(await (await server.get(`/api/panels/sales?${HOUR}`)).json())
    expect(body).toMatchObject({
      isCut: true,
      rows: [
        ['2026-11-22T10:00:00Z', 'north', 3],
        [expect.anything(), 'south', 5],
      ],
    })
    expect((await server.get(`/api/panels/sales?${HOUR}&format=csv`)).status).toBe(400)
  })
})

describe('what a token fixes', () => {
  const onlyNorth = { ...EVERYTHING, fixed: new Map([['shop', ['north']]]) }

  test.each([
    ['nothing is asked for', '', 200],
    ['that is asked for', '&shop=north', 200],
    ['another value is asked for', '&shop=south', 403],
    ['that and another are asked for', '&shop=north&shop=south', 403],
  ])('%s', async (_, query, status) => {
    const server = await testServer({ reader: await filled(), grant: onlyNorth })
    const answer = await server.get(`/api/panels/sales?${HOUR}${query}`)
    expect(answer.status).toBe(status)
    if (status !== 200) return
    const { rows, filters } = panelBody.parse(await answer.json())
    expect(filters).toEqual({ shop: ['north'] })
    expect(rows.map(([, shop]) => shop)).toEqual(['north', 'north'])
  })

  test('what no value of the filter can be is not a failing query', async () => {
    const typed = panelFile(
      'typed',
      ['title: T', 'kind: number', 'filters: items INTEGER'],
      'SELECT $items IS NULL AS one',
    )
    const grant = { ...EVERYTHING, fixed: new Map([['items', ['north']]]) }
    const server = await testServer({ reader: await filled(), panels: [typed], grant })
    expect((await server.get('/api/panels/typed')).status).toBe(403)
  })

  test('a panel that cannot be narrowed to it is not shown', async () => {
    const total = panelFile('total', ['title: All', 'kind: number'], 'SELECT sum(items) AS items FROM live.sales')
    const server = await testServer({ reader: await filled(), panels: [total, SALES_PANEL], grant: onlyNorth })
    expect((await server.get('/api/panels/total')).status).toBe(403)
    const { panels } = panelListBody.parse(await (await server.get('/api/panels')).json())
    expect(panels.map(({ name }) => name)).toEqual(['sales'])
  })

  test('a panel that is not granted is neither shown nor listed', async () => {
    const grant = { ...EVERYTHING, panels: new Set(['other']) }
    const server = await testServer({ reader: await filled(), grant })
    const answer = await server.get(`/api/panels/sales?${HOUR}`)
    expect(answer.status).toBe(404)
    expect(problemBody.parse(await answer.json()).detail).toBe('There is none.')
    expect(panelListBody.parse(await (await server.get('/api/panels')).json()).panels).toEqual([])
  })
})

describe('CSV', () => {
  const texts = panelFile('texts', ['title: T', 'kind: table'], 'SELECT id, text FROM live.texts ORDER BY id')
  const ROWS = `CREATE TABLE live.texts AS FROM (VALUES (1, 'plain'), (-2, 'a "b", c'), (3, ''), (4, NULL),
    (5, '=1+1'), (6, '@x'), (7, E'two\\r\\nlines')) AS texts(id, text)`

  test.each([
    ['Accept', '', { Accept: 'text/csv' }],
    ['format', '?format=csv', {}],
  ])(
    'is chosen by %s, and follows RFC 4180; a text that a spreadsheet would run begins with an apostrophe',
    async (_, query, headers) => {
      const reader = await memoryReader(ROWS)
      await reader.commit('')
      const server = await testServer({ reader, panels: [texts] })
      const answer = await server.get(`/api/panels/texts${query}`, headers as Record<string, string>)
      expect(answer.headers.get('Content-Type')).toBe('text/csv; charset=utf-8; header=present')
      expect(await answer.text()).toBe(
        'id,text\r\n-2,"a ""b"", c"\r\n1,plain\r\n3,""\r\n4,\r\n5,\'=1+1\r\n6,\'@x\r\n7,"two\r\nlines"\r\n',
      )
    },
  )
})

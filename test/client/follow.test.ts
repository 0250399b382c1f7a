import { expect, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import {
  ANSWER,
  COLUMNS,
  change,
  event,
  PAGE,
  POSITION,
  setup,
  snapshot,
  type Updates,
  until,
} from '../support/followClient.ts'

test('a page is asked for as a whole, and its rows are what they were with the changes', async () => {
  const { server, client } = await setup()
  const updates = client.follow({ ...PAGE, total: { panel: 'total' } })
  const first = updates.next()
  const { path, headers, response } = await server.nextStream(
    snapshot('g:7:a', [
      ['10:00', 1],
      ['10:01', 2],
    ]),
  )
  expect(path).toBe('/api/stream?panel=per_minute%3Fchannel%3DEMAIL%26channel%3DSMS&panel=total')
  expect(headers).toMatchObject({ accept: 'text/event-stream' })
  expect(headers).not.toHaveProperty('last-event-id')
  const { value: before } = await first
  expect(before).toMatchObject({
    panels: {
      minutes: {
        columns: COLUMNS,
        rows: [
          ['10:00', 1],
          ['10:01', 2],
        ],
      },
      total: undefined,
    },
    changed: ['minutes'],
    position: { batch: 7 },
    connection: 'streaming',
  })
  expect(before?.panels.minutes?.records).toEqual([
    { minute: '10:00', messages: 1 },
    { minute: '10:01', messages: 2 },
  ])
  // A panel that is ahead of its page has a position of its own.
  const patch = [[1, 1], { rows: [['10:02', 3]] }]
  response.write(change('g:8:b', { from: 'd1', answer: ANSWER, patch, position: { ...POSITION, batch: 9 } }))
  const { value: after } = await updates.next()
  const rows = [
    ['10:01', 2],
    ['10:02', 3],
  ]
  expect(after).toMatchObject({ panels: { minutes: { rows, position: { batch: 9 } } }, position: { batch: 8 } })
  response.write(event('freshness', { serverTime: 'c', position: POSITION, lagMs: 0, waiting: null }))
  const { value: later } = await updates.next()
  expect(later).toMatchObject({ changed: [], freshness: { serverTime: 'c', lagMs: 0 } })
  expect(later?.panels.minutes).toBe(after?.panels.minutes)
  await updates.return()
})

test('a lost connection is taken up again where it was, each time after a longer pause', async () => {
  const { server, clock, client, pausesMs } = await setup()
  const updates = client.follow(PAGE)
  const first = updates.next()
  const { response } = await server.nextStream(snapshot('g:7:a', [['10:00', 1]]))
  await first
  response.destroy()
  for (let lost = 1; lost <= 3; lost++) {
    const { panels } = await until(updates, ({ connection }) => connection === 'waiting')
    expect(panels.minutes?.rows).toEqual([['10:00', 1]])
    await clock.waitedFor(1)
    clock.advance(2_000)
    const again = await server.next()
    expect(again.headers).toMatchObject({ 'last-event-id': 'g:7:a' })
    if (lost < 3) {
      again.response.destroy()
      continue
    }
    // What was not lost is not sent again.
    again.response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    again.response.write(event('change', { position: { ...POSITION, batch: 9 }, panels: [] }, 'g:9:a'))
  }
  expect(pausesMs).toEqual([1_000, 1_000, 2_000])
  const found = await until(updates, ({ connection }) => connection === 'streaming')
  expect(found).toMatchObject({ changed: [], position: { batch: 9 }, panels: { minutes: { rows: [['10:00', 1]] } } })
  await updates.return()
})

test('a slow reader misses steps, and no result', async () => {
  const { server, client } = await setup()
  const updates = client.follow(PAGE)
  const first = updates.next()
  const { response } = await server.nextStream(snapshot('1', [['10:00', 1]], 'd0'))
  await first
  for (let step = 1; step <= 5; step++) {
    response.write(
      event('change', {
        position: { ...POSITION, batch: step },
        panels: [
          { at: 0, digest: `d${step}`, from: `d${step - 1}`, answer: ANSWER, patch: [[0, step], { rows: [[step]] }] },
        ],
      }),
    )
  }
  const { panels } = await until(updates, ({ position }) => position?.batch === 5)
  expect(panels.minutes?.rows).toEqual([['10:00', 1], [1], [2], [3], [4], [5]])
  await updates.return()
})

test('a change of rows that it does not have makes it ask for all', async () => {
  const { server, clock, client } = await setup()
  const updates = client.follow(PAGE)
  const first = updates.next()
  const { response } = await server.nextStream(snapshot('g:7:a', [['10:00', 1]]))
  await first
  response.write(change('g:9:c', { from: 'another', answer: ANSWER, patch: [[0, 1]] }))
  const { reason } = await until(updates, ({ connection }) => connection === 'waiting')
  expect(reason).toMatchObject({ message: 'The server sent a change of rows that this client does not have.' })
  await clock.waitedFor(1)
  clock.advance(1_000)
  const { headers } = await server.nextStream(snapshot('g:9:c', [['10:01', 5]]))
  expect(headers).not.toHaveProperty('last-event-id')
  expect((await until(updates, ({ connection }) => connection === 'streaming')).panels.minutes?.rows).toEqual([
    ['10:01', 5],
  ])
  await updates.return()
})

test('a panel with a problem keeps its last answer', async () => {
  const { server, client } = await setup()
  const updates = client.follow(PAGE)
  const first = updates.next()
  const { response } = await server.nextStream(snapshot('1', [['10:00', 1]]))
  await first
  response.write(change('2', { problem: { status: 503, title: 'The model is being built.', detail: 'Wait.' } }))
  const { value } = await updates.next()
  expect(value).toMatchObject({
    panels: { minutes: { rows: [['10:00', 1]] } },
    problems: { minutes: { status: 503, message: 'The model is being built.', detail: 'Wait.' } },
    changed: ['minutes'],
  })
  response.write(change('3', { answer: ANSWER, rows: [['10:01', 2]] }))
  expect((await updates.next()).value).toMatchObject({ problems: {}, changed: ['minutes'] })
  await updates.return()
})

test('a stream that says nothing for 45 seconds is given up', async () => {
  const { server, clock, client } = await setup()
  const updates = client.follow(PAGE)
  const first = updates.next()
  const { response, closed } = await server.nextStream(snapshot('1', [['10:00', 1]]))
  await first
  clock.advance(44_999)
  response.write(event('freshness', { serverTime: 'c', position: null, lagMs: null, waiting: null }))
  await updates.next()
  clock.advance(44_999)
  const next = until(updates, ({ connection }) => connection === 'waiting')
  clock.advance(1)
  await closed
  await next
  await updates.return()
})

test('where no stream comes through, it asks for what has changed, and tries a stream now and then', async () => {
  const { server, clock, client, paused } = await setup()
  const updates = client.follow(PAGE)
  const first = until(updates, ({ connection }) => connection === 'polling')
  // A proxy that keeps answers to itself: nothing comes for ten seconds, three times.
  for (let attempt = 0; attempt < 3; attempt++) {
    const { path, closed } = await server.next()
    expect(path).toMatch(/^\/api\/stream/)
    clock.advance(10_000)
    await closed
    if (attempt < 2) {
      await clock.waitedFor(1)
      clock.advance(30_000)
    }
  }
  const asked = await server.nextJson(200, { ...ANSWER, rows: [['10:00', 1]], position: POSITION }, { ETag: '"t1"' })
  expect(asked.path).toBe('/api/panels/per_minute?channel=EMAIL&channel=SMS')
  expect(await first).toMatchObject({ panels: { minutes: { rows: [['10:00', 1]] } }, freshness: undefined })
  await paused(3)
  clock.advance(2_500)
  const again = await server.nextJson(304, undefined)
  expect(again.headers).toMatchObject({ 'if-none-match': '"t1"' })
  for (let round = 2; round < 30; round++) {
    await paused(round + 2)
    clock.advance(2_500)
    await server.nextJson(200, { ...ANSWER, rows: [['10:00', round]], position: POSITION })
  }
  await paused(32)
  clock.advance(2_500)
  const stream = await server.nextStream(snapshot('1', [['10:00', 99]]))
  expect(stream.headers).not.toHaveProperty('last-event-id')
  const { panels } = await until(updates, ({ connection }) => connection === 'streaming')
  expect(panels.minutes?.rows).toEqual([['10:00', 99]])
  await updates.return()
})

test('an answer that is no stream is not asked for three times', async () => {
  const { server, client } = await setup()
  const updates = client.follow(PAGE)
  const first = until(updates, ({ connection }) => connection === 'polling')
  await server.nextJson(200, {})
  await server.nextJson(200, { ...ANSWER, rows: [], position: POSITION })
  await first
  await updates.return()
})

test('a server that is full is asked again when it says', async () => {
  const { server, clock, client } = await setup()
  const updates = client.follow(PAGE)
  const first = updates.next()
  await server.nextJson(503, { title: 'There are too many.', status: 503 }, { 'Retry-After': '20' })
  expect((await first).value).toMatchObject({ connection: 'waiting', reason: { status: 503, retryAfterMs: 20_000 } })
  await clock.waitedFor(1)
  clock.advance(30_000)
  await server.nextStream(snapshot('1', []))
  await until(updates, ({ connection }) => connection === 'streaming')
  await updates.return()
})

test.each([
  { status: 400, title: 'Panel per_minute has no parameter "channel".' },
  { status: 403, title: 'This token does not grant it.' },
  { status: 404, title: 'There is no panel of this name.' },
])('status $status is the end, as an error with the words of the server', async ({ status, title }) => {
  const { server, client } = await setup()
  const updates = client.follow(PAGE)
  const first = updates.next()
  await server.nextJson(status, { status, title, detail: 'Write another.', requestId: 'r1' })
  await expect(first).rejects.toMatchObject({ name: 'LakeweirError', status, message: title, requestId: 'r1' })
})

test('an answer of a proxy is an error with its status', async () => {
  const { server, client } = await setup()
  const asked = client.panels()
  const { response } = await server.next()
  response.writeHead(404, { 'Content-Type': 'text/html' }).end('<h1>Not here</h1>')
  await expect(asked).rejects.toMatchObject({ status: 404, message: 'The server answered with status 404.' })
})

test.each([
  { name: 'no JSON', body: '<html>' },
  { name: 'a list', body: '[]' },
  { name: 'an object without rows', body: '{"columns":[]}' },
])('an answer that is $name is an error, not a panel', async ({ body }) => {
  const { server, client } = await setup()
  const asked = client.panel('per_minute')
  const { response } = await server.next()
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(body)
  await expect(asked).rejects.toThrow()
})

test('one new token is asked for when it is refused, by however many requests', async () => {
  const asked: boolean[] = []
  const { server, client } = await setup({
    token: async ({ isRefused }) => {
      asked.push(isRefused)
      return `t${asked.length}`
    },
  })
  const answers = [client.panels(), client.panels(), client.panels()]
  for (const _ of answers) {
    const { headers, path } = await server.nextJson(401, { status: 401, title: 'The token has expired.' })
    expect(headers.authorization).toBe('Bearer t1')
    expect(path).not.toContain('t1')
  }
  for (const _ of answers) {
    const { headers } = await server.nextJson(200, { panels: [] })
    expect(headers.authorization).toBe('Bearer t2')
  }
  await Promise.all(answers)
  expect(asked).toEqual([false, true])
})

test('a second refusal is told', async () => {
  const { server, client } = await setup({ token: () => 'bad' })
  const asked = client.panels()
  await server.nextJson(401, { status: 401, title: 'The token is not valid.' })
  await server.nextJson(401, { status: 401, title: 'The token is not valid.' })
  await expect(asked).rejects.toMatchObject({ status: 401, message: 'The token is not valid.' })
})

test('a stream whose token has expired goes on with a new one, and nobody notices', async () => {
  let tokens = 0
  const { server, client } = await setup({ token: () => `t${++tokens}` })
  const updates = client.follow(PAGE)
  const first = updates.next()
  const { response } = await server.nextStream(snapshot('g:7:a', [['10:00', 1]]))
  await first
  response.end(event('end', { reason: 'expired', message: 'The token has expired.' }))
  const { headers } = await server.nextStream(change('g:8:b', { answer: ANSWER, rows: [['10:00', 2]] }))
  expect(headers).toMatchObject({ authorization: 'Bearer t2', 'last-event-id': 'g:7:a' })
  expect((await updates.next()).value).toMatchObject({ connection: 'streaming', position: { batch: 8 } })
  await updates.return()
})

test('a token that cannot be had now is asked for again later', async () => {
  let asked = 0
  const { server, clock, client } = await setup({
    token: async () => {
      asked += 1
      if (asked === 1) throw new Error('the website is away')
      return 'late'
    },
  })
  const updates = client.follow(PAGE)
  expect((await updates.next()).value).toMatchObject({
    connection: 'waiting',
    reason: { message: 'the website is away' },
  })
  await clock.waitedFor(1)
  clock.advance(30_000)
  expect((await server.nextStream(snapshot('1', []))).headers.authorization).toBe('Bearer late')
  await until(updates, ({ connection }) => connection === 'streaming')
  await updates.return()
})

test.each([
  { name: 'leaving the loop', end: (updates: Updates) => updates.return() },
  { name: 'aborting the signal', end: async (_: Updates, stop: AbortController) => stop.abort() },
])('$name closes the connection, and ends all that waits', async ({ end }) => {
  const { server, clock, client } = await setup()
  const stop = new AbortController()
  const updates = client.follow(PAGE, { signal: stop.signal })
  const first = updates.next()
  const { closed } = await server.nextStream(snapshot('1', [['10:00', 1]]))
  await first
  await end(updates as unknown as Updates, stop)
  await closed
  expect(await updates.next()).toEqual({ done: true, value: undefined })
  await clock.waitedFor(0)
})

test('a signal that was aborted before asks for nothing', async () => {
  const { client } = await setup({ fetch: () => Promise.reject(new Error('it was asked')) })
  expect(await client.follow(PAGE, { signal: AbortSignal.abort() }).next()).toEqual({ done: true, value: undefined })
})

test('a server below a path keeps it', async () => {
  const { server } = await setup()
  const client = createClient({ url: `${server.url}numbers` })
  const asked = client.panel('a/b', { day: new Date(0), flag: true, none: undefined })
  const { path } = await server.nextJson(200, { ...ANSWER, rows: [], position: POSITION })
  expect(path).toBe('/numbers/api/panels/a%2Fb?day=1970-01-01T00%3A00%3A00.000Z&flag=true')
  expect((await asked).position).toEqual(POSITION)
})

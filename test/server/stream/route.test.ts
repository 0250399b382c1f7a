import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createClient } from '../../../src/client/index.ts'
import { EVERYTHING } from '../../../src/server/grant.ts'
import { type MemoryReader, memoryReader } from '../../support/memoryReader.ts'
import { TestClock } from '../../support/testClock.ts'
import { SALES, testServer } from '../../support/testServer.ts'

const PAGE = {
  sales: { panel: 'sales', parameters: { from: '2026-11-22T10:00:00Z', to: '2026-11-22T11:00:00Z' } },
} as const
const WISH = `api/stream?panel=${encodeURIComponent('sales?from=2026-11-22T10:00:00Z&to=2026-11-22T11:00:00Z')}`

async function filled(): Promise<MemoryReader> {
  const reader = await memoryReader(SALES)
  await reader.commit('')
  return reader
}

async function until<Each>(updates: AsyncGenerator<Each, void>, fits: (update: Each) => boolean): Promise<Each> {
  for (;;) {
    const { done, value } = await updates.next()
    if (done === true) throw new Error('it has ended')
    if (fits(value)) return value
  }
}

/** What SQL says now, through the other road. */
async function asked(url: string): Promise<readonly unknown[]> {
  return (await createClient({ url }).panel('sales', PAGE.sales.parameters)).rows
}

test('the client sees each commit, with the rows that a request has too', async () => {
  const reader = await filled()
  const { url } = await testServer({ reader })
  const updates = createClient({ url }).follow(PAGE)
  await until(updates, ({ position }) => position?.batch === 1)
  for (let batch = 2; batch <= 5; batch++) {
    await reader.commit(`INSERT INTO live.sales VALUES (TIMESTAMPTZ '2026-11-22 10:0${batch}:00Z', 'east', ${batch})`)
    const { panels } = await until(updates, ({ position }) => position?.batch === batch)
    expect(panels.sales?.rows).toEqual(await asked(url))
    expect(panels.sales?.records).toContainEqual({ minute: `2026-11-22T10:0${batch}:00Z`, shop: 'east', items: batch })
  }
  await updates.return()
})

test('whatever is committed, in whatever steps a client reads it, it ends with the rows of SQL', async () => {
  const reader = await filled()
  const { url } = await testServer({ reader })
  const [quick, slow] = [createClient({ url }).follow(PAGE), createClient({ url }).follow(PAGE)]
  for (const client of [quick, slow]) await until(client, ({ position }) => position?.batch === 1)
  const changes = [
    `INSERT INTO live.sales SELECT TIMESTAMPTZ '2026-11-22 10:10:00Z', 's' || i, i FROM range(300) AS r(i)`,
    `DELETE FROM live.sales WHERE items % 3 = 0`,
    `UPDATE live.sales SET items = items + 1 WHERE shop < 's2'`,
    `INSERT INTO live.sales FROM live.sales`,
    `DELETE FROM live.sales`,
    `INSERT INTO live.sales VALUES (NULL, NULL, NULL), (TIMESTAMPTZ '2026-11-22 10:00:00Z', '<b>\u202E', NULL)`,
  ]
  for (const [index, sql] of changes.entries()) {
    await reader.commit(sql)
    const { panels } = await until(quick, ({ position }) => position?.batch === index + 2)
    expect(panels.sales?.rows).toEqual(await asked(url))
  }
  const { panels } = await until(slow, ({ position }) => position?.batch === changes.length + 1)
  expect(panels.sales?.rows).toEqual(await asked(url))
  await Promise.all([quick.return(), slow.return()])
})

test('a client goes on where it was when the server is started again', async () => {
  const reader = await filled()
  const first = await testServer({ reader })
  const ids: (string | null)[] = []
  let url = first.url
  const client = createClient({
    url: first.url,
    // Its pauses are over at once, and nothing takes too long.
    clock: {
      after: (delayMs, action) => {
        if (delayMs < 10_000) setImmediate(action)
        return () => undefined
      },
      random: () => 0,
    },
    fetch: (address, { headers, signal }) => {
      ids.push(new Headers(headers).get('Last-Event-ID'))
      return fetch(address.replace(first.url, url), { headers, ...(signal === undefined ? {} : { signal }) })
    },
  })
  const updates = client.follow(PAGE)
  const before = await until(updates, ({ position }) => position?.batch === 1)
  const second = await testServer({ reader })
  url = second.url
  await first.parts.hub.close()
  await first.close(0)
  const waiting = await until(updates, ({ connection }) => connection === 'waiting')
  expect(waiting.reason).toMatchObject({ message: 'The server is closing. Connect again later.' })
  await reader.commit(`INSERT INTO live.sales VALUES (TIMESTAMPTZ '2026-11-22 10:09:00Z', 'west', 9)`)
  const { panels } = await until(updates, ({ position }) => position?.batch === 2)
  expect(panels.sales?.rows).toEqual([...(before.panels.sales?.rows ?? []), ['2026-11-22T10:09:00Z', 'west', 9]])
  expect(ids[0]).toBeNull()
  expect(ids.at(-1)).toMatch(/^one:1:/)
  await updates.return()
})

test('a store that was made anew is shown as it is', async () => {
  const reader = await filled()
  const { url } = await testServer({ reader })
  const updates = createClient({ url }).follow(PAGE)
  await until(updates, ({ position }) => position?.batch === 1)
  await reader.commit('DELETE FROM live.sales', { generation: 'two', batch: 1 })
  const { panels } = await until(updates, ({ position }) => position?.generation === 'two')
  expect(panels.sales?.rows).toEqual([])
  await updates.return()
})

test('a client whose time is over is told', async () => {
  const clock = new TestClock()
  const grant = { ...EVERYTHING, expiresMs: clock.nowMs() + 60_000 }
  const server = await testServer({ reader: await filled(), clock, grant })
  const reader = (await server.get(`/${WISH}`)).body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const readUntil = async (words: string): Promise<void> => {
    while (!text.includes(words)) text += (await reader?.read())?.value ?? ''
  }
  await readUntil('event: snapshot\n')
  clock.advance(60_000)
  await readUntil('event: end\ndata: {"reason":"expired"')
  expect(await reader?.read()).toMatchObject({ done: true })
  // It has read all, so there is nothing to cut off, and nothing to tell of that.
  clock.advance(60_000)
  expect(server.logged.filter(({ level }) => level === 'warn')).toEqual([])
})

test('its headers keep proxies from keeping it', async () => {
  const server = await testServer({ reader: await filled() })
  const answer = await server.get(`/${WISH}`)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  })
  await answer.body?.cancel()
})

test('to be asked for its headers alone opens nothing', async () => {
  const server = await testServer({ reader: await filled() })
  const answer = await fetch(new URL(WISH, server.url), { method: 'HEAD' })
  expect(answer.status).toBe(200)
  expect(server.parts.hub.counts.clients).toBe(0)
})

test.each([
  { query: '', status: 400, title: 'No panel is named.' },
  { query: '?panel=', status: 404, title: 'There is no panel of this name.' },
  { query: '?panel=none', status: 404, title: 'There is no panel of this name.' },
  { query: '?panel=sales&shop=north', status: 400, title: 'A stream has no parameter "shop".' },
  { query: '?panel=sales&__proto__=1', status: 400, title: 'A stream has no parameter "__proto__".' },
  { query: '?panel=sales%3Fcolour%3Dred', status: 400, title: 'Panel sales has no parameter "colour".' },
  { query: '?panel=sales%3Ffrom%3Dsoon', status: 400, title: '"from" is not a time.' },
  { query: `?${'panel=sales&'.repeat(33)}`, status: 400, title: '33 panels are named; 32 are the most.' },
])('a stream of "$query" is refused', async ({ query, status, title }) => {
  const server = await testServer({ reader: await filled() })
  const answer = await server.get(`/api/stream${query}`)
  expect(answer.status).toBe(status)
  expect(await answer.json()).toMatchObject({ title, status })
})

test('a stream shows what is granted, and nothing else', async () => {
  const grant = { ...EVERYTHING, fixed: new Map([['shop', ['north']]]) }
  const server = await testServer({ reader: await filled(), grant })
  const { url } = server
  const updates = createClient({ url }).follow(PAGE)
  const { panels } = await until(updates, ({ position }) => position !== null)
  expect(new Set(panels.sales?.records.map(({ shop }) => shop))).toEqual(new Set(['north']))
  await updates.return()
  expect((await server.get('/api/stream?panel=sales%3Fshop%3Dsouth')).status).toBe(403)
  const none = await testServer({ reader: await filled(), grant: { ...EVERYTHING, panels: new Set<string>() } })
  expect((await none.get('/api/stream?panel=sales')).status).toBe(404)
  const nobody = await testServer({ reader: await filled(), grant: undefined })
  expect((await nobody.get('/api/stream?panel=sales')).status).toBe(401)
})

test('pages with the same values share a panel, however they write them', async () => {
  const reader = await filled()
  const server = await testServer({ reader })
  const wishes = [
    'sales?shop=north&shop=south',
    'sales?shop=south&shop=north',
    'sales?shop=south&shop=north&shop=south',
  ]
  const answers = await Promise.all(wishes.map((wish) => server.get(`/api/stream?panel=${encodeURIComponent(wish)}`)))
  expect(server.parts.hub.counts).toMatchObject({ clients: 3, pages: 1, panels: 1 })
  await server.get('/api/stream?panel=sales%3Fshop%3Dnorth')
  expect(server.parts.hub.counts).toMatchObject({ clients: 4, pages: 2, panels: 2 })
  for (const answer of answers) await answer.body?.cancel()
})

/** Waits until so many clients are there. */
async function clientsAre(server: Awaited<ReturnType<typeof testServer>>, count: number): Promise<void> {
  while (server.parts.hub.counts.clients !== count) await new Promise((resolve) => setImmediate(resolve))
}

test.each([
  { name: 'vanishes', end: (socket: ReturnType<typeof connect>) => socket.destroy() },
  { name: 'resets the connection', end: (socket: ReturnType<typeof connect>) => socket.resetAndDestroy() },
  { name: 'closes its half', end: (socket: ReturnType<typeof connect>) => socket.end() },
])('a client that $name is forgotten', async ({ end }) => {
  const server = await testServer({ reader: await filled() })
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.write(`GET /${WISH} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
  await clientsAre(server, 1)
  socket.resume()
  end(socket)
  await clientsAre(server, 0)
  socket.destroy()
})

test('a client that never reads is cut off, and keeps nobody waiting', async () => {
  const reader = await memoryReader(SALES)
  await reader.commit(`INSERT INTO live.sales
    SELECT TIMESTAMPTZ '2026-11-22 10:10:00Z', 's' || i, 0 FROM range(5000) AS r(i)`)
  const clock = new TestClock()
  const server = await testServer({ reader, clock })
  const socket = connect({ port: server.port, host: '127.0.0.1' })
  onTestFinished(() => void socket.destroy())
  socket.pause()
  socket.write(`GET /${WISH} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
  await clientsAre(server, 1)
  const updates = createClient({ url: server.url }).follow(PAGE)
  await until(updates, ({ position }) => position?.batch === 1)
  // More than the buffers of both ends take: then it counts as not reading.
  let batch = 1
  const cut = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  while (server.parts.hub.counts.dropped === 0) {
    await reader.commit('UPDATE live.sales SET items = items + 1')
    batch += 1
    clock.advance(1_000)
    await until(updates, ({ position }) => position?.batch === batch)
  }
  clock.advance(5_000)
  await clientsAre(server, 1)
  socket.resume()
  await cut
  await updates.return()
})

/** A connection that follows the page, without anything that could give up. */
class Follower {
  #text = ''
  #onText: () => void = () => undefined
  readonly #socket: ReturnType<typeof connect>

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1' })
    this.#socket.setEncoding('utf8')
    this.#socket.on('data', (text) => {
      this.#text += text
      this.#onText()
    })
    this.#socket.write(`GET /${WISH} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
  }

  async has(words: string): Promise<string> {
    while (!this.#text.includes(words)) {
      await new Promise<void>((resolve) => {
        this.#onText = resolve
      })
    }
    return this.#text
  }

  leave(): void {
    this.#socket.destroy()
  }
}

test('a thousand clients are served; one more is told to come back, and they go on', async () => {
  const reader = await filled()
  const server = await testServer({ reader })
  const followers = Array.from({ length: 1_000 }, () => new Follower(server.port))
  onTestFinished(() => {
    for (const follower of followers) follower.leave()
  })
  await Promise.all(followers.map((follower) => follower.has('event: snapshot')))
  expect(server.parts.hub.counts).toMatchObject({ clients: 1_000, pages: 1, panels: 1 })
  const { value } = await createClient({ url: server.url }).follow(PAGE).next()
  expect(value).toMatchObject({ connection: 'waiting', reason: { status: 503, retryAfterMs: 5_000 } })
  await reader.commit(`INSERT INTO live.sales VALUES (TIMESTAMPTZ '2026-11-22 10:09:00Z', 'west', 9)`)
  const events = await Promise.all(followers.map((follower) => follower.has('["2026-11-22T10:09:00Z","west",9]')))
  expect(new Set(events.map((text) => /id: one:2:\S+\nevent: change\n.*\n/.exec(text)?.[0])).size).toBe(1)
  for (const follower of followers) follower.leave()
  await clientsAre(server, 0)
})

test('who follows what stands among the figures', async () => {
  const server = await testServer({ reader: await filled() })
  const answers = [await server.get(`/${WISH}`), await server.get(`/${WISH}`)]
  const figures = (await (await server.get('/metrics')).text()).split('\n')
  expect(figures).toEqual(
    expect.arrayContaining([
      'lakeweir_stream_clients 2',
      'lakeweir_stream_panels 1',
      expect.stringMatching(/^lakeweir_stream_updates_total \d$/),
      'lakeweir_stream_dropped_total 0',
    ]),
  )
  for (const answer of answers) await answer.body?.cancel()
})

import { expect, test } from 'vitest'
import { ANSWER, PAGE, POSITION, setup, snapshot, until } from '../support/followClient.ts'

// What comes late, or never, or fails before it begins.

test('a token that cannot be had now is asked for again, also where its function fails before it returns', async () => {
  let asked = 0
  const { server, client } = await setup({
    token: () => {
      asked += 1
      if (asked === 1) throw new Error('nobody is logged in')
      return 'late'
    },
  })
  await expect(client.panels()).rejects.toThrow('nobody is logged in')
  const answer = client.panels()
  expect((await server.nextJson(200, { panels: [] })).headers.authorization).toBe('Bearer late')
  await answer
})

test('a token that never comes holds up neither what is asked for with another nor the end', async () => {
  let asked = 0
  const { server, clock, client, paused } = await setup({
    token: () => {
      asked += 1
      return asked === 1 ? new Promise(() => undefined) : 'late'
    },
  })
  const updates = client.follow(PAGE)
  const first = updates.next()
  await clock.waitedFor(1)
  clock.advance(10_000)
  expect((await first).value).toMatchObject({ connection: 'waiting' })
  for (const pause of [1, 2]) {
    await paused(pause)
    clock.advance(30_000)
  }
  expect((await server.nextStream(snapshot('1', []))).headers.authorization).toBe('Bearer late')
  await until(updates, ({ connection }) => connection === 'streaming')
  await updates.return()
})

test('whoever leaves while a token is being waited for is not held', async () => {
  const stop = new AbortController()
  const { clock, client } = await setup({ token: () => new Promise(() => undefined) })
  const updates = client.follow(PAGE, { signal: stop.signal })
  const first = updates.next()
  await clock.waitedFor(1)
  stop.abort()
  expect(await first).toEqual({ done: true, value: undefined })
})

test('a problem is over with the first answer, also with one that has not changed', async () => {
  const { server, clock, client, paused } = await setup()
  const updates = client.follow(PAGE)
  const first = until(updates, ({ connection }) => connection === 'polling')
  await server.nextJson(200, {}) // no stream
  await server.nextJson(200, { ...ANSWER, rows: [['10:00', 1]], position: POSITION }, { ETag: '"t1"' })
  await first
  const problem = until(updates, ({ problems }) => problems.minutes !== undefined)
  await paused(1)
  clock.advance(2_500)
  await server.nextJson(429, { title: 'This token has 32 requests at once already.', status: 429 })
  expect(await problem).toMatchObject({ problems: { minutes: { status: 429 } }, changed: ['minutes'] })
  const over = until(updates, ({ problems }) => problems.minutes === undefined)
  await paused(2)
  clock.advance(2_500)
  expect((await server.nextJson(304, undefined)).headers).toMatchObject({ 'if-none-match': '"t1"' })
  expect(await over).toMatchObject({ panels: { minutes: { rows: [['10:00', 1]] } }, changed: ['minutes'] })
  await updates.return()
})

test('an answer that does not come is given up, and asked for again', async () => {
  const { server, clock, client, paused } = await setup()
  const updates = client.follow(PAGE)
  const first = until(updates, ({ connection }) => connection === 'polling')
  await server.nextJson(200, {}) // no stream
  await server.nextJson(200, { ...ANSWER, rows: [['10:00', 1]], position: POSITION })
  await first
  const waiting = until(updates, ({ connection }) => connection === 'waiting')
  await paused(1)
  clock.advance(2_500)
  const { closed } = await server.next() // the network is gone, and nobody says so
  await clock.waitedFor(1)
  clock.advance(45_000)
  await closed
  await waiting
  const again = until(updates, ({ connection }) => connection === 'polling')
  await paused(2)
  clock.advance(2_500)
  await server.nextJson(200, { ...ANSWER, rows: [['10:00', 2]], position: POSITION })
  expect((await again).panels.minutes?.rows).toEqual([['10:00', 2]])
  await updates.return()
})

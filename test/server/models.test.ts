import { describe, expect, test } from 'vitest'
import { EVERYTHING } from '../../src/server/grant.ts'
import { problemBody } from '../../src/server/problem.ts'
import { modelLine } from '../../src/server/routes/model.ts'
import type { ServingReader } from '../../src/serving/reader.ts'
import { memoryReader } from '../support/memoryReader.ts'
import { settled } from '../support/streamHub.ts'
import { TestClock } from '../support/testClock.ts'
import { SALES, testServer } from '../support/testServer.ts'

async function filled() {
  const reader = await memoryReader(SALES)
  await reader.commit('')
  return reader
}

function linesOf(text: string): unknown[] {
  return text.split('\n').flatMap((line) => (line === '' ? [] : [modelLine.parse(JSON.parse(line))]))
}

/** Something that is told once. */
function told(): { readonly is: Promise<void>; readonly tell: () => void } {
  let tell: () => void = () => undefined
  const is = new Promise<void>((resolve) => {
    tell = resolve
  })
  return { is, tell }
}

describe('GET /api/models/:name', () => {
  test('is a head, an array a row, and an end', async () => {
    const server = await testServer({ reader: await filled() })
    const answer = await server.get('/api/models/sales')
    expect(answer.headers.get('Content-Type')).toBe('application/x-ndjson')
    expect(linesOf(await answer.text())).toEqual([
      {
        model: 'sales',
        columns: { minute: 'TIMESTAMP WITH TIME ZONE', shop: 'VARCHAR', items: 'INTEGER' },
        position: expect.objectContaining({ generation: 'one', batch: 1 }),
      },
      ['2026-11-22 10:00:00+00', 'north', 3],
      ['2026-11-22 10:01:00+00', 'south', 5],
      ['2026-11-22 10:02:00+00', 'north', 7],
      { rows: 3 },
    ])
  })

  test('of a batch that is known already is not sent again', async () => {
    const reader = await filled()
    const server = await testServer({ reader })
    const tag = (await server.get('/api/models/sales')).headers.get('ETag') ?? ''
    expect((await server.get('/api/models/sales', { 'If-None-Match': tag })).status).toBe(304)
    await reader.commit('')
    expect((await server.get('/api/models/sales', { 'If-None-Match': tag })).status).toBe(200)
  })

  test.each([
    ['an unknown name', 'sale', EVERYTHING, 404, 'Did you mean "sales"?'],
    ['a token that does not grant it', 'sales', { ...EVERYTHING, mayReadModels: false }, 403, undefined],
    ['no token', 'sales', undefined, 401, undefined],
  ])('with %s is refused', async (_, name, grant, status, detail) => {
    const server = await testServer({ reader: await filled(), grant })
    const answer = await server.get(`/api/models/${name}`)
    expect(answer.status).toBe(status)
    expect(problemBody.parse(await answer.json()).detail).toBe(detail)
  })

  test.each(['HEAD', 'GET'] as const)('by %s frees the store, whenever whoever asks leaves', async (method) => {
    const clock = new TestClock()
    const reader = await filled()
    const freed = told()
    const next = told()
    const asked = told()
    const slow: ServingReader = {
      ...reader,
      async *model(name) {
        try {
          yield* reader.model(name)
          asked.tell()
          await next.is
          yield* reader.model(name)
        } finally {
          freed.tell()
        }
      },
    }
    const server = await testServer({ reader: slow, clock })
    const leave = new AbortController()
    const answer = await fetch(`${server.url}api/models/sales`, { method, signal: leave.signal })
    expect(answer.status).toBe(200)
    if (method === 'GET') await asked.is // its second piece is being read
    leave.abort()
    await answer.text().catch(() => undefined)
    next.tell()
    await freed.is
    // And nobody is missed any longer.
    await settled()
    clock.advance(120_000)
    expect(server.logged.filter(({ level }) => level === 'warn')).toEqual([])
  })

  test('that fails on its way has no end', async () => {
    const reader = await filled()
    const failing: ServingReader = {
      ...reader,
      async *model(name) {
        yield* reader.model(name)
        throw new Error('the store is gone')
      },
    }
    const server = await testServer({ reader: failing })
    const whole = server.get('/api/models/sales').then((answer) => answer.text())
    await expect(whole).rejects.toThrow()
    expect(server.logged).toContainEqual(
      expect.objectContaining({ level: 'warn', err: expect.objectContaining({ message: 'the store is gone' }) }),
    )
  })

  test('that nobody takes is cut off, and the store is free again', async () => {
    const clock = new TestClock()
    const reader = await filled()
    let isFreed: () => void = () => undefined
    const freed = new Promise<void>((resolve) => {
      isFreed = resolve
    })
    const endless: ServingReader = {
      ...reader,
      async *model(name) {
        try {
          for (;;)
            for await (const piece of reader.model(name)) yield { ...piece, rows: Array(10_000).fill(['x', 'y', 1]) }
        } finally {
          isFreed()
        }
      },
    }
    const server = await testServer({ reader: endless, clock })
    const answer = await server.get('/api/models/sales')
    await clock.waitedFor(1)
    // Each piece that still fits between the two starts the time anew.
    const stop = setInterval(() => clock.advance(61_000), 5)
    await freed
    clearInterval(stop)
    await expect(answer.text()).rejects.toThrow()
  })
})

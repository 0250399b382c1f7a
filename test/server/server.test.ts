import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { LakeError } from '../../src/errors.ts'
import { createApp } from '../../src/server/app.ts'
import { listen } from '../../src/server/listen.ts'
import type { ServerRoute } from '../../src/server/parts.ts'
import { problemBody } from '../../src/server/problem.ts'
import type { Waiting } from '../../src/server/waiting.ts'
import type { ServingReader } from '../../src/serving/reader.ts'
import { systemClock } from '../../src/stream/clock.ts'
import { type MemoryReader, memoryReader } from '../support/memoryReader.ts'
import { TestClock } from '../support/testClock.ts'
import { SALES, testServer } from '../support/testServer.ts'

async function filled(): Promise<MemoryReader> {
  const reader = await memoryReader(SALES)
  await reader.commit('')
  return reader
}

describe('every request', () => {
  test('has an id, which is in the log too, and in the answer if it is refused', async () => {
    const server = await testServer({ reader: await filled() })
    const id = 'a-page-of-mine'
    const answer = await server.get('/api/panels/none', { 'X-Request-Id': id })
    expect(answer.headers.get('X-Request-Id')).toBe(id)
    expect(problemBody.parse(await answer.json()).requestId).toBe(id)
    expect(server.logged).toContainEqual(
      expect.objectContaining({ level: 'info', requestId: id, path: '/api/panels/none', status: 404 }),
    )
  })

  test('whose id could break a line of the log gets another', async () => {
    const server = await testServer({ reader: await filled() })
    const answer = await server.get('/healthz', { 'X-Request-Id': 'a"b' })
    expect(answer.headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('of another method is refused with those that there are', async () => {
    const server = await testServer({ reader: await filled() })
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const answer = await fetch(new URL('/api/panels', server.url), { method })
      expect(answer.status, method).toBe(405)
      expect(answer.headers.get('Allow')).toBe('GET, HEAD')
    }
    expect((await fetch(new URL('/api/panels', server.url), { method: 'HEAD' })).status).toBe(200)
  })

  test('for what does not exist is told what was probably meant', async () => {
    const server = await testServer({ reader: await filled() })
    const answer = await server.get('/api/panel')
    expect(answer.status).toBe(404)
    expect(problemBody.parse(await answer.json()).detail).toBe('Did you mean "/api/panels"?')
  })

  test('that fails inside is told nothing of it, and the log has it', async () => {
    const failing: ServerRoute = {
      path: '/api/fails',
      summary: 'Fails.',
      answers: {},
      handle: () => {
        throw new Error('the secret is a horse')
      },
    }
    const server = await testServer({ reader: await filled(), routes: [failing] })
    const answer = await server.get('/api/fails')
    expect(answer.status).toBe(500)
    const text = await answer.text()
    expect(text).not.toContain('horse')
    const { requestId } = problemBody.parse(JSON.parse(text))
    const logged = server.logged.find((line) => line.requestId === requestId)
    expect(logged).toMatchObject({
      level: 'error',
      err: { message: 'the secret is a horse', stack: expect.anything() },
    })
  })
})

describe('/healthz, /readyz and /metrics', () => {
  test.each<[string, number, Waiting | undefined, number]>([
    ['nobody has looked at the lake', 3_600_000, undefined, 200],
    ['nothing waits, for however long', 3_600_000, { files: 0, sinceMs: undefined }, 200],
    ['files wait for a moment after a quiet hour', 3_600_000, { files: 2, sinceMs: 3_599_000 }, 200],
    ['files have waited for longer than a minute', 90_000, { files: 2, sinceMs: 20_000 }, 503],
    ['files have waited for long, but batches are taken', 90_000, { files: 2, sinceMs: -300_000 }, 200],
  ])('%s', async (name, nowMs, waiting, status) => {
    const clock = new TestClock()
    const startMs = clock.nowMs()
    const reader = await memoryReader(SALES)
    const takenMs = name.includes('batches are taken') ? startMs + nowMs - 5_000 : startMs
    await reader.commit('', { takenMs })
    const seen = waiting?.sinceMs === undefined ? waiting : { ...waiting, sinceMs: startMs + waiting.sinceMs }
    const server = await testServer({ reader, clock, waiting: () => seen })
    await clock.advance(nowMs)
    const answer = await server.get('/readyz')
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ isReady: status === 200, waitingFiles: waiting?.files ?? null })
  })

  test('before the first batch a server is not ready, but healthy', async () => {
    const server = await testServer({ reader: await memoryReader(SALES) })
    expect(await (await server.get('/readyz')).json()).toMatchObject({ reason: 'No batch has been taken yet.' })
    expect((await server.get('/healthz')).status).toBe(200)
  })

  test('a server whose store cannot be read is not ready, however new its numbers are', async () => {
    const reader = await filled()
    let isBroken = false
    const breaking: ServingReader = {
      ...reader,
      position: async () => {
        if (isBroken) throw new LakeError('LAKE_QUERY_FAILED', 'the store is not open at the moment.')
        return reader.position()
      },
    }
    const server = await testServer({ reader: breaking })
    expect((await server.get('/readyz')).status).toBe(200)
    isBroken = true
    const answer = await server.get('/readyz')
    expect(answer.status).toBe(503)
    expect(await answer.json()).toEqual({
      isReady: false,
      reason: 'The models cannot be read at the moment.',
      waitingFiles: null,
    })
  })

  test('the figures are those of this server alone', async () => {
    const [one, other] = [await testServer({ reader: await filled() }), await testServer({ reader: await filled() })]
    await one.get('/api/panels')
    await one.get('/api/panels/none')
    const text = await (await one.get('/metrics')).text()
    expect(text).toContain('lakeweir_live_batch 1\n')
    expect(text).toContain('lakeweir_http_request_seconds_count{route="/api/panels",status="200"} 1\n')
    expect(text).toContain('lakeweir_http_request_seconds_count{route="/api/panels/:name",status="404"} 1\n')
    expect(await (await other.get('/metrics')).text()).not.toContain('/api/panels')
  })
})

describe('the address', () => {
  test('that another process has is named, with what to do', async () => {
    const server = await testServer({ reader: await filled() })
    const again = listen(createApp(server.parts), { host: '127.0.0.1', port: server.port }, systemClock)
    await expect(again).rejects.toMatchObject({
      code: 'LAKE_LISTEN_FAILED',
      message: `the server cannot listen at 127.0.0.1 port ${server.port}: another process already listens there.`,
      remedy: 'Stop that process, or take another port: --port 0 takes a free one.',
    })
  })

  test('that this machine does not have is named', async () => {
    const { parts } = await testServer({ reader: await filled() })
    await expect(listen(createApp(parts), { host: '192.0.2.1', port: 0 }, systemClock)).rejects.toMatchObject({
      code: 'LAKE_LISTEN_FAILED',
      message: expect.stringContaining('this machine has no such address.'),
    })
  })
})

test('a server that ends answers what is under way, and takes nothing more', async () => {
  let answerNow: () => void = () => undefined
  let isAsked: () => void = () => undefined
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve
  })
  const slow: ServerRoute = {
    path: '/api/slow',
    summary: 'Slow.',
    answers: {},
    handle: async (context) => {
      isAsked()
      await new Promise<void>((resolve) => {
        answerNow = resolve
      })
      return context.text('done')
    },
  }
  const server = await testServer({ reader: await filled(), routes: [slow] })
  const idle = connect(server.port, '127.0.0.1')
  const closedIdle = new Promise((resolve) => idle.on('close', resolve))
  const answer = server.get('/api/slow')
  await asked
  const closed = server.close(60_000)
  await expect(server.get('/healthz')).rejects.toThrow()
  answerNow()
  expect(await (await answer).text()).toBe('done')
  await closed
  await closedIdle
})

test('one whose answer never ends is cut off after its time', async () => {
  const endless: ServerRoute = {
    path: '/api/endless',
    summary: 'Endless.',
    answers: {},
    handle: () => new Response(new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array([65])) })),
  }
  const server = await testServer({ reader: await filled(), routes: [endless] })
  const answer = await server.get('/api/endless')
  await server.close(50)
  await expect(answer.text()).rejects.toThrow()
})

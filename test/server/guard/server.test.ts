import { once } from 'node:events'
import { type RequestListener, request, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type ConnectionLimits, DEFAULT_LIMITS, guardedServer } from '../../../src/server/guard/server.ts'

const BRIEF: ConnectionLimits = {
  ...DEFAULT_LIMITS,
  headersMs: 300,
  requestMs: 400,
  keepAliveMs: 300,
}

async function serve(limits: Partial<ConnectionLimits> = {}, listener: RequestListener = answerOk): Promise<number> {
  const server = guardedServer(listener, { ...BRIEF, ...limits })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => closed(server))
  return (server.address() as AddressInfo).port
}

const answerOk: RequestListener = (_, response) => {
  response.end('ok')
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

/** A client that writes just what a test says. */
class RawClient {
  readonly socket: Socket
  received = ''

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.setEncoding('latin1')
    this.socket.on('data', (text) => {
      this.received += text
    })
    this.socket.on('error', () => undefined) // a reset is one way to be turned away
    onTestFinished(() => {
      this.socket.destroy()
    })
  }

  /** Waits until the server has ended the connection. @returns all that it said */
  async ended(): Promise<string> {
    if (!this.socket.closed) await once(this.socket, 'close')
    return this.received
  }

  async answered(part: string): Promise<string> {
    while (!this.received.includes(part)) await once(this.socket, 'data')
    return this.received
  }
}

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n'

describe('a client that takes its time is cut off, while others are served', () => {
  test.each<[name: string, first: string, then: string | undefined, says: RegExp]>([
    ['that never says anything', '', undefined, /^(HTTP\/1\.1 408|$)/],
    ['that stops within its headers', 'GET / HTTP/1.1\r\nHost: loc', undefined, /^HTTP\/1\.1 408/],
    ['that sends a header now and then, for ever', GET, 'X-A: b\r\n', /^HTTP\/1\.1 408/],
    ['that sends a byte now and then, for ever', GET, 'x', /^HTTP\/1\.1 408/],
    [
      'that announces a body and never sends it',
      `${GET}Content-Length: 10\r\n\r\n`,
      undefined,
      /^HTTP\/1\.1 (200|408)/,
    ],
    ['that keeps its connection without another request', `${GET}\r\n`, undefined, /^HTTP\/1\.1 200/],
  ])('%s', async (_, first, then, says) => {
    const port = await serve({}, (incoming, response) => {
      // Like a listener that reads a body before it answers.
      incoming.on('end', () => response.end('ok')).resume()
    })
    const client = new RawClient(port)
    client.socket.write(first)
    const timer = setInterval(() => {
      if (then !== undefined) client.socket.write(then)
    }, 50)
    onTestFinished(() => clearInterval(timer))
    const other = new RawClient(port)
    other.socket.write(`${GET}Connection: close\r\n\r\n`)
    expect(await other.ended()).toContain('ok')
    expect(await client.ended()).toMatch(says)
  })

  test('that has closed its own half gets its answer, and is gone then', async () => {
    const client = new RawClient(await serve())
    client.socket.end(`${GET}\r\n`)
    expect(await client.ended()).toContain('ok')
  })

  test('that asks for much and never reads any of it', async () => {
    let isGone = false
    const port = await serve({ silenceMs: 500 }, (_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('a'.repeat(100_000)));
      }
      response.on('drain', more)
      response.on('close', () => {
        isGone = true
      })
      more()
    })
    const client = new RawClient(port)
    client.socket.pause()
    client.socket.write(`${GET}\r\n`)
    await expect.poll(() => isGone, { timeout: 20_000 }).toBe(true)
  })
})

describe('a request that no browser sends is answered and its connection closed', () => {
  test.each<[name: string, text: string, status: number]>([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    [
      'a flood of headers',
      `${GET}${Array.from({ length: 3_000 }, (_, index) => `X-${index}: a\r\n`).join('')}\r\n`,
      431,
    ],
    ['a huge header', `${GET}X-A: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['a huge URL', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431],
    ['a header with a NUL', `${GET}X-A: a\0b\r\n\r\n`, 400],
    ['two lengths', `${GET}Content-Length: 1\r\nContent-Length: 2\r\n\r\na`, 400],
    ['a length and chunks', `${GET}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['a folded header', `${GET}X-A: a\r\n b: c\r\nX-B : d\r\n\r\n`, 400],
  ])('%s', async (_, text, status) => {
    const client = new RawClient(await serve())
    client.socket.write(text)
    expect(await client.ended()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  })

  test('all headers below the limit of their size are there to be counted', async () => {
    const port = await serve({}, ({ rawHeaders }, response) => {
      response.end(`${rawHeaders.length / 2} headers`)
    })
    const client = new RawClient(port)
    client.socket.write(`${GET}${'A: b\r\n'.repeat(2_500)}Connection: close\r\n\r\n`)
    expect(await client.ended()).toContain('2502 headers')
  })
})

/** A request whose answer goes on until the server or the test ends it. */
async function stream(port: number): Promise<{ readonly status: number; next(): Promise<string>; end(): void }> {
  const asked = request({ port, host: '127.0.0.1', agent: false })
  asked.on('error', () => undefined) // the test ends it
  onTestFinished(() => {
    asked.destroy()
  })
  asked.end()
  const [answer] = await once(asked, 'response')
  answer.setEncoding('utf8')
  return {
    status: answer.statusCode,
    next: async () => String((await once(answer, 'data'))[0]),
    end: () => asked.destroy(),
  }
}

test('at the limit of 1,000 connections further ones get 503 and when to come back, and those served go on', async () => {
  const open = new Set<{ write(text: string): void }>()
  const port = await serve({ ...DEFAULT_LIMITS }, (_, response) => {
    open.add(response)
    response.on('close', () => open.delete(response))
    response.flushHeaders()
  })
  const served = await Promise.all(Array.from({ length: 1_000 }, () => stream(port)))
  expect(served.map(({ status }) => status)).toEqual(served.map(() => 200))

  const refused = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const response = await fetch(`http://127.0.0.1:${port}/`)
      return [response.status, response.headers.get('retry-after'), await response.json()]
    }),
  )
  const body = { title: 'The server has as many connections as it serves.', status: 503 }
  expect(refused).toEqual(refused.map(() => [503, '5', body]))

  const received = Promise.all(served.map(({ next }) => next()))
  for (const response of open) response.write('a number')
  expect(new Set(await received)).toEqual(new Set(['a number']))

  served[0]?.end()
  await expect.poll(() => open.size).toBe(999)
  expect((await stream(port)).status).toBe(200)
}, 120_000)

test('clients that are turned away and stay are closed, and far too many are not even answered', async () => {
  const port = await serve({ connections: 1 })
  const first = new RawClient(port)
  first.socket.write(`${GET}\r\n`)
  await first.answered('ok')
  const silent = Array.from({ length: 300 }, () => new RawClient(port))
  const answers = await Promise.all(silent.map((client) => client.ended()))
  expect(answers.filter((text) => text.includes('200'))).toEqual([])
})

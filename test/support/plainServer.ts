import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A request as a test looks at it. */
export interface Seen {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly response: ServerResponse
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>
}

/** A server on this machine that answers nothing by itself: the test answers each request in its turn. */
export class PlainServer {
  readonly url: string
  readonly #seen: Seen[] = []
  #wake: () => void = () => undefined

  private constructor(url: string) {
    this.url = url
  }

  static async open(): Promise<PlainServer> {
    const http = createServer()
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    const { port } = http.address() as AddressInfo
    const server = new PlainServer(`http://127.0.0.1:${port}/`)
    http.on('request', (request, response) => {
      const closed = new Promise<void>((resolve) => response.on('close', resolve))
      server.#seen.push({ path: request.url ?? '', headers: request.headers, response, closed })
      server.#wake()
    })
    onTestFinished(() => {
      http.closeAllConnections()
      http.close()
    })
    return server
  }

  /** The next request, once it is there. */
  async next(): Promise<Seen> {
    for (;;) {
      const seen = this.#seen.shift()
      if (seen !== undefined) return seen
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** The next request, which is answered with a stream. */
  async nextStream(...events: readonly string[]): Promise<Seen> {
    const seen = await this.next()
    seen.response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    seen.response.write(`retry: 1000\n:\n\n${events.join('')}`)
    return seen
  }

  async nextJson(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Seen> {
    const seen = await this.next()
    seen.response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
    seen.response.end(status === 304 ? undefined : JSON.stringify(body))
    return seen
  }
}

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT } from 'jose'

export const EMBEDDING_SECRET = 'a secret that the website knows as well'

export interface HostPage {
  readonly body: string
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The website of a company, at an origin of its own, that shows the dashboard of another server on its pages. */
export class HostSite {
  readonly #server: Server
  /** Path → page. */
  readonly pages = new Map<string, HostPage>()
  /** What its tokens allow, and for how long. */
  claims: Readonly<Record<string, unknown>> = { panels: 'all', fixed: {} }
  tokenLifeSeconds = 300
  /** The clock that it signs by. */
  nowMs: () => number = () => Date.now()
  /** How many tokens it was asked for. */
  tokensSigned = 0

  private constructor(server: Server) {
    this.#server = server
  }

  static async open(): Promise<HostSite> {
    const server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname
      if (path === '/lakeweir-token') {
        site.token().then((token) => response.end(token))
        return
      }
      const page = site.pages.get(path)
      const { body = '', type = 'text/html', headers = {} } = page ?? {}
      response.writeHead(page === undefined ? 404 : 200, { 'Content-Type': `${type}; charset=utf-8`, ...headers })
      response.end(body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const site = new HostSite(server)
    // No browser asks for it in vain.
    site.pages.set('/favicon.ico', { body: '', type: 'image/x-icon' })
    return site
  }

  /** Not the address of the dashboard's server, so that it is another origin and another site. */
  get origin(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  /** Signs a token as docs/embedding.md says. */
  async token(): Promise<string> {
    this.tokensSigned += 1
    const now = Math.floor(this.nowMs() / 1_000)
    return new SignJWT({ ...this.claims })
      .setProtectedHeader({ alg: 'HS256', typ: 'lakeweir-embed+jwt' })
      .setAudience('lakeweir')
      .setIssuedAt(now)
      .setExpirationTime(now + this.tokenLifeSeconds)
      .sign(new TextEncoder().encode(EMBEDDING_SECRET))
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

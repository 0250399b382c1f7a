import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { SignJWT } from 'jose'

const FOLDER = join(import.meta.dirname, 'website')

/** How long a token is good for. The page asks for another one before it ends. */
const TOKEN_SECONDS = 300

export interface WebsiteOptions {
  /** A free one where left out. */
  readonly port?: number
  /** What the server of the numbers knows as well. */
  readonly secret: string
  /** The clock that its tokens are signed by. */
  readonly nowMs?: () => number
}

/** The website of a made-up messaging platform, whose page of numbers embeds the dashboard of another server. */
export class Website {
  readonly #server: Server
  readonly #secret: string
  readonly #nowMs: () => number
  /** Where the numbers come from; its page shows them once this is known. */
  numbersUrl = ''

  private constructor(server: Server, { secret, nowMs = Date.now }: WebsiteOptions) {
    this.#server = server
    this.#secret = secret
    this.#nowMs = nowMs
  }

  static async start(options: WebsiteOptions): Promise<Website> {
    const server = createServer()
    const website = new Website(server, options)
    server.on('request', ({ url = '/' }, response) => {
      website.#answer(new URL(url, 'http://localhost').pathname).then(
        (page) => {
          response.writeHead(page === undefined ? 404 : 200, { 'Content-Type': page?.type ?? 'text/plain' })
          response.end(page?.body ?? 'There is no such page.')
        },
        (error) => response.destroy(error),
      )
    })
    await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
    return website
  }

  /** Not the name by which the numbers are served: to a browser it is another website. */
  get origin(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #answer(path: string): Promise<{ readonly type: string; readonly body: string } | undefined> {
    switch (path) {
      case '/':
        return { type: 'text/html; charset=utf-8', body: page('overview.html', path, '') }
      case '/numbers':
        return { type: 'text/html; charset=utf-8', body: page('numbers.html', path, embedded(this.numbersUrl)) }
      case '/lakeweir-token':
        return { type: 'text/plain', body: await this.#token() }
      case '/tidewire.css':
        return { type: 'text/css', body: file('tidewire.css') }
      case '/tidewire.svg':
        return { type: 'image/svg+xml', body: file('tidewire.svg') }
      default:
        return undefined
    }
  }

  /** A real website first asks who the visitor is, and lets each see its own numbers alone. */
  #token(): Promise<string> {
    const now = Math.floor(this.#nowMs() / 1_000)
    return new SignJWT({ panels: 'all', fixed: {} })
      .setProtectedHeader({ alg: 'HS256', typ: 'lakeweir-embed+jwt' })
      .setAudience('lakeweir')
      .setIssuedAt(now)
      .setExpirationTime(now + TOKEN_SECONDS)
      .sign(new TextEncoder().encode(this.#secret))
  }
}

/** The lines that a website adds to its page. */
function embedded(numbersUrl: string): string {
  return `<lakeweir-dashboard></lakeweir-dashboard>
<script type="module">
  document.querySelector('lakeweir-dashboard').token = async () => (await fetch('/lakeweir-token')).text()
</script>
<script type="module" src="${numbersUrl}assets/lakeweir-dashboard.js"></script>`
}

function page(name: string, path: string, numbers: string): string {
  const link = `href="${path}"`
  const marked = (part: string): string => file(part).replace(link, `${link} aria-current="page"`)
  return file(name)
    .replace('<!-- top -->', () => (path === '/' ? file('top.html') : marked('top.html')))
    .replace('<!-- side -->', () => marked('side.html'))
    .replace('<!-- numbers -->', () => numbers)
}

function file(name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8')
}

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PlatformLake, type PlatformLakeOptions } from '../../scripts/platform/platformLake.ts'
import { createClient } from '../../src/client/index.ts'
import type { DashboardHandler, DashboardOptions } from '../../src/server/index.ts'
import { makeTemporaryFolder, removeFolder } from './temporaryFolder.ts'

/** A lake of the platform's messages and its server, for the tests of a file. */
export class PlatformSite {
  readonly lake: PlatformLake
  readonly #folder: string
  readonly #options: DashboardOptions
  #serving: { readonly server: Server; readonly handler: DashboardHandler } | undefined
  #port = 0

  private constructor(lake: PlatformLake, folder: string, options: DashboardOptions) {
    this.lake = lake
    this.#folder = folder
    this.#options = options
  }

  /** @returns it, once the server has all rows */
  static async open(options: PlatformLakeOptions = {}, serving: DashboardOptions = {}): Promise<PlatformSite> {
    const folder = makeTemporaryFolder()
    const site = new PlatformSite(await PlatformLake.make(folder, options), folder, serving)
    await site.start()
    return site
  }

  /** Where the dashboard is, with a slash at the end; also after it was started again. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}/`
  }

  async start(): Promise<void> {
    const handler = await this.lake.serve(this.#options)
    const server = createServer(handler)
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (server.address() as AddressInfo).port
    this.#serving = { server, handler }
  }

  /** Ends the server, as a deployment does: nobody listens at its address. */
  async stop(): Promise<void> {
    const serving = this.#serving
    if (serving === undefined) return
    this.#serving = undefined
    serving.server.close()
    serving.server.closeAllConnections()
    await serving.handler.close()
  }

  /** Waits until the server has the newest batch of the lake. @param token  where it wants one */
  async caughtUp(token?: string): Promise<void> {
    const { streams } = await this.lake.lake.status()
    const newest = streams.find(({ name }) => name === 'silver')?.last?.batch ?? 0
    const client = createClient({ url: this.url, ...(token === undefined ? {} : { token }) })
    for await (const { position } of client.follow({ one: { panel: 'messages' } })) {
      if ((position?.batch ?? 0) >= newest) return
    }
  }

  async end(): Promise<void> {
    await this.stop()
    await this.lake.close()
    removeFolder(this.#folder)
  }
}

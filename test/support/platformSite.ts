import { PlatformLake, type PlatformLakeOptions } from '../../scripts/platform/platformLake.ts'
import { PlatformServer } from '../../scripts/platform/platformServer.ts'
import { createClient } from '../../src/client/index.ts'
import { makeTemporaryFolder, removeFolder } from './temporaryFolder.ts'

/** A lake of the platform's messages and its server, for the tests of a file. */
export class PlatformSite {
  readonly lake: PlatformLake
  readonly #folder: string
  #server: PlatformServer | undefined
  #port = 0

  private constructor(lake: PlatformLake, folder: string) {
    this.lake = lake
    this.#folder = folder
  }

  /** @returns it, once the server has all rows */
  static async open(options: PlatformLakeOptions = {}): Promise<PlatformSite> {
    const folder = makeTemporaryFolder()
    const site = new PlatformSite(await PlatformLake.make(folder, options), folder)
    await site.start()
    return site
  }

  /** Where the dashboard is, with a slash at the end; also after it was started again. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}/`
  }

  async start(): Promise<void> {
    this.#server = await PlatformServer.start(this.lake, { port: this.#port })
    this.#port = this.#server.port
  }

  async stop(): Promise<void> {
    await this.#server?.stop()
    this.#server = undefined
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

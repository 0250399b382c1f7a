import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DashboardHandler, DashboardOptions } from '../../src/server/index.ts'
import type { PlatformLake } from './platformLake.ts'

export interface PlatformServerOptions extends DashboardOptions {
  /** A free one where left out. */
  readonly port?: number
}

/** Serves the dashboard of a platform's lake on 127.0.0.1. */
export class PlatformServer {
  readonly port: number
  readonly #server: Server
  readonly #handler: DashboardHandler

  private constructor(server: Server, handler: DashboardHandler) {
    this.port = (server.address() as AddressInfo).port
    this.#server = server
    this.#handler = handler
  }

  static async start(
    lake: PlatformLake,
    { port = 0, ...options }: PlatformServerOptions = {},
  ): Promise<PlatformServer> {
    const handler = await lake.serve(options)
    const server = createServer(handler)
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return new PlatformServer(server, handler)
  }

  /** Where the dashboard is, with a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/`
  }

  /** Ends it, as a deployment does: nobody listens at its address any more. */
  async stop(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await this.#handler.close()
  }
}

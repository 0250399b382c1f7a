import type { Session } from './session.ts'

/** A session that is opened when it is first needed: most of what could need one never does. */
export class LazySession {
  readonly #connect: () => Promise<Session>
  #session: Promise<Session> | undefined

  constructor(connect: () => Promise<Session>) {
    this.#connect = connect
  }

  open(): Promise<Session> {
    this.#session ??= this.#connect()
    return this.#session
  }

  async close(): Promise<void> {
    const session = await this.#session?.catch(() => undefined) // who asked for it was told why there is none
    session?.close()
  }
}

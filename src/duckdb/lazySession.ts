import type { Session } from './session.ts'

/** A session that is opened when it is first needed, which for most users is never. */
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
    const session = await this.#session?.catch(() => undefined) // the caller of `open` got the error
    session?.close()
  }
}

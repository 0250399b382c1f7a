import { closedError, type Session } from '../duckdb/session.ts'

/** The time from opening a lake to closing it: which calls are under way, and the sessions that they read with. */
export class Lifetime {
  readonly #calls = new Set<Promise<unknown>>()
  readonly #sessions = new Set<Session>()
  readonly #closing = new AbortController()
  #end: Promise<void> | undefined

  /** Aborted when the lake is closed. */
  get signal(): AbortSignal {
    return this.#closing.signal
  }

  /** @throws LakeError LAKE_CLOSED */
  assertOpen(): void {
    if (this.signal.aborted) throw closedError()
  }

  /** Runs a call; closing waits for its end. @throws LakeError LAKE_CLOSED */
  async call<T>(work: () => Promise<T>): Promise<T> {
    this.assertOpen()
    const running = work()
    this.#calls.add(running)
    try {
      return await running
    } finally {
      this.#calls.delete(running)
    }
  }

  /** Opens a session to read with; closing interrupts it. @throws LakeError LAKE_CLOSED */
  async open(connect: () => Promise<Session>): Promise<Session> {
    const session = await this.call(connect)
    if (this.signal.aborted) session.close()
    this.assertOpen()
    this.#sessions.add(session)
    return session
  }

  release(session: Session): void {
    this.#sessions.delete(session)
    session.close()
  }

  /** Refuses further calls, stops those that are under way, then closes what they use. */
  end(close: () => Promise<void>): Promise<void> {
    this.#end ??= this.#finish(close)
    return this.#end
  }

  async #finish(close: () => Promise<void>): Promise<void> {
    this.#closing.abort()
    while (this.#calls.size + this.#sessions.size > 0) {
      const sessions = [...this.#sessions]
      this.#sessions.clear()
      await Promise.allSettled([...sessions.map((session) => session.end()), ...this.#calls])
    }
    await close()
  }
}

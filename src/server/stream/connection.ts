import type { Clock, Timer } from '../../stream/clock.ts'
import type { Page } from './page.ts'
import { eventBytes } from './sseText.ts'

/** A client that reads nothing for so long, while there is something to read, is sent away. */
const PATIENCE_MS = 30_000

/** After its last event a client has so long to read it, before its connection is cut. */
const FAREWELL_MS = 5_000

const END_REASONS = {
  slow: 'This client read nothing for 30 seconds. Connect again to go on from the last event that was read.',
  expired: 'The token has expired. Connect again with a new one.',
  closing: 'The server is closing. Connect again later.',
} as const

export type EndReason = keyof typeof END_REASONS

export interface ConnectionOptions {
  readonly page: Page
  readonly clock: Clock
  /** What comes first. */
  readonly opening: Uint8Array
  /** `Last-Event-ID`, if the client comes back. */
  readonly lastId: string | undefined
  /** The newest freshness event. */
  readonly freshness: () => Uint8Array | undefined
  /** Two events as one piece, made once for all who get both. */
  readonly joined: (one: Uint8Array, other: Uint8Array) => Uint8Array
  /** Cuts the connection, whatever is still on its way. */
  readonly cut: () => void
  /** When its right to look ends, in milliseconds since 1970. */
  readonly expiresMs: number | undefined
  /** Called once, when nothing more will be sent but the end. */
  readonly onLeave: (reason: EndReason | 'left') => void
  /** Called once, when the connection is closed or cut. */
  readonly onGone: () => void
}

/**
 * One client. Nothing is queued for it: whenever it has read what it was sent, it gets what is newest by then. So a
 * slow client costs no memory and holds nobody back, and sees fewer of the steps.
 */
export class Connection {
  readonly body: ReadableStream<Uint8Array>
  /** Resolves when the last event was handed over, or the connection is closed or cut. */
  readonly gone: Promise<void>
  readonly #options: ConnectionOptions
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #opening: Uint8Array | undefined
  /** The number of the page's version that the client has; undefined until it has one. */
  #sent: number | undefined
  #freshness: Uint8Array | undefined
  #isReading = false
  #ending: Uint8Array | undefined
  #hasLeft = false
  #patience: Timer | undefined
  #farewell: Timer | undefined
  readonly #expiry: Timer | undefined
  #setGone: () => void = () => undefined

  constructor(options: ConnectionOptions) {
    const { clock, expiresMs } = options
    this.#options = options
    this.#opening = options.opening
    this.gone = new Promise((resolve) => {
      this.#setGone = resolve
    })
    if (expiresMs !== undefined) {
      this.#expiry = clock.after(expiresMs - clock.nowMs(), () => this.end('expired'))
    }
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => {
          this.#isReading = true
          this.wake()
        },
        cancel: () => this.#goAway(),
      },
      // Only what the client asks for is made: a queue here would be one for each client.
      { highWaterMark: 0 },
    )
  }

  /** Sends what is new, if the client reads; else notes that it is being waited for. */
  wake(): void {
    if (!this.#isReading) {
      if (this.#hasLeft) return
      this.#patience ??= this.#options.clock.after(PATIENCE_MS, () => this.end('slow'))
      return
    }
    this.#patience?.cancel()
    this.#patience = undefined
    const next = this.#next()
    if (next === undefined) return
    this.#isReading = false
    this.#controller?.enqueue(next)
    if (next !== this.#ending) return
    this.#controller?.close()
    this.#setGone()
  }

  /** Timers know nothing of a clock that was set forward. */
  endIfExpired(nowMs: number): void {
    const { expiresMs } = this.#options
    if (expiresMs !== undefined && nowMs >= expiresMs) this.end('expired')
  }

  /** Sends the reason instead of anything else that waits, and closes. */
  end(reason: EndReason): void {
    if (this.#hasLeft) return
    this.#ending = eventBytes('end', JSON.stringify({ reason, message: END_REASONS[reason] }))
    const { clock, cut } = this.#options
    // What was closed here may still be unread there.
    this.#farewell = clock.after(FAREWELL_MS, () => {
      this.#goAway()
      cut()
    })
    this.#leave(reason)
    this.wake()
  }

  /** Leaves it to others to cut the connection. */
  forget(): void {
    this.#farewell?.cancel()
    this.#options.onGone()
  }

  #next(): Uint8Array | undefined {
    if (this.#ending !== undefined) return this.#ending
    const opening = this.#opening
    this.#opening = undefined
    if (opening !== undefined) return opening
    const [page, freshness] = [this.#nextOfPage(), this.#nextFreshness()]
    return page === undefined || freshness === undefined ? (page ?? freshness) : this.#options.joined(page, freshness)
  }

  #nextOfPage(): Uint8Array | undefined {
    const { page, lastId } = this.#options
    const { version } = page
    if (version === undefined || this.#sent === version.number) return undefined
    const sent = this.#sent
    this.#sent = version.number
    return sent === undefined ? page.since(lastId) : page.changeSince(sent)
  }

  #nextFreshness(): Uint8Array | undefined {
    const newest = this.#options.freshness()
    if (newest === this.#freshness) return undefined
    this.#freshness = newest
    return newest
  }

  #leave(reason: EndReason | 'left'): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    this.#patience?.cancel()
    this.#expiry?.cancel()
    this.#options.onLeave(reason)
  }

  /** Ends what is left of it: the connection is closed, or about to be cut. */
  #goAway(): void {
    this.#leave('left')
    this.forget()
    this.#setGone()
  }
}

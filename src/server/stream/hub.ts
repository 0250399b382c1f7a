import type { Clock, Timer } from '../../stream/clock.ts'
import { freshnessOf } from '../freshness.ts'
import { ANYONE } from '../grant.ts'
import { Holders } from '../guard/holders.ts'
import type { PositionWatch } from '../positionWatch.ts'
import { ProblemError } from '../problem.ts'
import type { Waiting } from '../waiting.ts'
import { Connection, type EndReason } from './connection.ts'
import { FollowedPanel } from './followedPanel.ts'
import { Page } from './page.ts'
import { eventBytes, JoinedEvents, openingBytes } from './sseText.ts'
import type { StreamedPanel } from './streamed.ts'
import { UpdatePace } from './updatePace.ts'

/** Proxies close what is silent for a minute. Panels whose time moves on, or that failed, are asked again as well. */
const HEARTBEAT_MS = 15_000

/** Nobody is told more often how fresh the numbers are, however many clients come and however fast batches follow. */
const FRESHNESS_MS = 1_000

/** How fresh the numbers are goes with the first of them after a commit; alone if none have come for so long. */
const FRESHNESS_LATER_MS = 100

/** The most panels that are followed, each with its values: every one is a query at each update. */
const MAX_PANELS = 1_000

/** After a restart all clients come back: within these times, each at another. */
const RETRY_MS = { least: 1_000, most: 3_000 } as const

/** Steps of this part of a whole fall evenly, however many there are: chance would leave gaps and heaps. */
const GOLDEN = (Math.sqrt(5) - 1) / 2

export interface HubParts {
  readonly watch: Pick<PositionWatch, 'current' | 'onCommit'>
  readonly clock: Clock
  /** How many streams may be open with one token. */
  readonly clientsPerToken: number
  /** As the lake was last looked at; undefined where nobody does. */
  readonly waiting: () => Waiting | undefined
  /** For the log: what went wrong while no request was there to be told. */
  readonly onError: (error: unknown) => void
}

export interface Visit {
  readonly panels: readonly StreamedPanel[]
  /** Whose limit it counts against. */
  readonly holder: string
  /** `Last-Event-ID` of a client that comes back. */
  readonly lastId?: string | undefined
  /** When its right to look ends, in milliseconds since 1970. */
  readonly expiresMs?: number | undefined
  /** Cuts the connection. */
  readonly cut: () => void
}

export interface HubCounts {
  readonly clients: number
  readonly pages: number
  readonly panels: number
  /** Since the start: updates made, and clients sent away because they did not read. */
  readonly updates: number
  readonly dropped: number
}

interface SharedPage {
  readonly key: string
  readonly joined: JoinedEvents
  readonly page: Page
  readonly panels: readonly StreamedPanel[]
  readonly connections: Set<Connection>
}

/** Everybody who follows panels. What is the same for several is asked, compared and made text once. */
export class StreamHub {
  readonly #parts: HubParts
  readonly #holders: Holders
  readonly #panels = new Map<string, { readonly panel: FollowedPanel; pages: number }>()
  readonly #pages = new Map<string, SharedPage>()
  /** With those that still read their last event. */
  readonly #connections = new Set<Connection>()
  /** Panels being asked. */
  readonly #refreshing = new Set<Promise<void>>()
  readonly #endCommits: () => void
  readonly #timers: readonly Timer[]
  #tick = 1
  readonly #pace = new UpdatePace()
  #nextTick: Timer | undefined
  #freshnessLater: Timer | undefined
  #freshness: Uint8Array | undefined
  #lastFreshnessMs = Number.NEGATIVE_INFINITY
  #toldFiles: number | undefined
  /** Whether it was too early to tell it again. */
  #isFreshnessDue = false
  #spread = 0
  #closed: Promise<void> | undefined
  #updates = 0
  #dropped = 0

  constructor(parts: HubParts) {
    this.#parts = parts
    this.#holders = new Holders(parts.clientsPerToken)
    this.#endCommits = parts.watch.onCommit(() => this.#updateSoon())
    this.#timers = [
      parts.clock.every(HEARTBEAT_MS, () => this.#beat()),
      parts.clock.every(FRESHNESS_MS, () => this.#noticeWaiting()),
    ]
  }

  get counts(): HubCounts {
    const clients = [...this.#pages.values()].reduce((sum, { connections }) => sum + connections.size, 0)
    const { size: pages } = this.#pages
    return { clients, pages, panels: this.#panels.size, updates: this.#updates, dropped: this.#dropped }
  }

  /** @returns the events of a visit @throws ProblemError 429, 503 if there is no room for it now */
  open({ panels, holder, lastId, expiresMs, cut }: Visit): ReadableStream<Uint8Array> {
    const { clock } = this.#parts
    if (this.#closed !== undefined) throw full('The server is closing.')
    const exit = holder === ANYONE ? () => undefined : this.#holders.enter(holder)
    if (exit === undefined) throw full('Too many streams are open with this token.', 429)
    const shared = this.#pageOf(panels)
    if (shared === undefined) {
      exit()
      throw full('Too much is followed at the moment.')
    }
    const connection: Connection = new Connection({
      page: shared.page,
      clock,
      opening: openingBytes(this.#nextRetryMs()),
      lastId,
      expiresMs,
      freshness: () => this.#freshness,
      joined: (one, other) => shared.joined.of(one, other),
      cut,
      onLeave: (reason) => this.#leave(shared, connection, reason),
      onGone: () => {
        exit()
        this.#connections.delete(connection)
      },
    })
    shared.connections.add(connection)
    this.#connections.add(connection)
    if (shared.page.version === undefined) this.#refresh(shared)
    this.#renewFreshness()
    return connection.body
  }

  /** Tells every client that the server closes. @returns once all have read it or were cut off, and nothing is asked */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#endCommits()
    for (const timer of this.#timers) timer.cancel()
    this.#nextTick?.cancel()
    this.#freshnessLater?.cancel()
    const connections = [...this.#connections]
    for (const connection of connections) connection.end('closing')
    await Promise.all(connections.map(({ gone }) => gone))
    // Whoever closes the server cuts what is then still open.
    for (const connection of connections) connection.forget()
    await Promise.all(this.#refreshing)
  }

  #nextRetryMs(): number {
    this.#spread = (this.#spread + GOLDEN) % 1
    return RETRY_MS.least + this.#spread * (RETRY_MS.most - RETRY_MS.least)
  }

  #pageOf(panels: readonly StreamedPanel[]): SharedPage | undefined {
    const key = JSON.stringify(panels.map((panel) => panel.key))
    const known = this.#pages.get(key)
    if (known !== undefined) return known
    const added = new Set(panels.map((panel) => panel.key).filter((one) => !this.#panels.has(one)))
    if (this.#panels.size + added.size > MAX_PANELS) return undefined
    const connections = new Set<Connection>()
    const page = new Page({
      panels: panels.map((panel) => this.#follow(panel)),
      clock: this.#parts.clock,
      clients: () => connections.size,
      onVersion: () => {
        this.#updates += 1
        for (const connection of connections) connection.wake()
      },
    })
    const shared = { key, page, panels, connections, joined: new JoinedEvents() }
    this.#pages.set(key, shared)
    return shared
  }

  #follow(panel: StreamedPanel): FollowedPanel {
    const followed = this.#panels.get(panel.key) ?? { panel: new FollowedPanel(panel, this.#parts.onError), pages: 0 }
    followed.pages += 1
    this.#panels.set(panel.key, followed)
    return followed.panel
  }

  /** What nobody looks at is asked no more. */
  #leave(shared: SharedPage, connection: Connection, reason: EndReason | 'left'): void {
    if (reason === 'slow') this.#dropped += 1
    shared.connections.delete(connection)
    if (shared.connections.size > 0) return
    this.#pages.delete(shared.key)
    shared.page.close()
    for (const { key } of shared.panels) {
      const followed = this.#panels.get(key)
      if (followed === undefined) continue
      followed.pages -= 1
      if (followed.pages === 0) this.#panels.delete(key)
    }
  }

  #updateSoon(): void {
    const { clock } = this.#parts
    const delayMs = this.#pace.delayMs(clock.monotonicMs())
    if (delayMs <= 0) this.#update()
    else this.#nextTick ??= clock.after(delayMs, () => this.#update())
  }

  #update(): void {
    this.#nextTick?.cancel()
    this.#nextTick = undefined
    this.#pace.made(this.#parts.clock.monotonicMs())
    this.#askAnew()
    if (!this.#makeFreshness()) return
    this.#freshnessLater?.cancel()
    this.#freshnessLater = this.#parts.clock.after(FRESHNESS_LATER_MS, () => this.#tellFreshness())
  }

  #askAnew(): void {
    this.#tick += 1
    for (const shared of this.#pages.values()) this.#refresh(shared)
  }

  #refresh({ page }: SharedPage): void {
    const refreshing = page
      .refresh(this.#tick)
      .catch(this.#parts.onError)
      .finally(() => this.#refreshing.delete(refreshing))
    this.#refreshing.add(refreshing)
  }

  #beat(): void {
    const nowMs = this.#parts.clock.nowMs()
    for (const connection of this.#connections) connection.endIfExpired(nowMs)
    this.#lastFreshnessMs = Number.NEGATIVE_INFINITY
    this.#askAnew() // and the next commit does not wait for that
    this.#renewFreshness()
  }

  /** What waits may change without a commit, above all where nothing takes it. */
  #noticeWaiting(): void {
    if (this.#isFreshnessDue || this.#parts.waiting()?.files !== this.#toldFiles) this.#renewFreshness()
  }

  #renewFreshness(): void {
    if (this.#makeFreshness()) this.#tellFreshness()
  }

  #tellFreshness(): void {
    for (const connection of this.#connections) connection.wake()
  }

  /** @returns whether there is something new to tell */
  #makeFreshness(): boolean {
    const { clock, watch } = this.#parts
    const waiting = this.#parts.waiting()
    const nowMs = clock.monotonicMs()
    this.#isFreshnessDue = nowMs - this.#lastFreshnessMs < FRESHNESS_MS
    if (this.#isFreshnessDue || this.#pages.size === 0) return false
    this.#lastFreshnessMs = nowMs
    const freshness = freshnessOf(clock.nowMs(), watch.current, waiting)
    this.#toldFiles = waiting?.files
    this.#freshness = eventBytes('freshness', JSON.stringify(freshness))
    return true
  }
}

function full(title: string, status: 429 | 503 = 503): ProblemError {
  return new ProblemError(status, title, { headers: { 'Retry-After': '10' } })
}

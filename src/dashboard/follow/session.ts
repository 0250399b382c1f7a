import {
  type Client,
  createClient,
  type DashboardHead,
  type Freshness,
  LakeweirError,
  type TokenSource,
} from '../../client/index.ts'
import type { DashboardClock } from '../clock.ts'
import { CommitHistory } from '../freshness/commitHistory.ts'
import {
  commitOf,
  type FreshnessFacts,
  type FreshnessFound,
  freshnessOf,
  waitingOf,
} from '../freshness/freshnessState.ts'
import type { FreshnessPast } from '../freshness/told.ts'
import type { Asked } from '../view/asking.ts'
import { type Fed, PanelFeed } from './panelFeed.ts'
import { ServerClock } from './serverClock.ts'

export interface SessionParts {
  readonly url: string
  readonly token: TokenSource
  readonly clock: DashboardClock
  /** Called whenever something is new. */
  readonly onChange: () => void
}

const FIRST_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 30_000

/** What is known of one server, from the first question until it is closed. */
export class Session {
  readonly client: Client
  readonly server: ServerClock
  readonly history = new CommitHistory()
  readonly #clock: DashboardClock
  readonly #feed: PanelFeed
  readonly #onChange: () => void
  #head: DashboardHead | undefined
  #failure: unknown
  #heardMs: number | undefined
  #heardLagMs: number | undefined
  #toldBy: Freshness | undefined
  #retryInMs: number | undefined
  #retryAtMs: number | undefined
  #isOffline = false
  #isPaused = false
  #isClosed = false
  #wasLost = false
  #pauseMs = FIRST_PAUSE_MS
  #asked: readonly Asked[] = []
  #cancelRetry: () => void = () => undefined
  /** How long a refusal stands until it is tried again. */
  #refusedMs = FIRST_PAUSE_MS
  #cancelRefused: (() => void) | undefined

  constructor({ url, token, clock, onChange }: SessionParts) {
    this.#clock = clock
    this.server = new ServerClock(clock)
    this.#onChange = onChange
    this.client = createClient({
      url,
      token,
      fetch: async (address, options) => {
        const response = await fetch(address, options)
        if (response.status < 500) this.#heard()
        return response
      },
    })
    this.#feed = new PanelFeed(this.client, () => this.#onFed())
  }

  get head(): DashboardHead | undefined {
    return this.#head
  }

  /** Why there is no head; undefined while it is being asked for. */
  get failure(): unknown {
    return this.#failure
  }

  get fed(): Fed {
    return this.#feed.fed
  }

  /** Asks what the dashboard is made of, until that is known. */
  async open(): Promise<void> {
    this.#cancelRetry()
    try {
      const head = await this.client.dashboard()
      if (this.#isClosed) return
      this.server.told(Date.parse(head.serverTime))
      this.#head = head
      this.#failure = undefined
      this.#pauseMs = FIRST_PAUSE_MS
      this.#onChange()
    } catch (error) {
      if (this.#isClosed) return
      this.#failure = error
      this.#onChange()
      // Even a refusal may end: a token is renewed, a server of another version gives way.
      this.#cancelRetry = this.#clock.after(this.#pauseMs, () => void this.open())
      this.#pauseMs = Math.min(MAX_PAUSE_MS, this.#pauseMs * 2)
    }
  }

  /** From now on these panels are followed. */
  ask(asked: readonly Asked[]): void {
    this.#asked = asked
    this.#cancelRefused?.()
    this.#cancelRefused = undefined
    if (!this.#isPaused && !this.#isClosed) this.#feed.follow(asked)
  }

  /** Nobody looks. */
  pause(): void {
    this.#isPaused = true
    this.#cancelRefused?.()
    this.#cancelRefused = undefined
    this.#feed.stop()
  }

  /** Somebody looks again: everything that was missed comes at once. */
  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.tryNow()
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  setOffline(isOffline: boolean): void {
    this.#isOffline = isOffline
    if (!isOffline) this.tryNow()
    this.#onChange()
  }

  tryNow(): void {
    this.#pauseMs = FIRST_PAUSE_MS
    this.#refusedMs = FIRST_PAUSE_MS
    if (this.#head === undefined || this.#failure !== undefined) void this.open()
    this.ask(this.#asked)
  }

  close(): void {
    this.#isClosed = true
    this.#cancelRetry()
    this.#cancelRefused?.()
    this.#feed.stop()
  }

  /** Undefined until the server has told the time. */
  get facts(): FreshnessFacts | undefined {
    const { nowMs } = this.server
    if (nowMs === undefined) return undefined
    const { position, freshness } = this.fed
    const sinceMs = this.#clock.monotonicMs() - (this.#heardMs ?? this.#clock.monotonicMs())
    return {
      nowMs,
      heardMs: nowMs - sinceMs,
      isOffline: this.#isOffline,
      commit: commitOf(position ?? this.#head?.position ?? null),
      // While nothing tells what waits, nothing is said of it.
      waiting: this.fed.connection === 'polling' ? undefined : waitingOf(freshness),
    }
  }

  get past(): FreshnessPast {
    const inMs = this.#retryAtMs === undefined ? 0 : this.#retryAtMs - this.#clock.monotonicMs()
    return { speed: this.history.speed, heardLagMs: this.#heardLagMs, retryInMs: inMs > 500 ? inMs : undefined }
  }

  /** In which state the numbers are; undefined until that can be said. */
  get found(): FreshnessFound | undefined {
    const { facts } = this
    const head = this.#head
    if (facts === undefined || head === undefined) return undefined
    const found = freshnessOf(facts, head.settings)
    if (found.lagMs !== undefined) this.#heardLagMs = found.lagMs
    return found
  }

  #heard(): void {
    this.#heardMs = this.#clock.monotonicMs()
  }

  #onFed(): void {
    const { connection, freshness, position, retryInMs, refusal } = this.fed
    if (connection === 'streaming') this.#heard()
    // What was said before says nothing of now.
    if (freshness !== undefined && freshness !== this.#toldBy) this.server.told(Date.parse(freshness.serverTime))
    this.#toldBy = freshness
    if (retryInMs !== this.#retryInMs) {
      this.#retryAtMs = retryInMs === undefined ? undefined : this.#clock.monotonicMs() + retryInMs
      this.#retryInMs = retryInMs
    }
    const commit = commitOf(position)
    if (commit !== undefined) this.history.add(commit)
    // A server that was away may have come back as another.
    if (connection !== 'waiting' && this.#wasLost) void this.open()
    this.#wasLost = connection === 'waiting' && (this.#wasLost || this.fed.answers.size > 0)
    if (refusal !== undefined) this.#againAfter(refusal)
    else if (connection !== 'waiting') this.#refusedMs = FIRST_PAUSE_MS
    this.#onChange()
  }

  /** Even a refusal may end: of a token by a new secret or a new token, of panels by a server that has others. */
  #againAfter(refusal: unknown): void {
    if (this.#isPaused || this.#isClosed) return
    this.#cancelRefused ??= this.#clock.after(this.#refusedMs, () => {
      if (!isRefused(refusal, 401)) void this.open()
      this.ask(this.#asked)
    })
    this.#refusedMs = Math.min(MAX_PAUSE_MS, this.#refusedMs * 2)
  }
}

export function isRefused(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof LakeweirError && statuses.includes(error.status ?? 0)
}

import { panelAnswer, patchedRows, problemOf } from './answers.ts'
import { type Clock, sleep } from './clock.ts'
import { EventParser, type StreamEvent } from './events.ts'
import { fieldsOf, listOf, parsed } from './fields.ts'
import { queryOf, type Requests } from './requests.ts'
import {
  type Connection,
  type Freshness,
  LakeweirError,
  type PanelAnswer,
  type ParameterValue,
  type Position,
} from './types.ts'

/** A proxy that keeps a stream to itself until it ends is noticed by this. */
const FIRST_MS = 10_000

/** The server says something every 15 seconds. */
const SILENCE_MS = 45_000
/** No answer takes so long: the network is gone, and nobody tells. */
const ANSWER_MS = 45_000

/** So many failed streams in a row, and the panels are asked for one by one instead. */
const FAILURES_UNTIL_POLLING = 3

const POLL_MS = 2_000
/** After so many rounds a stream is tried again. */
const POLL_ROUNDS = 30

const MIN_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 30_000

/** A panel that is followed, by the name that whoever follows it has given it. */
export interface Followed {
  readonly key: string
  readonly panel: string
  readonly parameters: Readonly<Record<string, ParameterValue>>
}

/** What is known by now. */
export interface Known {
  readonly panels: Readonly<Record<string, PanelAnswer | undefined>>
  readonly changed: readonly string[]
  readonly problems: Readonly<Record<string, LakeweirError>>
  readonly position: Position | null
  readonly freshness: Freshness | undefined
  readonly connection: Connection
  readonly reason: unknown
  readonly retryInMs: number | undefined
}

/** Follows panels until it is stopped: by a stream, and while none comes through, by asking. */
export class Follower {
  readonly #requests: Requests
  readonly #followed: readonly Followed[]
  readonly #clock: Clock
  readonly #stop = new AbortController()
  readonly #shown = new Map<string, { answer?: PanelAnswer; problem?: LakeweirError; digest?: string; tag?: string }>()
  readonly #changed = new Set<string>()
  #position: Position | null = null
  #freshness: Freshness | undefined
  #connection: Connection = 'waiting'
  #reason: unknown
  #retryInMs: number | undefined
  #lastId = ''
  #retryMs = MIN_PAUSE_MS
  /** Streams in a row that brought nothing. */
  #failures = 0
  #isNew = false
  #wake: () => void = () => undefined

  constructor(requests: Requests, followed: readonly Followed[], clock: Clock) {
    this.#requests = requests
    this.#followed = followed
    this.#clock = clock
  }

  /** What is known, whenever that is more than before. Whoever is slow to ask again misses steps, and no result. */
  async *updates(signal: AbortSignal | undefined): AsyncGenerator<Known> {
    const stop = (): void => this.#stop.abort()
    signal?.addEventListener('abort', stop)
    if (signal?.aborted === true) stop()
    let failure: { readonly error: unknown } | undefined
    const ended = this.#run()
      .catch((error: unknown) => {
        failure = { error }
      })
      .finally(() => {
        stop()
        this.#wake()
      })
    this.#stop.signal.addEventListener('abort', () => this.#wake())
    try {
      while (!this.#stop.signal.aborted) {
        if (this.#isNew) yield this.#take()
        else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
      await ended
      if (failure !== undefined) throw failure.error
    } finally {
      signal?.removeEventListener('abort', stop)
      stop()
      await ended
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      const pauseMs = await this.#stream()
      if (signal.aborted) return
      if (this.#failures >= FAILURES_UNTIL_POLLING) await this.#poll()
      else if (pauseMs > 0) await sleep(this.#clock, pauseMs, signal)
    }
  }

  /** One stream from its beginning to its end. @returns how long to wait before the next one */
  async #stream(): Promise<number> {
    const attempt = new AbortController()
    const stop = (): void => attempt.abort()
    const { signal } = this.#stop
    signal.addEventListener('abort', stop)
    let cancelWait = this.#clock.after(FIRST_MS, stop)
    const parser = new EventParser()
    this.#failures += 1
    let reason: unknown
    try {
      const body = await this.#openStream(attempt.signal)
      for (;;) {
        const { done, value } = await body.read()
        if (done) break
        cancelWait()
        cancelWait = this.#clock.after(SILENCE_MS, stop)
        for (const event of parser.push(value)) this.#takeEvent(event)
        this.#retryMs = parser.retryMs ?? this.#retryMs
      }
    } catch (error) {
      if (error instanceof LakeweirError && !error.canRetry) throw error
      reason = error
    } finally {
      cancelWait()
      signal.removeEventListener('abort', stop)
      stop()
    }
    const pauseMs = this.#pauseAfter(reason)
    // A token that is renewed is no interruption.
    if (pauseMs > 0) this.#wait(reason, pauseMs)
    return pauseMs
  }

  #pauseAfter(reason: unknown): number {
    const askedMs = reason instanceof LakeweirError ? reason.retryAfterMs : undefined
    if (askedMs !== undefined) return askedMs * (1 + this.#clock.random() / 2)
    // All who lost the same server would come back at the same moment.
    const backoff = this.#retryMs * 2 ** Math.max(0, this.#failures - 1)
    return Math.min(MAX_PAUSE_MS, backoff) * (0.5 + this.#clock.random() / 2)
  }

  async #openStream(signal: AbortSignal): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    const panels = this.#followed.map(({ panel, parameters }) => {
      const query = queryOf(parameters)
      return `panel=${encodeURIComponent(query === '' ? panel : `${panel}?${query}`)}`
    })
    const headers = { Accept: 'text/event-stream', ...(this.#lastId === '' ? {} : { 'Last-Event-ID': this.#lastId }) }
    const response = await this.#requests.get(`api/stream?${panels.join('&')}`, { signal, headers })
    const type = response.headers.get('Content-Type') ?? 'nothing'
    if (!type.startsWith('text/event-stream') || response.body === null) {
      this.#failures = FAILURES_UNTIL_POLLING
      throw new LakeweirError(`The server answered with ${type} instead of a stream.`)
    }
    return response.body.getReader()
  }

  #takeEvent({ name, data, id }: StreamEvent): void {
    if (name === 'end') {
      const { reason, message } = parsed(data, 'an event')
      if (reason === 'expired') this.#requests.forgetToken()
      throw new LakeweirError(String(message), { retryAfterMs: reason === 'expired' ? 0 : undefined })
    }
    const isKnown = name === 'snapshot' || name === 'change' || name === 'freshness'
    if (!isKnown) return // of a newer server
    const fields = parsed(data, 'an event')
    if (name === 'freshness') this.#freshness = fields as unknown as Freshness
    else this.#takePanels(listOf(fields.panels, 'an event'), fields.position)
    if (id !== '') this.#lastId = id
    this.#failures = 0
    this.#connection = 'streaming'
    this.#reason = undefined
    this.#retryInMs = undefined
    this.#tell()
  }

  #takePanels(parts: readonly unknown[], position: unknown): void {
    this.#position = (position ?? null) as Position | null
    for (const part of parts) {
      const { at, digest, from, answer, rows, patch, problem, position: ahead } = fieldsOf(part, 'a panel')
      const key = this.#followed[Number(at)]?.key
      if (key === undefined) continue
      const shown = this.#shown.get(key)
      if (problem !== undefined) {
        this.#show(key, { ...shown, problem: problemOf(problem), digest: String(digest) })
        continue
      }
      const head = fieldsOf(answer, 'a panel')
      if (patch !== undefined && shown?.digest !== from) {
        this.#lastId = '' // the next stream begins with everything
        throw new LakeweirError('The server sent a change of rows that this client does not have.')
      }
      const all = patch === undefined ? rows : patchedRows(shown?.answer?.rows ?? [], patch)
      this.#show(key, { answer: panelAnswer(head, all, ahead ?? position), digest: String(digest) })
    }
  }

  /** Asks for each panel again and again. */
  async #poll(): Promise<void> {
    const { signal } = this.#stop
    this.#lastId = '' // what comes by another way has no id
    for (let round = 0; round < POLL_ROUNDS && !signal.aborted; round++) {
      await this.#askAll()
      await sleep(this.#clock, POLL_MS * (0.75 + this.#clock.random() / 2), signal)
    }
    this.#failures = FAILURES_UNTIL_POLLING - 1 // one more stream, then back to this
  }

  async #askAll(): Promise<void> {
    const attempt = new AbortController()
    const stop = (): void => attempt.abort()
    this.#stop.signal.addEventListener('abort', stop)
    const cancelWait = this.#clock.after(ANSWER_MS, stop)
    try {
      await Promise.all(this.#followed.map((followed) => this.#ask(followed, attempt.signal)))
      if (this.#connection === 'polling') return
      this.#freshness = undefined
      this.#connection = 'polling'
      this.#retryInMs = undefined
      this.#tell()
    } catch (error) {
      if (this.#stop.signal.aborted) return
      if (error instanceof LakeweirError && !error.canRetry) throw error
      this.#wait(error)
    } finally {
      cancelWait()
      this.#stop.signal.removeEventListener('abort', stop)
      stop() // what is still on its way would come after the answers of the next round
    }
  }

  async #ask({ key, panel, parameters }: Followed, signal: AbortSignal): Promise<void> {
    const shown = this.#shown.get(key)
    const headers = { Accept: 'application/json', ...(shown?.tag === undefined ? {} : { 'If-None-Match': shown.tag }) }
    try {
      const path = `api/panels/${encodeURIComponent(panel)}?${queryOf(parameters)}`
      const response = await this.#requests.get(path, { signal, headers })
      if (response.status === 304) {
        const { problem, ...known } = shown ?? {}
        if (problem !== undefined) this.#show(key, known)
        return
      }
      const fields = fieldsOf(await response.json(), 'a panel')
      const answer = panelAnswer(fields, fields.rows, fields.position)
      this.#position = answer.position
      const tag = response.headers.get('ETag')
      this.#show(key, { answer, ...(tag === null ? {} : { tag }) })
    } catch (error) {
      // One that is being built is no reason to wait with the others.
      if (!(error instanceof LakeweirError) || error.status === undefined || !error.canRetry) throw error
      this.#show(key, { ...shown, problem: error })
    }
  }

  #show(key: string, shown: { answer?: PanelAnswer; problem?: LakeweirError; digest?: string; tag?: string }): void {
    this.#shown.set(key, shown)
    this.#changed.add(key)
    this.#tell()
  }

  /** Nothing comes at the moment. */
  #wait(reason: unknown, retryInMs?: number): void {
    if (this.#stop.signal.aborted) return
    this.#retryInMs = retryInMs
    this.#connection = 'waiting'
    this.#reason = reason
    this.#tell()
  }

  #tell(): void {
    this.#isNew = true
    this.#wake()
  }

  #take(): Known {
    const panels = this.#followed.map(({ key }) => [key, this.#shown.get(key)?.answer])
    const problems = this.#followed.flatMap(({ key }) => {
      const problem = this.#shown.get(key)?.problem
      return problem === undefined ? [] : [[key, problem]]
    })
    const changed = [...this.#changed]
    this.#changed.clear()
    this.#isNew = false
    return {
      panels: Object.fromEntries(panels),
      changed,
      problems: Object.fromEntries(problems),
      position: this.#position,
      freshness: this.#freshness,
      connection: this.#connection,
      reason: this.#reason,
      retryInMs: this.#retryInMs,
    }
  }
}

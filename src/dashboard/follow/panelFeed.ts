import {
  type Client,
  type Connection,
  type Freshness,
  LakeweirError,
  type PanelAnswer,
  type Position,
} from '../../client/index.ts'
import { type Asked, keyOf } from '../view/asking.ts'

/** What the server takes in one stream. */
const MAX_PANELS = 32

/** What is known of the panels that are followed. */
export interface Fed {
  /** By `keyOf` of what was asked. */
  readonly answers: ReadonlyMap<string, PanelAnswer>
  readonly problems: ReadonlyMap<string, LakeweirError>
  readonly connection: Connection
  readonly freshness: Freshness | undefined
  readonly position: Position | null
  /** How long from the last update on until the server is tried again. */
  readonly retryInMs: number | undefined
  /** Why nothing is followed any longer: no patience helps. */
  readonly refusal: unknown
}

const NOTHING: Fed = {
  answers: new Map(),
  problems: new Map(),
  connection: 'waiting',
  freshness: undefined,
  position: null,
  retryInMs: undefined,
  refusal: undefined,
}

/** Follows panels, and others when they are to be others, without forgetting what both have. */
export class PanelFeed {
  readonly #client: Client
  readonly #onChange: () => void
  #fed = NOTHING
  #stop = new AbortController()

  /** @param onChange  called whenever something is new */
  constructor(client: Client, onChange: () => void) {
    this.#client = client
    this.#onChange = onChange
  }

  get fed(): Fed {
    return this.#fed
  }

  /** From now on these; answers to the same questions stay until there are others. */
  follow(asked: readonly Asked[]): void {
    this.stop()
    this.#stop = new AbortController()
    const all = new Map(asked.map((each) => [keyOf(each), each]))
    const kept = <Of>(of: ReadonlyMap<string, Of>): Map<string, Of> => new Map([...of].filter(([key]) => all.has(key)))
    // A refusal stands until there is something else to say: asked for again, it would flicker.
    const refusal = all.size === 0 ? undefined : this.#fed.refusal
    this.#fed = { ...this.#fed, answers: kept(this.#fed.answers), problems: new Map(), refusal }
    const entries = [...all]
    for (let first = 0; first < entries.length; first += MAX_PANELS) {
      void this.#run(entries.slice(first, first + MAX_PANELS), this.#stop.signal)
    }
  }

  /** What was found stays. */
  stop(): void {
    this.#stop.abort()
  }

  async #run(entries: readonly (readonly [key: string, asked: Asked])[], signal: AbortSignal): Promise<void> {
    let followed = entries
    while (followed.length > 0 && !signal.aborted) {
      try {
        await this.#followAll(followed, signal)
        return
      } catch (error) {
        if (signal.aborted) return
        const refused = await this.#refusedOf(followed, signal)
        if (signal.aborted) return
        followed = followed.filter(([key]) => !refused.has(key))
        const isOfNone = refused.size === 0
        const problems = new Map([...this.#fed.problems, ...refused])
        this.#change({ problems, ...(isOfNone || followed.length === 0 ? { refusal: error } : {}) })
        if (isOfNone) return
      }
    }
  }

  async #followAll(entries: readonly (readonly [key: string, asked: Asked])[], signal: AbortSignal): Promise<void> {
    const panels = Object.fromEntries(
      entries.map(([key, { head, parameters }]) => [key, { panel: head.name, parameters }]),
    )
    for await (const update of this.#client.follow(panels, { signal })) {
      if (signal.aborted) return
      const answers = new Map(this.#fed.answers)
      const problems = new Map(this.#fed.problems)
      for (const [key] of entries) {
        const answer = update.panels[key]
        const problem = update.problems[key]
        if (answer !== undefined) answers.set(key, answer)
        if (problem === undefined) problems.delete(key)
        else problems.set(key, problem)
      }
      const { connection, freshness, retryInMs } = update
      const position = update.position ?? this.#fed.position
      const refusal = connection === 'waiting' ? this.#fed.refusal : undefined
      const told = { connection, position, retryInMs, freshness: freshness ?? this.#fed.freshness, refusal }
      this.#change({ answers, problems, ...told })
    }
  }

  /** A stream is refused as a whole where one of its panels is: each is asked alone, so that the others go on. */
  async #refusedOf(
    entries: readonly (readonly [key: string, asked: Asked])[],
    signal: AbortSignal,
  ): Promise<Map<string, LakeweirError>> {
    const answers = await Promise.allSettled(
      entries.map(([, { head, parameters }]) => this.#client.panel(head.name, parameters, { signal })),
    )
    const refused = new Map<string, LakeweirError>()
    for (const [at, [key]] of entries.entries()) {
      const answer = answers[at]
      if (answer?.status !== 'rejected' || !(answer.reason instanceof LakeweirError)) continue
      if (!answer.reason.canRetry && answer.reason.status !== 401) refused.set(key, answer.reason)
    }
    return refused
  }

  #change(fed: Partial<Fed>): void {
    this.#fed = { ...this.#fed, ...fed }
    this.#onChange()
  }
}

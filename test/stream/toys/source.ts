import type {
  Feed,
  Idle,
  Limits,
  Moment,
  Offset,
  Portion,
  Position,
  Refusal,
  Source,
  Watch,
} from '../../../src/stream/source.ts'

/** Numbers from 0 on, as many as there are by now. */
export class ToySource implements Source {
  readonly kind = 'toy'
  /** What was done with its portions, in order. */
  readonly calls: string[] = []
  /** How often it was resumed, and where. */
  readonly resumedAt: number[] = []
  /** How often it was asked for a portion. */
  looks = 0
  count = 0
  /** What to answer when a portion is refused. */
  onRefuse: (refusal: Refusal) => boolean = () => false
  onFinish: () => void = () => undefined
  onLook: (looks: number) => void = () => undefined
  /** Of the wait that is under way. */
  wake: (() => void) | undefined
  /** Told once the next watch opens. */
  onWatch: () => void = () => undefined

  async resume(last: Position | undefined): Promise<Feed> {
    const at = rowsOf(last?.source.end ?? null)
    this.resumedAt.push(at)
    return new ToyFeed(this, at)
  }
}

class ToyFeed implements Feed {
  readonly #source: ToySource
  #at: number
  #pinnedAt = Number.POSITIVE_INFINITY

  constructor(source: ToySource, at: number) {
    this.#source = source
    this.#at = at
  }

  async next(limits: Limits, _moment: Moment): Promise<Portion | Idle> {
    this.#source.looks += 1
    this.#source.onLook(this.#source.looks)
    const first = this.#at
    const endExclusive = Math.min(this.#source.count, this.#pinnedAt, first + limits.maxRows)
    if (endExclusive <= first) return { kind: 'idle', recheckMs: undefined, notes: [] }
    const { calls } = this.#source
    const say = (what: string): number => calls.push(`${what} ${first}-${endExclusive}`)
    return {
      kind: 'portion',
      range: { start: { rows: first }, end: { rows: endExclusive }, detail: {}, fileCount: endExclusive - first },
      input: { kind: 'generated', first, endExclusive, firstMicros: 0, stepMicros: 1, variables: {} },
      notes: [],
      secure: async () => {
        say('secure')
        return endExclusive - first
      },
      finish: async () => {
        say('finish')
        this.#source.onFinish()
        this.#at = endExclusive
      },
      refuse: async (refusal) => {
        say('refuse')
        return this.#source.onRefuse(refusal)
      },
    }
  }

  async pin(): Promise<void> {
    this.#pinnedAt = this.#source.count
    this.#source.calls.push('pin')
  }

  async watch(wake: () => void): Promise<Watch> {
    this.#source.wake = wake
    this.#source.onWatch()
    return {
      recheckMs: undefined,
      notes: [],
      close: async () => {
        this.#source.wake = undefined
      },
    }
  }

  async close(): Promise<void> {
    this.#source.calls.push('close')
  }
}

function rowsOf(offset: Offset | null): number {
  return Number(offset?.rows ?? 0)
}

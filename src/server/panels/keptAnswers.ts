import type { ServedPosition } from '../../serving/reader.ts'
import type { Clock } from '../../stream/clock.ts'
import type { PositionWatch } from '../positionWatch.ts'
import { Turns } from '../turns.ts'

/**
 * After a batch, every panel is asked for at once: more queries side by side only make each of them slower. A slow one
 * would keep all others waiting for seconds, so it makes room for another.
 */
const QUERIES = { atOnce: 2, longMs: 200, longAtOnce: 4 } as const

/** A request waits so long for the answer of the newest batch, if there is one of a batch before. */
const PATIENCE_MS = 10

/** An answer may be sent for so long after a batch that it lacks. */
const BEHIND_MS = 1_000

/** How much answers may take in memory together; the oldest go first. */
const MAX_CHARACTERS = 32 * 2 ** 20
const MAX_ANSWERS = 1_000

/** `newest`: of the batch of now, however long that takes. `soon`: at most a second behind, if that is there sooner. */
export type Wish = 'newest' | 'soon'

/** What can be kept: made at one position, and known in size. */
export interface Keepable {
  readonly position: ServedPosition
  /** The body that is sent, as JSON. */
  readonly json: string
}

interface Kept<Answer> {
  readonly key: string
  last: Answer | undefined
  /** When the last was first known to lack a batch, on the monotonic clock; undefined: it lacks none. */
  outdatedMs: number | undefined
  next: Next<Answer> | undefined
}

/** An answer that is being made. */
interface Next<Answer> {
  readonly answer: Promise<Answer>
  /** What is asked before a batch may lack it. */
  hasBegun: boolean
  hurry(): void
}

/**
 * Answers by key, each made once for all who ask. When a batch comes, those of before are not forgotten but made anew,
 * one key at a time and only if somebody asks for it: whoever waits would otherwise wait for all panels of all others.
 */
export class KeptAnswers<Answer extends Keepable> {
  readonly #watch: Pick<PositionWatch, 'current' | 'onCommit'>
  readonly #clock: Clock
  readonly #turns: Turns
  /** The ones made last at the end. */
  readonly #kept = new Map<string, Kept<Answer>>()
  #characters = 0
  readonly #stop: () => void

  constructor(watch: Pick<PositionWatch, 'current' | 'onCommit'>, clock: Clock) {
    this.#watch = watch
    this.#clock = clock
    this.#turns = new Turns(QUERIES, clock)
    this.#stop = watch.onCommit(() => this.#outdate())
  }

  get size(): { readonly answers: number; readonly characters: number } {
    return { answers: this.#kept.size, characters: this.#characters }
  }

  /** @param make  asks for the answer, in its turn; it fails, or its answer is of the position that there is by then */
  async answer(key: string, make: () => Promise<Answer>, wish: Wish): Promise<Answer> {
    const kept = this.#kept.get(key) ?? { key, last: undefined, outdatedMs: undefined, next: undefined }
    this.#kept.set(key, kept)
    const { last, outdatedMs } = kept
    if (last !== undefined && outdatedMs === undefined) return last
    if (wish === 'soon' && last !== undefined && !this.#isTooOld(kept)) return this.#soon(kept, make, last)
    const asked = this.#watch.current
    if (kept.next?.hasBegun === true) {
      kept.next.hurry()
      const answer = await kept.next.answer.catch(() => undefined) // whoever began it is told
      if (answer !== undefined && hasReached(answer.position, asked)) return answer
    }
    // Another may have begun it meanwhile: later than this was asked for.
    const next = this.#renew(kept, make, true)
    next.hurry()
    return next.answer
  }

  close(): void {
    this.#stop()
    this.#kept.clear()
    this.#characters = 0
  }

  async #soon(kept: Kept<Answer>, make: () => Promise<Answer>, last: Answer): Promise<Answer> {
    const next = this.#renew(kept, make, false)
    let isOver: (answer: Answer) => void = () => undefined
    const patience = new Promise<Answer>((resolve) => {
      isOver = resolve
    })
    const timer = this.#clock.after(PATIENCE_MS, () => isOver(last))
    try {
      return await Promise.race([next.answer, patience])
    } finally {
      timer.cancel()
    }
  }

  #renew(kept: Kept<Answer>, make: () => Promise<Answer>, isAwaited: boolean): Next<Answer> {
    if (kept.next !== undefined) return kept.next
    const turn = this.#turns.take(() => this.#make(kept, next, make), isAwaited)
    const next: Next<Answer> = { answer: turn.result, hasBegun: false, hurry: () => turn.hurry() }
    turn.result.catch(() => undefined) // it may fail once nobody waits for it any more
    kept.next = next
    return next
  }

  async #make(kept: Kept<Answer>, next: Next<Answer>, make: () => Promise<Answer>): Promise<Answer> {
    next.hasBegun = true
    const begunMs = this.#clock.monotonicMs()
    try {
      const answer = await make()
      this.#keep(kept, answer, begunMs)
      return answer
    } finally {
      kept.next = undefined
      if (kept.last === undefined && this.#kept.get(kept.key) === kept) this.#kept.delete(kept.key)
    }
  }

  #keep(kept: Kept<Answer>, answer: Answer, begunMs: number): void {
    const { current } = this.#watch
    if (this.#kept.get(kept.key) !== kept || answer.position.generation !== current?.generation) return
    this.#forget(kept)
    this.#kept.delete(kept.key) // to the end
    this.#kept.set(kept.key, kept)
    kept.last = answer
    // It lacked no batch when it was begun.
    kept.outdatedMs = hasReached(answer.position, current) ? undefined : begunMs
    this.#characters += answer.json.length
    for (const each of this.#kept.values()) {
      if (this.#characters <= MAX_CHARACTERS && this.#kept.size <= MAX_ANSWERS) return
      if (each !== kept) this.#forget(each)
    }
  }

  /** One that is being made anew is still known, so that nobody makes it twice. */
  #forget(kept: Kept<Answer>): void {
    this.#characters -= kept.last?.json.length ?? 0
    kept.last = undefined
    kept.outdatedMs = undefined
    if (kept.next === undefined) this.#kept.delete(kept.key)
  }

  /** Of answers that nobody has asked for in a while, nothing is left. */
  #outdate(): void {
    const nowMs = this.#clock.monotonicMs()
    const { current } = this.#watch
    for (const kept of this.#kept.values()) {
      if (kept.last === undefined) continue
      if (!hasReached(kept.last.position, current)) kept.outdatedMs ??= nowMs
      const isOfAnother = kept.last.position.generation !== current?.generation
      if (!isOfAnother && !this.#isTooOld(kept)) continue
      this.#forget(kept)
    }
  }

  #isTooOld({ outdatedMs }: Kept<Answer>): boolean {
    return outdatedMs !== undefined && this.#clock.monotonicMs() - outdatedMs > BEHIND_MS
  }
}

/** Whether all of a position is in another one. */
function hasReached(position: ServedPosition, other: ServedPosition | undefined): boolean {
  return other !== undefined && position.generation === other.generation && position.batch >= other.batch
}

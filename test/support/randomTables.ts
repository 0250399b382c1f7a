import { ProblemError } from '../../src/server/problem.ts'
import { HubUnderTest } from './streamHub.ts'

export type Rows = readonly (readonly [number, number])[]

/** What the tables had at a batch. */
export type RowsAt = (batch: number, place: number) => Rows | undefined

/** Tables that are committed in batches, and panels of them that are ready when chance will have it, or fail. */
export class RandomTables {
  readonly under = new HubUnderTest()
  readonly rows: [number, number][][] = [[], [[0, 0]], [[0, 0]]]
  readonly panels
  readonly #random: () => number
  readonly #committed = new Map<number, readonly Rows[]>()
  readonly #waiting: (() => void)[] = []
  /** What is asked from now on is answered at once. */
  isQuick = false

  constructor(random: () => number) {
    this.#random = random
    this.under.batch = 1
    this.#note()
    this.panels = this.rows.map((rows, index) => this.under.panel(`p${index}`, () => this.#answer(rows)))
  }

  readonly rowsAt: RowsAt = (batch, place) => this.#committed.get(batch)?.[place]

  below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  commit(isShown: boolean): void {
    const random = this.#random
    for (const rows of this.rows.filter(() => random() < 0.6)) {
      for (let row = 0; row < rows.length; row++) if (random() < 0.1) rows[row] = [rows[row]?.[0] ?? 0, this.below(5)]
      if (random() < 0.6) rows.push([this.under.batch, this.below(5)])
      if (random() < 0.3) rows.splice(this.below(rows.length + 1), this.below(4))
    }
    if (random() < 0.1) this.under.generation = `g${this.under.batch}`
    // Whoever is asked by it is asked for its rows.
    this.#committed.set(this.under.batch + 1, structuredClone(this.rows))
    if (isShown) this.under.commitShown()
    else this.under.commit()
  }

  /** Some of what is asked is answered, in any order. */
  answerSome(): void {
    for (let count = 1 + this.below(this.#waiting.length); count > 0; count--) {
      this.#waiting.splice(this.below(this.#waiting.length), 1)[0]?.()
    }
  }

  answerAll(): void {
    this.isQuick = true
    for (const answer of this.#waiting.splice(0)) answer()
  }

  #note(): void {
    this.#committed.set(this.under.batch, structuredClone(this.rows))
  }

  /** The rows as they are when they are asked for, some time later. */
  async #answer(rows: Rows): Promise<Rows> {
    const asked = structuredClone(rows)
    if (this.isQuick) return asked
    const [isSlow, fails] = [this.#random() < 0.5, this.#random() < 0.1]
    if (isSlow) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    if (fails) throw new ProblemError(503, 'The model is being built.')
    return asked
  }
}

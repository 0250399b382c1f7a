import type { Offset } from './source.ts'

/** Where the time of a batch went, in milliseconds. */
export interface BatchDurations {
  /** Choosing the range and taking it. */
  readonly plan: number
  /** The engine. */
  readonly stage: number
  /** Making the staged files durable. */
  readonly sync: number
  /** Until the commit record was durable. */
  readonly commit: number
  /** Until every table's log was durable and the batch cleaned up. */
  readonly publish: number
  readonly total: number
}

/** One finished batch. */
export interface BatchProgress {
  readonly stream: string
  readonly batch: number
  readonly batchTime: string
  readonly inputRows: number
  readonly inputFiles: number
  /** Table name → rows written. */
  readonly rows: Readonly<Record<string, number>>
  readonly startOffset: Offset | null
  readonly endOffset: Offset
  readonly durationMs: BatchDurations
  readonly rowsPerSecond: number
  /** Milliseconds from when the newest input was written until the batch was published; null if unknown. */
  readonly lagMs: number | null
  /** The engine that made its files, with its version; left out of a stream that has none, such as `live`. */
  readonly engine?: string
  /** Why `auto` chose that engine, as a clause; left out where the config or the run says which. */
  readonly engineReason?: string
}

/** Times the steps of a batch. */
export class StepTimer {
  readonly #monotonicMs: () => number
  readonly #startMs: number
  #lastMs: number

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs
    this.#startMs = monotonicMs()
    this.#lastMs = this.#startMs
  }

  /** Milliseconds since the last step ended. */
  step(): number {
    const nowMs = this.#monotonicMs()
    const stepMs = nowMs - this.#lastMs
    this.#lastMs = nowMs
    return tenths(stepMs)
  }

  totalMs(): number {
    return tenths(this.#lastMs - this.#startMs)
  }
}

/** Rounds to a tenth of a millisecond. */
export function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}

import type { Offset } from './source.ts'

/** Where the time of a batch went, in milliseconds. */
export interface BatchDurations {
  /** Deciding the range and taking it. */
  readonly plan: number
  /** The engine. */
  readonly stage: number
  /** Making the staged files durable. */
  readonly sync: number
  /** Up to the commit record, durable. */
  readonly commit: number
  /** Up to every table's log, durable, and its clean-up. */
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
  /** From when the newest of the input was written until the batch was published, in milliseconds; null: not known. */
  readonly lagMs: number | null
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

/** To the tenth. */
export function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}

export type PhaseDurations = Readonly<
  Record<'plan' | 'stage' | 'sync' | 'commit' | 'publish' | 'total', number | undefined>
>

/** A batch as the store knows it. */
export interface SeenBatch {
  readonly stream: string
  readonly streamId: string
  readonly batch: number
  /** When it was written, in milliseconds since 1970. */
  readonly timeMs: number
  readonly rows: readonly (readonly [table: string, rows: number])[]
  /** It becomes known with the durations. */
  readonly lagMs: number | undefined
  readonly durationMs: PhaseDurations
}

/** How long after a batch more may become known of it: its durations come later, and streams do not run in step. */
const OVERLAP_MS = 120_000

/** Tells which batches, and which durations, were not there at the look before. */
export class SeenBatches {
  #startMs: number
  #newestMs: number
  /** Stream id → its last batch that was counted. */
  readonly #last = new Map<string, number>()
  /** Batch → its time, and whether its durations were there. */
  readonly #known = new Map<string, { readonly timeMs: number; hasDurations: boolean }>()

  constructor(startMs: number) {
    this.#startMs = startMs
    this.#newestMs = startMs
  }

  /** From when on batches must be looked at again, ISO 8601: also those since a clock was set back. */
  since(nowMs: number): string {
    this.#startMs = Math.min(this.#startMs, nowMs)
    this.#newestMs = Math.min(this.#newestMs, nowMs)
    return new Date(Math.max(this.#startMs, this.#newestMs - OVERLAP_MS)).toISOString()
  }

  /** @param batches  all since that time, oldest first */
  take(batches: readonly SeenBatch[]): {
    readonly batches: readonly SeenBatch[]
    readonly durations: readonly SeenBatch[]
  } {
    const fresh: SeenBatch[] = []
    const durations: SeenBatch[] = []
    const before = new Map(this.#last)
    for (const batch of batches) {
      const key = `${batch.streamId} ${batch.batch}`
      const known = this.#known.get(key)
      // Numbers tell what is new: after a clock was set back, times are those of before once more.
      if (known === undefined && batch.batch <= (before.get(batch.streamId) ?? -1)) continue
      this.#last.set(batch.streamId, Math.max(batch.batch, this.#last.get(batch.streamId) ?? -1))
      const hasDurations = batch.durationMs.total !== undefined
      if (known === undefined) fresh.push(batch)
      if (hasDurations && known?.hasDurations !== true) durations.push(batch)
      this.#known.set(key, { timeMs: batch.timeMs, hasDurations })
      if (known === undefined) this.#newestMs = Math.max(this.#newestMs, batch.timeMs)
    }
    for (const [key, { timeMs }] of this.#known) if (timeMs < this.#newestMs - OVERLAP_MS) this.#known.delete(key)
    return { batches: fresh, durations }
  }
}

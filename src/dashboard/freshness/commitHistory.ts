import type { BatchRows } from './batchRows.ts'
import type { Commit, FreshnessState } from './freshnessState.ts'

/** A commit as the gauge shows it. */
export interface GaugeCommit {
  readonly timeMs: number
  /** Undefined where that is not known. */
  readonly rowCount: number | undefined
}

interface KnownCommit extends GaugeCommit {
  readonly batch: number
  readonly eventMs: number | undefined
}

/** As many as an hour of four updates a second would have; the gauge shows fewer. */
const MAX_COMMITS = 4_000

/** How far back a speed is measured. */
const SPEED_OVER_MS = 10_000

/** The commits of the last minutes, as they were noticed. */
export class CommitHistory {
  #commits: KnownCommit[] = []
  #rowCounts: ReadonlyMap<number, number> = new Map()
  #lastBatch: number | undefined
  #knownFrom: unknown

  add({ batch, timeMs, eventMs }: Commit): void {
    if (batch === this.#lastBatch) return
    // Batches that begin again are those of a store that was made anew.
    if (batch < (this.#lastBatch ?? 0)) this.#commits = []
    this.#lastBatch = batch
    this.#commits = this.#commits.filter((known) => known.batch !== batch)
    this.#commits.push({ batch, timeMs, eventMs, rowCount: undefined })
    if (this.#commits.length > MAX_COMMITS) this.#commits = this.#commits.slice(-MAX_COMMITS / 2)
  }

  /** What another source knows of batches, also of those that were committed while nobody looked. */
  know<From>(from: From, batchesOf: (from: From) => readonly BatchRows[]): void {
    if (from === this.#knownFrom) return
    this.#knownFrom = from
    const batches = batchesOf(from)
    this.#rowCounts = new Map(
      batches.flatMap(({ batch, rowCount }) => (rowCount === undefined ? [] : [[batch, rowCount]])),
    )
    const noticed = new Set(this.#commits.map(({ batch }) => batch))
    const others = batches.filter(({ batch }) => !noticed.has(batch))
    if (others.length === 0) return
    const more = others.map(({ batch, timeMs }) => ({ batch, timeMs, eventMs: undefined, rowCount: undefined }))
    this.#commits = [...this.#commits, ...more].sort((one, other) => one.timeMs - other.timeMs)
  }

  /** Those of a range. */
  between(fromMs: number, toMs: number): readonly GaugeCommit[] {
    return this.#commits
      .filter(({ timeMs }) => timeMs >= fromMs && timeMs <= toMs)
      .map(({ batch, timeMs }) => ({ timeMs, rowCount: this.#rowCounts.get(batch) }))
  }

  /**
   * How many milliseconds of events are counted in one of the clock, over the last seconds; undefined where that is not
   * known.
   */
  get speed(): number | undefined {
    const timed = this.#commits.filter(({ eventMs }) => eventMs !== undefined)
    const last = timed.at(-1)
    if (last === undefined) return undefined
    const first = timed.find(({ timeMs }) => last.timeMs - timeMs <= SPEED_OVER_MS)
    if (first === undefined || last.timeMs - first.timeMs < 1_000) return undefined
    return ((last.eventMs ?? 0) - (first.eventMs ?? 0)) / (last.timeMs - first.timeMs)
  }
}

/** Which range the gauge shows, and up to where of it the commits go. */
export interface GaugeRange {
  readonly fromMs: number
  readonly toMs: number
  /** From here on something waits, or nothing is known. */
  readonly edgeMs: number
}

const MINUTE_MS = 60_000

/** The last minute, or the last ten where the last commit is longer ago. */
export function gaugeRange(state: FreshnessState, nowMs: number, commitMs: number | undefined): GaugeRange {
  const isLong = state === 'quiet' || state === 'stale' || state === 'disconnected'
  const lengthMs = isLong && nowMs - (commitMs ?? nowMs) > MINUTE_MS / 2 ? 10 * MINUTE_MS : MINUTE_MS
  const fromMs = nowMs - lengthMs
  return { fromMs, toMs: nowMs, edgeMs: Math.min(nowMs, Math.max(fromMs, commitMs ?? fromMs)) }
}

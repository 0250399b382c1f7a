import type { Limits, Range } from './source.ts'

/**
 * The limits of a stream's batches. They shrink while the process is short of a resource and grow back as batches
 * succeed: the resource may be free again, and small batches are slow.
 */
export class SparingLimits {
  readonly #full: Limits
  #now: Limits

  constructor(full: Limits) {
    this.#full = full
    this.#now = full
  }

  get now(): Limits {
    return this.#now
  }

  /** Makes the next batch take at most half of what this range took. */
  shrink(range: Range): void {
    const { maxFiles, maxRows, maxBytes } = this.#now
    this.#now = {
      maxFiles: half(range.fileCount === 0 ? maxFiles : Math.min(maxFiles, range.fileCount)),
      maxRows: half(maxRows),
      maxBytes: half(maxBytes),
    }
  }

  grow(): void {
    if (this.#now === this.#full) return
    const grown = (limit: keyof Limits): number => Math.min(this.#full[limit], this.#now[limit] * 2)
    const now: Limits = { maxFiles: grown('maxFiles'), maxRows: grown('maxRows'), maxBytes: grown('maxBytes') }
    const isFull = (Object.keys(now) as (keyof Limits)[]).every((limit) => now[limit] === this.#full[limit])
    this.#now = isFull ? this.#full : now
  }
}

function half(count: number): number {
  return Math.max(1, Math.ceil(count / 2))
}

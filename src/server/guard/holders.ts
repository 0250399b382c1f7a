/** Counts what each holder of a token has at the same time: requests, or streams. */
export class Holders {
  readonly #max: number
  readonly #counts = new Map<string, number>()

  /** @param max  for each of them */
  constructor(max: number) {
    this.#max = max
  }

  /** @returns what ends it, or undefined if the holder has as many as it may */
  enter(holder: string): (() => void) | undefined {
    const count = this.#counts.get(holder) ?? 0
    if (count >= this.#max) return undefined
    this.#counts.set(holder, count + 1)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      const left = (this.#counts.get(holder) ?? 1) - 1
      if (left === 0) this.#counts.delete(holder)
      else this.#counts.set(holder, left)
    }
  }
}

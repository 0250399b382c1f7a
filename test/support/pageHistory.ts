/** A page's address and history, as a browser keeps them. */
export class PageHistory {
  readonly #onBack = new Set<() => void>()
  readonly #past: string[]
  #at = 0

  constructor(path: string) {
    this.#past = [path]
  }

  get path(): string {
    return this.#past[this.#at] ?? ''
  }

  /** How many pages back leads to. */
  get depth(): number {
    return this.#at
  }

  get pathname(): string {
    return this.#url.pathname
  }

  get search(): string {
    return this.#url.search
  }

  get hash(): string {
    return this.#url.hash
  }

  push(address: string): void {
    this.#past.splice(this.#at + 1, Number.POSITIVE_INFINITY, address)
    this.#at += 1
  }

  onBack(action: () => void): () => void {
    this.#onBack.add(action)
    return () => void this.#onBack.delete(action)
  }

  /** As the reader goes back, or forward again. */
  go(steps: number): void {
    this.#at = Math.max(0, Math.min(this.#past.length - 1, this.#at + steps))
    for (const action of this.#onBack) action()
  }

  get #url(): URL {
    return new URL(this.path, 'http://localhost')
  }
}

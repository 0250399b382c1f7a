/** The address of the page around the dashboard, and its history. */
export interface PageAddress {
  readonly pathname: string
  readonly search: string
  readonly hash: string
  /** Goes on to another address of the same page, from which back leads to this one. */
  push(address: string): void
  /** Calls `action` whenever the reader goes back or forward. @returns a function that ends this */
  onBack(action: () => void): () => void
}

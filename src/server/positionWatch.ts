import type { ServedPosition, ServingReader } from '../serving/reader.ts'

/** Knows up to where the models have come, without asking the store again. */
export class PositionWatch {
  #current: ServedPosition | undefined
  #stop: () => void = () => undefined
  readonly #listeners = new Set<(position: ServedPosition) => void>()

  private constructor() {}

  static async open(reader: ServingReader): Promise<PositionWatch> {
    const watch = new PositionWatch()
    // Listens before it asks: a commit in between is then the later of the two.
    let isTold = false
    watch.#stop = reader.onCommit((position) => {
      isTold = true
      watch.#current = position
      for (const listener of watch.#listeners) listener(position)
    })
    const asked = await reader.position()
    if (!isTold) watch.#current = asked
    return watch
  }

  /** Undefined before the first batch. */
  get current(): ServedPosition | undefined {
    return this.#current
  }

  /** Calls the listener after each commit. @returns a function that ends this */
  onCommit(listener: (position: ServedPosition) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#stop()
    this.#listeners.clear()
  }
}

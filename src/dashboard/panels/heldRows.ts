import { HOLD_MS, heldOrder, type Listed } from './heldOrder.ts'

/** Keeps the rows of a list where they are while somebody points at one, or has the focus there. */
export class HeldRows<Row extends Listed> {
  readonly #update: () => void
  readonly #after: (delayMs: number, action: () => void) => () => void
  #shown: readonly Row[] = []
  #isHeld = false
  #cancel: () => void = () => undefined

  /**
   * @param after  calls an action once after a time; returns what cancels it
   * @param update  called when the list may have its own order again
   */
  constructor(after: (delayMs: number, action: () => void) => () => void, update: () => void) {
    this.#after = after
    this.#update = update
  }

  rows(wanted: readonly Row[], count: number): readonly Row[] {
    const top = wanted.slice(0, count)
    this.#shown = this.#isHeld ? heldOrder(this.#shown, wanted, count).slice(0, count) : top
    return this.#shown
  }

  /** The pointer has moved over the list: it may be about to click. */
  readonly moved = (): void => {
    this.#isHeld = true
    this.#cancel()
    this.#cancel = this.#after(HOLD_MS, this.left)
  }

  readonly left = (): void => {
    this.#cancel()
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#update()
  }
}

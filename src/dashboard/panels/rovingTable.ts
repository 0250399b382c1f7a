import { type Place, placeAfter, placeWithin, type Size } from './roving.ts'

const MOST_PASSED = 20

/**
 * A table that Tab reaches once: arrows go from cell to cell. Each cell that can be reached names its place by
 * `data-place`, the one that Tab reaches has `tabindex="0"`.
 */
export class RovingTable {
  readonly #element: HTMLElement
  readonly #update: () => void
  #place: Place

  /** @param first  where Tab leads to at first */
  constructor(element: HTMLElement, first: Place, update: () => void) {
    this.#element = element
    this.#place = first
    this.#update = update
  }

  /** The `tabindex` of a cell. */
  tabIndex(row: number, column: number, size: Size): 0 | -1 {
    const place = placeWithin(this.#place, size)
    return place.row === row && place.column === column ? 0 : -1
  }

  /** Tab comes back to the cell that was reached last. */
  readonly focused = (event: Event): void => {
    const place = placeOf(event.target)
    if (place === undefined || (place.row === this.#place.row && place.column === this.#place.column)) return
    this.#place = place
    this.#update()
  }

  pressed(event: KeyboardEvent, size: Size): void {
    const from = placeOf(event.target)
    let to = from && placeAfter(from, event, size)
    if (to === undefined) return
    event.preventDefault()
    event.stopPropagation() // an arrow moves one thing
    // Not every place has something that can be reached: the next one is taken that does.
    for (let passed = 0; passed < MOST_PASSED; passed++) {
      const found = this.#element.querySelector<HTMLElement>(`[data-place="${to.row} ${to.column}"]`)
      found?.focus()
      if (found !== null) return
      to = placeAfter(to, event, size) ?? to
    }
  }
}

function placeOf(target: EventTarget | null): Place | undefined {
  const text = target instanceof Element ? target.closest('[data-place]')?.getAttribute('data-place') : undefined
  const [row, column] = (text ?? '').split(' ').map(Number)
  return text == null || row === undefined || column === undefined ? undefined : { row, column }
}

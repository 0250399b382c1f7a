import type { ReactiveController, ReactiveControllerHost } from 'lit'

const WALL_UNITS = 2_048

/** Whether an element fills the screen, and how long a unit then is: a 2,048th of its width. */
export class WallScreen implements ReactiveController {
  readonly #element: ReactiveControllerHost & HTMLElement
  readonly #resizes = new ResizeObserver(([entry]) => {
    this.#unit = (entry?.contentRect.width ?? WALL_UNITS) / WALL_UNITS
    this.#element.requestUpdate()
  })
  #isFull = false
  #unit = 1

  constructor(element: ReactiveControllerHost & HTMLElement) {
    this.#element = element
    element.addController(this)
  }

  get isFull(): boolean {
    return this.#isFull
  }

  /** In pixels. */
  get unit(): number {
    return this.#unit
  }

  /** Fills the screen, or gives it back. */
  turn(): void {
    void (this.#isFull ? document.exitFullscreen() : this.#element.requestFullscreen())
  }

  hostConnected(): void {
    this.#resizes.observe(this.#element)
    document.addEventListener('fullscreenchange', this.#onChange)
  }

  hostDisconnected(): void {
    this.#resizes.disconnect()
    document.removeEventListener('fullscreenchange', this.#onChange)
  }

  /** The document names the element only where it stands in no shadow root. */
  readonly #onChange = (): void => {
    const root = this.#element.getRootNode() as Document | ShadowRoot
    this.#isFull = root.fullscreenElement === this.#element
    // The button that was clicked is gone: keys would be nobody's.
    if (this.#isFull) this.#element.focus({ preventScroll: true })
    this.#element.requestUpdate()
  }
}

import type { DashboardClock } from '../clock.ts'

/** Beyond this the server's clock was set, and it is no delay on the way. */
const JUMP_MS = 2_000

/** The server's clock, as far as it is known here. The reader's may be hours off: of it, only what passes is used. */
export class ServerClock {
  readonly #clock: Pick<DashboardClock, 'monotonicMs'>
  #offsetMs: number | undefined

  constructor(clock: Pick<DashboardClock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** Undefined until the server has told it. */
  get nowMs(): number | undefined {
    return this.#offsetMs === undefined ? undefined : this.#offsetMs + this.#clock.monotonicMs()
  }

  /** What the server has just said. The word that was fastest on its way is the best. */
  told(serverMs: number): void {
    const offsetMs = serverMs - this.#clock.monotonicMs()
    const isBetter = this.#offsetMs === undefined || offsetMs > this.#offsetMs || this.#offsetMs - offsetMs > JUMP_MS
    if (isBetter && Number.isFinite(offsetMs)) this.#offsetMs = offsetMs
  }
}

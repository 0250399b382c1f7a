import type { KeptLake } from './keptLake.ts'

/** Lets whoever asks for the files of the table have them only as often as is said. */
export class HeldFiles {
  #asked = 0
  #allowed = 0
  #areGone = false
  #changed: (() => void)[] = []

  constructor(lake: KeptLake) {
    const { filesUpTo } = lake.parts
    lake.setParts({
      filesUpTo: async (position) => {
        this.#asked += 1
        const number = this.#asked
        this.#tell()
        await this.#until(() => number <= this.#allowed)
        return this.#areGone ? undefined : filesUpTo(position)
      },
    })
  }

  /** Waits until they were asked for so many times. */
  asked(times: number): Promise<void> {
    return this.#until(() => this.#asked >= times)
  }

  allow(times: number): void {
    this.#allowed = times
    this.#tell()
  }

  /** Whether nobody can tell them any more, from here on. */
  setGone(areGone: boolean): void {
    this.#areGone = areGone
    this.allow(Number.POSITIVE_INFINITY)
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#changed.push(resolve))
  }

  #tell(): void {
    for (const resolve of this.#changed.splice(0)) resolve()
  }
}

import type { ServedPosition } from '../../serving/reader.ts'
import { positionOf } from '../answers.ts'
import { digestOf, type FollowedPanel } from './followedPanel.ts'
import { eventBytes } from './sseText.ts'
import type { PanelVersion } from './streamed.ts'

/** What a page shows at a moment, and the events that bring a client there. */
export interface PageVersion {
  /** Counts from 1. */
  readonly number: number
  /** `generation:batch:digest`. */
  readonly id: string
  /** For a client that has the version before. */
  readonly change: Uint8Array
}

/** The panels of one page, which are shown at one moment; all clients that look at the same page share it. */
export class Page {
  readonly #panels: readonly FollowedPanel[]
  readonly #onVersion: () => void
  #version: PageVersion | undefined
  #shown: readonly PanelVersion[] = []
  #position: ServedPosition | undefined
  #snapshot: Uint8Array | undefined
  #wantedTick = 0
  #refreshing: Promise<void> | undefined

  constructor(panels: readonly FollowedPanel[], onVersion: () => void) {
    this.#panels = panels
    this.#onVersion = onVersion
  }

  /** Undefined until all of its panels were asked once. */
  get version(): PageVersion | undefined {
    return this.#version
  }

  /** For a client that has no version, or one before the last. It is made once, and only if somebody needs it. */
  snapshot(): Uint8Array {
    const parts = this.#shown.map(({ whole }, at) => `{"at":${at},${whole}`)
    this.#snapshot ??= eventBytes('snapshot', this.#json(parts), this.#version?.id)
    return this.#snapshot
  }

  /**
   * For a client that comes back with an id: undefined if it has all of the last version; the position alone if it has
   * the same rows; else the snapshot.
   */
  since(lastId: string | undefined): Uint8Array | undefined {
    const id = this.#version?.id
    if (id === undefined || lastId === id) return undefined
    const isSame = lastId !== undefined && digestIn(lastId) === digestIn(id)
    return isSame ? eventBytes('change', this.#json([]), id) : this.snapshot()
  }

  /** Asks the panels anew; while that is under way, once more after it. */
  refresh(tick: number): Promise<void> {
    this.#wantedTick = tick
    this.#refreshing ??= this.#refresh()
    return this.#refreshing
  }

  async #refresh(): Promise<void> {
    try {
      for (let tick = 0; tick < this.#wantedTick; ) {
        tick = this.#wantedTick
        this.#show(await Promise.all(this.#panels.map((panel) => panel.versionAt(tick))))
      }
    } finally {
      // In the same moment as the last look at what is wanted: a wish that comes later would be lost in between.
      this.#refreshing = undefined
    }
  }

  #show(panels: readonly PanelVersion[]): void {
    const before = this.#shown
    const position = oldest(panels.flatMap((panel) => panel.position ?? []))
    const id = idOf(position, panels)
    if (id === this.#version?.id) return
    const parts = panels.flatMap(({ digest, whole, change }, at) => {
      const was = before[at]?.digest
      if (was === digest) return []
      return [`{"at":${at},${change !== undefined && change.from === was ? change.text : whole}`]
    })
    this.#shown = panels
    this.#position = position
    this.#snapshot = undefined
    const change = eventBytes('change', this.#json(parts), id)
    this.#version = { number: (this.#version?.number ?? 0) + 1, id, change }
    this.#onVersion()
  }

  #json(parts: readonly string[]): string {
    const position = this.#position === undefined ? 'null' : JSON.stringify(positionOf(this.#position))
    return `{"position":${position},"panels":[${parts.join(',')}]}`
  }
}

/** Between two commits, the panels of a page may have been read at different batches: it has what all of them have. */
function oldest(positions: readonly ServedPosition[]): ServedPosition | undefined {
  return positions.toSorted((one, other) => one.batch - other.batch)[0]
}

function idOf(position: ServedPosition | undefined, panels: readonly PanelVersion[]): string {
  const digest = digestOf(...panels.map((panel) => panel.digest))
  return `${position?.generation ?? ''}:${position?.batch ?? 0}:${digest}`
}

function digestIn(id: string): string {
  return id.slice(id.lastIndexOf(':') + 1)
}

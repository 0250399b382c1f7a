import type { ServedPosition } from '../../serving/reader.ts'
import type { Clock, Timer } from '../../stream/clock.ts'
import { positionOf } from '../answers.ts'
import { digestOf, type FollowedPanel } from './followedPanel.ts'
import { eventBytes } from './sseText.ts'
import type { PanelVersion } from './streamed.ts'

/**
 * The first panel of a page is shown as soon as it is ready; the others, with all that are ready by then, so long after
 * those that were shown last, or twice as long after the commit. To show each alone costs a page more than to show all.
 */
const APART_MS = 100

/** To send an event costs about so much for each client, which the panels that are still asked wait for. */
const APART_PER_CLIENT_MS = 0.2

/** A client that lacks at most so many versions gets what has changed since its own; others get everything. */
const MAX_BEHIND = 8

/** What a page shows at a moment, and the events that bring a client there. */
export interface PageVersion {
  /** Counts from 1. */
  readonly number: number
  /** `generation:batch:digest`. */
  readonly id: string
  /** Of each panel. */
  readonly digests: readonly string[]
}

export interface PageParts {
  readonly panels: readonly FollowedPanel[]
  readonly clock: Pick<Clock, 'after' | 'monotonicMs'>
  /** How many look at it. */
  readonly clients: () => number
  /** Called when there is another version. */
  readonly onVersion: () => void
}

/** A panel of a page. */
interface Place {
  readonly panel: FollowedPanel
  newest: PanelVersion | undefined
  /** The tick that the newest belongs to, at least. */
  tick: number
  refreshing: Promise<void> | undefined
}

/**
 * The panels of one page; all clients that look at the same page share it. After a commit each panel is shown as soon
 * as it has been asked, with those that are ready by then: a slow one holds back the position alone.
 */
export class Page {
  readonly #parts: PageParts
  readonly #places: readonly Place[]
  /** The newest last. */
  #versions: readonly PageVersion[] = []
  #shown: readonly PanelVersion[] = []
  #position: ServedPosition | undefined
  /** By the number of the version that a client has: what brings it to the last one. */
  readonly #changes = new Map<number, Uint8Array>()
  #snapshot: Uint8Array | undefined
  #wantedTick = 0
  #shownTick = 0
  /** When the panels began to be asked, and when some were shown last. */
  #begunMs = Number.NEGATIVE_INFINITY
  #shownMs = Number.NEGATIVE_INFINITY
  #soon: { readonly dueMs: number; readonly timer: Timer } | undefined

  constructor(parts: PageParts) {
    this.#parts = parts
    this.#places = parts.panels.map((panel) => ({ panel, newest: undefined, tick: 0, refreshing: undefined }))
  }

  /** Undefined until all of its panels were asked once. */
  get version(): PageVersion | undefined {
    return this.#versions.at(-1)
  }

  /** For a client that has no version, or one of long ago. It is made once, and only if somebody needs it. */
  snapshot(): Uint8Array {
    const parts = this.#shown.map((panel, at) => this.#part(at, panel, panel.whole))
    this.#snapshot ??= eventBytes('snapshot', this.#json(parts), this.version?.id)
    return this.#snapshot
  }

  /** For a client that has an earlier version; made once for all who have that one. */
  changeSince(number: number): Uint8Array {
    const known = this.#changes.get(number)
    if (known !== undefined) return known
    const before = this.#versions.find((version) => version.number === number)
    if (before === undefined) return this.snapshot()
    const parts = this.#shown.flatMap((panel, at) => {
      const { digest, whole, change } = panel
      const was = before.digests[at]
      if (was === digest) return []
      return [this.#part(at, panel, change !== undefined && change.from === was ? change.text : whole)]
    })
    const bytes = eventBytes('change', this.#json(parts), this.version?.id)
    this.#changes.set(number, bytes)
    return bytes
  }

  /**
   * For a client that comes back with an id: undefined if it has all of the last version; the position alone if it has
   * the same rows; else the snapshot.
   */
  since(lastId: string | undefined): Uint8Array | undefined {
    const id = this.version?.id
    if (id === undefined || lastId === id) return undefined
    const isSame = lastId !== undefined && digestIn(lastId) === digestIn(id)
    return isSame ? eventBytes('change', this.#json([]), id) : this.snapshot()
  }

  /** Asks the panels anew; one that is being asked, once more after it. */
  async refresh(tick: number): Promise<void> {
    this.#wantedTick = tick
    this.#begunMs = this.#parts.clock.monotonicMs()
    await Promise.all(
      this.#places.map((place) => {
        // One that has this tick already, as for a second client before the first snapshot, would be over at once, and
        // be taken for one that is being asked from then on.
        if (place.tick < tick) place.refreshing ??= this.#refresh(place)
        return place.refreshing
      }),
    )
  }

  /** Shows nothing more. */
  close(): void {
    this.#soon?.timer.cancel()
  }

  async #refresh(place: Place): Promise<void> {
    try {
      while (place.tick < this.#wantedTick) {
        const tick = this.#wantedTick
        place.newest = await place.panel.versionAt(tick)
        place.tick = tick
        this.#showReady()
      }
    } finally {
      // In the same moment as the last look at what is wanted: a wish that comes later would be lost in between.
      place.refreshing = undefined
    }
  }

  /** Shows what there is at once if that is all, or the first; else soon. */
  #showReady(): void {
    if (this.#places.some(({ newest }) => newest === undefined)) return
    if (this.#isWhole || this.version === undefined) {
      this.#show()
      return
    }
    const isFirst = this.#shownTick < this.#wantedTick && (this.#places[0]?.tick ?? 0) >= this.#wantedTick
    const lastMs = Math.max(this.#begunMs, this.#shownMs)
    const fromMs = isFirst ? this.#begunMs : lastMs + Math.max(APART_MS, lastMs - this.#begunMs)
    this.#showAt(fromMs + this.#parts.clients() * APART_PER_CLIENT_MS)
  }

  #showAt(dueMs: number): void {
    if (this.#soon !== undefined && this.#soon.dueMs <= dueMs) return
    this.#soon?.timer.cancel()
    const { clock } = this.#parts
    this.#soon = { dueMs, timer: clock.after(dueMs - clock.monotonicMs(), () => this.#show()) }
  }

  get #isWhole(): boolean {
    return this.#places.every(({ tick }) => tick >= this.#wantedTick)
  }

  #show(): void {
    this.#soon?.timer.cancel()
    this.#soon = undefined
    const panels = this.#places.flatMap(({ newest }) => newest ?? [])
    const positions = panels.flatMap((panel) => panel.position ?? [])
    const position = oldest(positions)
    if (!this.#isWhole && (isMixed(positions) || isBefore(position, this.#position))) return
    const id = idOf(position, panels)
    if (id === this.version?.id) return
    this.#shownMs = this.#parts.clock.monotonicMs()
    this.#shownTick = this.#wantedTick
    this.#shown = panels
    this.#position = position
    this.#snapshot = undefined
    this.#changes.clear()
    const version = { number: (this.version?.number ?? 0) + 1, id, digests: panels.map(({ digest }) => digest) }
    this.#versions = [...this.#versions, version].slice(-1 - MAX_BEHIND)
    this.#parts.onVersion()
  }

  /** A panel as a part of an event. One that has more batches than others of its page says so. */
  #part(at: number, { position }: PanelVersion, text: string): string {
    const isAhead = position !== undefined && position.batch !== this.#position?.batch
    return `{"at":${at},${isAhead ? `"position":${JSON.stringify(positionOf(position))},` : ''}${text}`
  }

  #json(parts: readonly string[]): string {
    const position = this.#position === undefined ? 'null' : JSON.stringify(positionOf(this.#position))
    return `{"position":${position},"panels":[${parts.join(',')}]}`
  }
}

/** The panels of a page may have been read at different batches: it has what all of them have. */
function oldest(positions: readonly ServedPosition[]): ServedPosition | undefined {
  return positions.toSorted((one, other) => one.batch - other.batch)[0]
}

/** Whether some panels are still of another generation than others, which is over once all have been asked. */
function isMixed(positions: readonly ServedPosition[]): boolean {
  return new Set(positions.map(({ generation }) => generation)).size > 1
}

/** A panel that failed has no position: what is then known of it may be older than what the page had without it. */
function isBefore(position: ServedPosition | undefined, shown: ServedPosition | undefined): boolean {
  return position !== undefined && position.generation === shown?.generation && position.batch < shown.batch
}

function idOf(position: ServedPosition | undefined, panels: readonly PanelVersion[]): string {
  const digest = digestOf(...panels.map((panel) => panel.digest))
  return `${position?.generation ?? ''}:${position?.batch ?? 0}:${digest}`
}

function digestIn(id: string): string {
  return id.slice(id.lastIndexOf(':') + 1)
}

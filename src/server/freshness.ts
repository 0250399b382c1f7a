import type { ServingReader } from '../serving/reader.ts'
import type { Clock } from '../stream/clock.ts'
import { isoTime, type PositionJson, positionJson } from './positionJson.ts'

/** What has arrived and is not yet in the numbers. */
export interface Waiting {
  readonly files: number
  /** When the oldest of it was written, in milliseconds since 1970; undefined if nothing waits. */
  readonly oldestMs: number | undefined
  /** The latest event time in it, as far as it is known without reading it. */
  readonly newestEventMs: number | undefined
}

/** How fresh the numbers are, and by whose clock. */
export interface FreshnessJson {
  /** The server's clock: a client's own may be wrong. */
  readonly serverTime: string
  /** Null before the first batch. */
  readonly position: PositionJson | null
  /** How long the oldest of what waits has waited; 0 if nothing does, null if that is not known. */
  readonly lagMs: number | null
  readonly waiting: {
    readonly files: number
    readonly oldestTime: string | null
    readonly newestEventTime: string | null
  } | null
}

export interface FreshnessParts {
  readonly clock: Clock
  readonly reader: Pick<ServingReader, 'position'>
  /** Undefined where nobody can see what waits, such as beside a copy. */
  readonly waiting: (() => Promise<Waiting>) | undefined
}

export async function freshnessOf({ clock, reader, waiting }: FreshnessParts): Promise<FreshnessJson> {
  const served = await reader.position()
  const waits = await waiting?.()
  const nowMs = clock.nowMs()
  return {
    serverTime: isoTime(nowMs),
    position: served === undefined ? null : positionJson(served),
    // A clock that was set back must not make a lag negative.
    lagMs: waits === undefined ? null : Math.max(0, nowMs - (waits.oldestMs ?? nowMs)),
    waiting:
      waits === undefined
        ? null
        : {
            files: waits.files,
            oldestTime: timeOrNull(waits.oldestMs),
            newestEventTime: timeOrNull(waits.newestEventMs),
          },
  }
}

function timeOrNull(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : isoTime(timeMs)
}

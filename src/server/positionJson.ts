import type { ServedPosition } from '../serving/reader.ts'

/** A position as clients read it: times are ISO 8601 in UTC. */
export interface PositionJson {
  readonly generation: string
  readonly batch: number
  /** When the batch was written by its stream, and when its rows were counted here. */
  readonly batchTime: string
  readonly takenTime: string
  /** The latest event time of all rows up to it; null if that is not known. */
  readonly newestEventTime: string | null
}

export function positionJson(position: ServedPosition): PositionJson {
  const { generation, batch, batchTimeMs, takenMs, newestEventMs } = position
  return {
    generation,
    batch,
    batchTime: isoTime(batchTimeMs),
    takenTime: isoTime(takenMs),
    newestEventTime: newestEventMs === undefined ? null : isoTime(newestEventMs),
  }
}

export function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

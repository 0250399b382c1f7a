import { z } from 'zod'
import type { ServedPosition } from '../serving/reader.ts'
import { positionBody, positionOf } from './answers.ts'
import type { Waiting } from './waiting.ts'

const time = z.iso.datetime()

/** How fresh the numbers are, and by whose clock. */
export const freshnessBody = z
  .strictObject({
    serverTime: time.meta({ description: "The server's clock; a client's own may be wrong." }),
    position: positionBody.nullable().meta({ description: 'Null before the first batch.' }),
    lagMs: z
      .number()
      .nullable()
      .meta({ description: 'How long the oldest of what waits has waited; 0: nothing does.' }),
    waiting: z
      .strictObject({
        files: z.int().meta({ description: 'Files and batches that are not in the numbers yet.' }),
        oldestTime: time.nullable().meta({ description: 'When the oldest of them was written.' }),
        newestEventTime: time.nullable().meta({ description: 'The latest event time in them, if known.' }),
      })
      .nullable()
      .meta({ description: 'Null where nobody can see what waits.' }),
  })
  .meta({ id: 'Freshness' })

export type FreshnessBody = z.infer<typeof freshnessBody>

export function freshnessOf(
  nowMs: number,
  position: ServedPosition | undefined,
  waiting: Waiting | undefined,
): FreshnessBody {
  return {
    serverTime: isoTime(nowMs),
    position: position === undefined ? null : positionOf(position),
    // A clock that was set back must not make a lag negative.
    lagMs: waiting === undefined ? null : Math.max(0, nowMs - (waiting.sinceMs ?? nowMs)),
    waiting:
      waiting === undefined
        ? null
        : {
            files: waiting.files,
            oldestTime: timeOrNull(waiting.sinceMs),
            newestEventTime: timeOrNull(waiting.newestEventMs),
          },
  }
}

function timeOrNull(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : isoTime(timeMs)
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

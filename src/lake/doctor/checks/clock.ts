import { lastRecord } from '../../streamRecords.ts'
import { type Check, ok, warn } from '../finding.ts'
import type { LakePlace } from '../place.ts'

/** A batch that was made a moment ago on another core's clock is no finding. */
const TOLERANCE_MS = 5_000

/** Whether this machine's clock is behind the lake's: batch times then stand still until it has caught up. */
export const clock: Check<LakePlace> = {
  name: 'clock',
  look: async ({ lake }) => {
    const nowMs = lake.clock.nowMs()
    const ahead: { stream: string; time: string }[] = []
    for (const stream of lake.config.streams) {
      const record = await lastRecord(lake, stream).catch(() => undefined) // another check tells why
      if (record !== undefined && Date.parse(record.batchTime) > nowMs + TOLERANCE_MS) {
        ahead.push({ stream: stream.name, time: record.batchTime })
      }
    }
    const now = `it is ${new Date(nowMs).toISOString().slice(0, 19)}Z here`
    if (ahead.length === 0) return ok(now)
    return ahead.map(({ stream, time }) =>
      warn(
        `${now}, but the last batch of ${stream} is of ${time.slice(0, 19)}Z: its next ones get that time too`,
        'Set the clock, or wait until that time is over',
      ),
    )
  },
}

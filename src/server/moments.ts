import type { Moments } from './panels/panelRange.ts'
import type { ServerParts } from './parts.ts'

/**
 * The moment of an answer. While the models are far behind, rows are missing from the event time that they have come
 * to: comparing what is there with a whole day before would show a loss that there is not.
 */
export function momentsOf({ clock, watch, waiting, presentation }: ServerParts): Moments {
  const nowMs = clock.nowMs()
  const { newestEventMs = nowMs } = watch.current ?? {}
  const { sinceMs = nowMs, newestEventMs: waitingEventMs = newestEventMs } = waiting() ?? {}
  // What waits may have come a moment ago, and be of hours.
  const behindMs = Math.max(nowMs - sinceMs, waitingEventMs - newestEventMs)
  const isBehind = behindMs > presentation.catchingUpAfterMs
  return { nowMs, completeMs: isBehind ? Math.min(nowMs, newestEventMs) : nowMs }
}

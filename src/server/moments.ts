import type { Moments } from './panels/panelRange.ts'
import type { ServerParts } from './parts.ts'

/**
 * The moment of an answer. While the models are far behind, rows are missing from the event time that they have come
 * to: comparing what is there with a whole day before would show a loss that there is not.
 */
export function momentsOf({ clock, watch, waiting, presentation }: ServerParts): Moments {
  const nowMs = clock.nowMs()
  const { sinceMs = nowMs } = waiting() ?? {}
  const { newestEventMs = nowMs } = watch.current ?? {}
  const isBehind = nowMs - sinceMs > presentation.catchingUpAfterMs
  return { nowMs, completeMs: isBehind ? Math.min(nowMs, newestEventMs) : nowMs }
}

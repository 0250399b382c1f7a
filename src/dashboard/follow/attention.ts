import type { DashboardClock } from '../clock.ts'

/** What the dashboard does as the reader looks away and comes back, and as the network goes and comes back. */
export interface AttentionActions {
  readonly onHidden: () => void
  readonly onSeen: () => void
  readonly onOffline: () => void
  readonly onOnline: () => void
}

/** Whoever looks at another tab for a moment misses nothing. */
const HIDDEN_AFTER_MS = 5_000

/** @returns a function that ends this */
export function watchAttention(clock: DashboardClock, actions: AttentionActions): () => void {
  let cancel: (() => void) | undefined
  const onVisibility = (): void => {
    cancel?.()
    cancel = document.hidden ? clock.after(HIDDEN_AFTER_MS, actions.onHidden) : undefined
    if (!document.hidden) actions.onSeen()
  }
  document.addEventListener('visibilitychange', onVisibility)
  addEventListener('offline', actions.onOffline)
  addEventListener('online', actions.onOnline)
  if (document.hidden) onVisibility()
  return () => {
    cancel?.()
    document.removeEventListener('visibilitychange', onVisibility)
    removeEventListener('offline', actions.onOffline)
    removeEventListener('online', actions.onOnline)
  }
}

/** All that the client knows of time and chance. */
export interface Clock {
  /** Calls `action` once after this time. @returns a function that ends this */
  after(delayMs: number, action: () => void): () => void
  /** From 0 to 1. */
  random(): number
}

export const systemClock: Clock = {
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}

/** Waits; returns early when the signal is aborted. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = (): void => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(delayMs, end)
    signal.addEventListener('abort', end)
  })
}

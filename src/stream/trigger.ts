/** A listing finds what no event told of, this often. */
const SWEEP_MS = 60_000

/** How long to wait for an event when there is nothing to do, in milliseconds. */
export function nextWaitMs(wait: {
  readonly recheckMs: number | undefined
  readonly pollMs: number | undefined
  readonly deadlineMs: number | undefined
  readonly nowMs: number
}): number {
  const untilDeadlineMs = wait.deadlineMs === undefined ? SWEEP_MS : wait.deadlineMs - wait.nowMs
  const waitMs = Math.min(wait.pollMs ?? SWEEP_MS, wait.recheckMs ?? SWEEP_MS, untilDeadlineMs)
  return Math.max(0, Math.ceil(waitMs))
}

/** How long the next batch has to wait so that batches start at least `triggerMs` apart, in milliseconds. */
export function triggerWaitMs(wait: {
  readonly triggerMs: number
  /** The start of the last batch; -Infinity before the first. */
  readonly batchStartMs: number
  readonly deadlineMs: number | undefined
  readonly nowMs: number
}): number {
  const nextStartMs = wait.batchStartMs + wait.triggerMs
  const untilMs = wait.deadlineMs === undefined ? nextStartMs : Math.min(nextStartMs, wait.deadlineMs)
  return Math.max(0, Math.ceil(untilMs - wait.nowMs))
}

// When a stream looks at its source, waits, tries again and stops: pure decisions from plain facts, including the time.

/** How often a stream looks although no event has come: events can get lost. */
const SWEEP_MS = 60_000
/** How many times a range is tried while the disk fails, and the pause between tries. */
const DISK_TRIES = 3
const DISK_RETRY_MS = 1_000
/**
 * How many times a smallest batch is tried while the process is short of a resource, with a pause between tries. Then
 * its file is left out, where the source can do that. After `MAX_RESOURCE_TRIES` such failures the files are clearly
 * not to blame, and the run fails.
 */
const RESOURCE_TRIES = 3
const MAX_RESOURCE_TRIES = 8
const RESOURCE_RETRY_MS = 1_000

/** How a run paces itself. Times are by the clock's `monotonicMs`. */
export interface Pace {
  /** The least time between the starts of two batches, in milliseconds. */
  readonly triggerMs: number
  /** Look this often instead of waiting for events, in milliseconds. */
  readonly pollMs: number | undefined
  /** Stop when nothing is left and upstream has ended. */
  readonly availableNow: boolean
  /** When the run ends on its own. */
  readonly deadlineMs: number | undefined
}

/** The facts at the moment of a decision. */
export interface Now {
  readonly nowMs: number
  /** The run was told to stop. */
  readonly isAborted: boolean
  /** The streams that feed this one in the same run have ended. */
  readonly isUpstreamEnded: boolean
  /** When the look began that led to the last batch; -Infinity before the first. */
  readonly lastBatchMs: number
}

/** A look at the source, with what was known when it began: whatever arrived before then, it sees. */
export interface Look {
  readonly startMs: number
  /** The run's time was over. */
  readonly isPastDeadline: boolean
  readonly isUpstreamEnded: boolean
  /** The source returns only what was there once upstream had ended. */
  readonly isPinned: boolean
}

/** What has just been done. */
export type Phase =
  | { readonly after: 'start' }
  /** A look that found nothing. */
  | {
      readonly after: 'idle'
      readonly look: Look
      /** See `Idle` in source.ts. */
      readonly recheckMs: number | undefined
      readonly pollMs: number | undefined
    }
  | { readonly after: 'batch' | 'wait' | 'rest'; readonly look: Look }

export type Step =
  /** Pin the source if `pins` says so, then look for the next batch and write it. */
  | { readonly do: 'look'; readonly look: Look; readonly pins: boolean }
  /** Wait this long, or until something may have changed, as a watch reports. */
  | { readonly do: 'wait'; readonly look: Look; readonly delayMs: number; readonly isWatched: boolean }
  /** Wait this long, whatever happens: the trigger sets how far apart batches start. */
  | { readonly do: 'rest'; readonly look: Look; readonly delayMs: number }
  | { readonly do: 'stop' }

/** What a stream does next, between its batches. */
export function nextStep(pace: Pace, now: Now, phase: Phase): Step {
  if (now.isAborted || isOver(phase)) return { do: 'stop' }
  const leftMs = pace.deadlineMs === undefined ? Number.POSITIVE_INFINITY : pace.deadlineMs - now.nowMs
  const isNews = phase.after === 'idle' && phase.look.isUpstreamEnded !== now.isUpstreamEnded
  if (phase.after === 'idle' && !isNews) {
    const pollMs = pace.pollMs ?? phase.pollMs
    const delayMs = Math.ceil(Math.min(pollMs ?? SWEEP_MS, phase.recheckMs ?? SWEEP_MS, leftMs))
    if (delayMs > 0) return { do: 'wait', look: phase.look, delayMs, isWatched: pollMs === undefined }
  }
  if (phase.after !== 'start' && phase.after !== 'rest' && !pace.availableNow) {
    const delayMs = Math.ceil(Math.min(now.lastBatchMs + pace.triggerMs - now.nowMs, leftMs))
    if (delayMs > 0) return { do: 'rest', look: phase.look, delayMs }
  }
  const isPinned = pace.availableNow && now.isUpstreamEnded
  const wasPinned = phase.after !== 'start' && phase.look.isPinned
  const { nowMs: startMs, isUpstreamEnded } = now
  return {
    do: 'look',
    look: { startMs, isPastDeadline: leftMs <= 0, isUpstreamEnded, isPinned },
    pins: isPinned && !wasPinned,
  }
}

/** Whether the last look was the last of the run. */
function isOver(phase: Phase): boolean {
  if (phase.after === 'idle') return phase.look.isPastDeadline || phase.look.isPinned
  return phase.after === 'batch' && phase.look.isPastDeadline
}

/** How often the current batch has failed. */
export interface Failures {
  readonly ofDisk: number
  readonly ofData: number
  /** For lack of a resource, as small as a batch can be. */
  readonly ofLeast: number
}

export const NO_FAILURES: Failures = { ofDisk: 0, ofData: 0, ofLeast: 0 }

/** A batch that was not committed. */
export interface Failed {
  readonly cause: 'disk' | 'lasting' | 'resources' | 'data'
  /** How many files it has. */
  readonly fileCount: number
  readonly isAborted: boolean
  /** The failures before this one. */
  readonly failures: Failures
}

/** The source is asked whether to try again: with fewer rows, with other rows, or because the failure may pass. */
export interface Refused {
  readonly do: 'refuse'
  readonly cause: 'data' | 'resources'
  readonly failures: Failures
  /** The batch is as small as it can be. */
  readonly isLeast: boolean
  /** It was tried often enough at that size. */
  readonly isLast: boolean
}

export type Retry = { readonly do: 'retry'; readonly delayMs: number }

/** The run fails. */
export type Fail = {
  readonly do: 'fail'
  readonly cause: 'interrupted' | 'disk' | 'resources' | 'data'
  /** How often it was tried. */
  readonly tries: number
}

/** What follows from a batch that was not committed. */
export function afterFailure(failed: Failed): Refused | Fail | (Retry & { readonly failures: Failures }) {
  const { cause, isAborted, failures } = failed
  if (isAborted) return { do: 'fail', cause: 'interrupted', tries: 1 }
  if (cause === 'lasting') return { do: 'fail', cause: 'disk', tries: 1 }
  if (cause === 'disk') {
    const ofDisk = failures.ofDisk + 1
    if (ofDisk >= DISK_TRIES) return { do: 'fail', cause, tries: ofDisk }
    return { do: 'retry', delayMs: DISK_RETRY_MS, failures: { ...failures, ofDisk } }
  }
  if (cause === 'data') {
    const ofData = failures.ofData + 1
    return { do: 'refuse', cause, failures: { ...failures, ofData }, isLeast: false, isLast: false }
  }
  const isLeast = failed.fileCount <= 1
  const ofLeast = failures.ofLeast + (isLeast ? 1 : 0)
  const isLast = ofLeast >= RESOURCE_TRIES
  return { do: 'refuse', cause, failures: { ...failures, ofLeast }, isLeast, isLast }
}

/** What follows from the source's answer. */
export function afterRefusal(refused: Refused, isWorthwhile: boolean): Retry | Fail {
  const { cause, failures, isLeast, isLast } = refused
  if (cause === 'data') {
    return isWorthwhile ? { do: 'retry', delayMs: 0 } : { do: 'fail', cause, tries: failures.ofData }
  }
  // A smaller batch is always worth a try.
  const isHopeless = (isLast && !isWorthwhile) || failures.ofLeast >= MAX_RESOURCE_TRIES
  if (isHopeless) return { do: 'fail', cause, tries: failures.ofLeast }
  return { do: 'retry', delayMs: isLeast ? RESOURCE_RETRY_MS : 0 }
}

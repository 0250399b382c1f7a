// When a stream looks at its source, waits, tries again and stops: decisions from plain facts, time included.

/** A listing finds what no event told of, this often. */
const SWEEP_MS = 60_000
/** How often a range is tried while the disk fails, and how long to wait in between. */
const DISK_TRIES = 3
const DISK_RETRY_MS = 1_000
/**
 * How often a batch that takes the least is tried while the process is short of something, with a pause between. Then
 * its file is left out where the source can do that, for so long as it may be the file that asks for much.
 */
const RESOURCE_TRIES = 3
const MAX_RESOURCE_TRIES = 8
const RESOURCE_RETRY_MS = 1_000

/** How a run is to go. Times are on the clock's `monotonicMs`. */
export interface Pace {
  /** The least time between the starts of two batches, in milliseconds. */
  readonly triggerMs: number
  /** Look this often instead of waiting for events, in milliseconds. */
  readonly pollMs: number | undefined
  /** Stop when nothing is left and `upstream` has ended. */
  readonly availableNow: boolean
  /** When the run ends by itself. */
  readonly deadlineMs: number | undefined
}

/** How things stand when it is asked what comes next. */
export interface Now {
  readonly nowMs: number
  /** The run was told to stop. */
  readonly isAborted: boolean
  /** The streams that feed this one in the same run have ended. */
  readonly isUpstreamEnded: boolean
  /** The start of the look that the last batch came of; -Infinity before the first. */
  readonly lastBatchMs: number
}

/** A look at the source, with what was known before it: what arrived before an end is seen by a look after it. */
export interface Look {
  readonly startMs: number
  /** The run's time was over. */
  readonly isPastDeadline: boolean
  readonly isUpstreamEnded: boolean
  /** The source gives only what was there once upstream had ended. */
  readonly isPinned: boolean
}

/** What has just been done. */
export type Phase =
  | { readonly after: 'start' }
  /** A look that found nothing. */
  | {
      readonly after: 'idle'
      readonly look: Look
      /** As the source says: look again after so long at the latest, or this often instead of watching. */
      readonly recheckMs: number | undefined
      readonly pollMs: number | undefined
    }
  | { readonly after: 'batch' | 'wait' | 'rest'; readonly look: Look }

export type Step =
  /** Look for the next batch, once the source is pinned where `pins` says so; write the batch that is there. */
  | { readonly do: 'look'; readonly look: Look; readonly pins: boolean }
  /** Wait so long, or until something may have changed, which a watch tells. */
  | { readonly do: 'wait'; readonly look: Look; readonly delayMs: number; readonly isWatched: boolean }
  /** Wait so long, whatever happens: batches start that far apart. */
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

/** How often the batch at hand has failed. */
export interface Failures {
  readonly ofDisk: number
  readonly ofData: number
  /** Those of a batch that took the least that it can. */
  readonly ofLeast: number
}

export const NO_FAILURES: Failures = { ofDisk: 0, ofData: 0, ofLeast: 0 }

/** A batch that was not committed. */
export interface Failed {
  readonly cause: 'disk' | 'lasting' | 'resources' | 'data'
  /** How many files it took. */
  readonly fileCount: number
  readonly isAborted: boolean
  /** Those before this one. */
  readonly failures: Failures
}

/** The source is told, and says whether to try again: with less, with other rows, or because it may pass. */
export interface Refused {
  readonly do: 'refuse'
  readonly cause: 'data' | 'resources'
  readonly failures: Failures
  /** The batch took the least that it can. */
  readonly isLeast: boolean
  /** That was tried often enough. */
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

/** What follows from what the source says to it. */
export function afterRefusal(refused: Refused, isWorthwhile: boolean): Retry | Fail {
  const { cause, failures, isLeast, isLast } = refused
  if (cause === 'data') {
    return isWorthwhile ? { do: 'retry', delayMs: 0 } : { do: 'fail', cause, tries: failures.ofData }
  }
  // With less at once it is always worth a try.
  const isHopeless = (isLast && !isWorthwhile) || failures.ofLeast >= MAX_RESOURCE_TRIES
  if (isHopeless) return { do: 'fail', cause, tries: failures.ofLeast }
  return { do: 'retry', delayMs: isLeast ? RESOURCE_RETRY_MS : 0 }
}

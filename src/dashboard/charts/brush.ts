/** A window of time on a longer stretch. */
export interface Window {
  readonly fromMs: number
  readonly toMs: number
}

/** What a window is moved on, and by what steps. */
export interface BrushScale extends Window {
  /** Windows begin and end at whole ones. */
  readonly grainMs: number
  /** The server's clock: no window ends after it. */
  readonly nowMs: number
}

export type BrushPart = 'from' | 'to' | 'window'

/** A window must have a few grains, or there is nothing to be seen in it. */
const LEAST_GRAINS = 5

/**
 * The window after a part of it is moved by `byMs`: it stays within the scale, ends no later than now, and keeps its
 * length when it is moved as a whole.
 */
export function movedWindow(scale: BrushScale, window: Window, part: BrushPart, byMs: number): Window {
  const whole = (timeMs: number): number =>
    scale.fromMs + Math.round((timeMs - scale.fromMs) / scale.grainMs) * scale.grainMs
  const end = Math.min(scale.toMs, endOfGrain(scale, scale.nowMs))
  const least = LEAST_GRAINS * scale.grainMs
  if (part === 'window') {
    const length = window.toMs - window.fromMs
    const fromMs = Math.max(scale.fromMs, Math.min(end - length, whole(window.fromMs + byMs)))
    return { fromMs, toMs: Math.min(end, fromMs + length) }
  }
  if (part === 'from') {
    const latest = Math.max(scale.fromMs, window.toMs - least)
    return { ...window, fromMs: Math.max(scale.fromMs, Math.min(latest, whole(window.fromMs + byMs))) }
  }
  const earliest = Math.min(end, window.fromMs + least)
  return { ...window, toMs: Math.min(end, Math.max(earliest, whole(window.toMs + byMs))) }
}

/** A window that touches now stays there as time goes on. */
export function isLiveWindow(scale: BrushScale, { toMs }: Window): boolean {
  return toMs > scale.nowMs - scale.grainMs
}

function endOfGrain({ fromMs, grainMs }: BrushScale, timeMs: number): number {
  return fromMs + Math.ceil((timeMs - fromMs) / grainMs) * grainMs
}

/** Where a time stands on the scale, from 0 to 1. */
export function shareOfScale({ fromMs, toMs }: Window, timeMs: number): number {
  return toMs > fromMs ? Math.max(0, Math.min(1, (timeMs - fromMs) / (toMs - fromMs))) : 0
}

/** How many grains Shift goes at once. */
const FAR_GRAINS = 10

/** How far a key moves an edge; undefined if it does not. */
export function brushMoveOfKey(
  { key, shiftKey }: { readonly key: string; readonly shiftKey: boolean },
  { fromMs, toMs, grainMs }: BrushScale,
): number | undefined {
  const stepMs = shiftKey ? FAR_GRAINS * grainMs : grainMs
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return -stepMs
    case 'ArrowRight':
    case 'ArrowUp':
      return stepMs
    case 'Home':
      return fromMs - toMs
    case 'End':
      return toMs - fromMs
    default:
      return undefined
  }
}

import type { Timeline } from './timeline.ts'

/** A place that is read: all series at one time. It stays where it is while others are added. */
export interface Reading {
  readonly startMs: number
  /** A pinned one stays when the pointer leaves. */
  readonly isPinned: boolean
}

/** What a key does to the reading line; undefined if it does nothing. */
export type ReadingMove =
  | { readonly kind: 'to'; readonly place: number }
  | { readonly kind: 'pin' }
  | { readonly kind: 'release' }

/** How far Shift goes. */
const FAR = 10

/**
 * What a key does.
 * @param place  of the reading line, or where it would begin
 * @param last  the last place that can be read
 */
export function readingMove(
  key: { readonly key: string; readonly shiftKey: boolean },
  place: number | undefined,
  last: number,
): ReadingMove | undefined {
  const by = key.shiftKey ? FAR : 1
  const from = place ?? last
  const to = (wanted: number): ReadingMove => ({ kind: 'to', place: Math.max(0, Math.min(last, wanted)) })
  switch (key.key) {
    case 'ArrowLeft':
      return to(place === undefined ? last : from - by)
    case 'ArrowRight':
      return to(place === undefined ? last : from + by)
    case 'Home':
      return to(0)
    case 'End':
      return to(last)
    case 'Enter':
      return { kind: 'pin' }
    case 'Escape':
      return { kind: 'release' }
    default:
      return undefined
  }
}

/** The place of a reading; undefined if its time has left the range. */
export function placeOfReading({ starts }: Timeline, reading: Reading | undefined): number | undefined {
  if (reading === undefined) return undefined
  const place = starts.indexOf(reading.startMs)
  return place < 0 ? undefined : place
}

/** The last place that can be read: the open bucket too, where it stands. */
export function lastReadable({ starts, completeCount, openIndex }: Timeline): number {
  return Math.max(0, Math.min(starts.length - 1, openIndex ?? completeCount - 1))
}

/** What the labels show while nothing is read: the last complete place; where none is, the open one. */
export function restingPlace({ completeCount, openIndex, starts }: Timeline): number | undefined {
  if (starts.length === 0) return undefined
  return completeCount > 0 ? Math.min(completeCount, starts.length) - 1 : openIndex
}

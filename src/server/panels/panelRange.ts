import { parseDurationMs } from '../../lake/config/duration.ts'
import { parseTimeMs } from '../../lake/config/time.ts'
import { ProblemError } from '../problem.ts'
import type { PanelTime } from './panel.ts'

/** The moment of an answer, in milliseconds since 1970. */
export interface Moments {
  readonly nowMs: number
  /** Up to where rows have come: now, or earlier while the models are behind. */
  readonly completeMs: number
}

export interface Range {
  readonly fromMs: number
  readonly toMs: number
  /** From here on grains are open, or have not begun. */
  readonly completeMs: number
  readonly isWidened: boolean
}

/** Parameter → what was given for it, in order. */
type Asked = ReadonlyMap<string, readonly string[]>

const DAY_MS = 24 * 3_600_000

/** What a TIMESTAMPTZ of a lake can hold. */
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00Z')
const LATEST_MS = Date.parse('9999-12-31T23:59:59Z')

/**
 * The range that is asked for, in whole grains.
 * @throws ProblemError 400
 */
export function rangeOf({ grain, grainMs, rangeMs }: PanelTime, asked: Asked, at: Moments, maxGrains: number): Range {
  const askedToMs = toOf(asked, at)
  const toMs = Math.ceil((askedToMs ?? at.nowMs) / grainMs) * grainMs
  const askedFromMs = fromOf(asked, toMs)
  const askedRangeMs = spanOf(asked)
  if (askedFromMs !== undefined && askedRangeMs !== undefined) {
    throw new ProblemError(400, '"from" and "range" both say when it begins.', { detail: 'Leave one out.' })
  }
  const fromMs = Math.floor((askedFromMs ?? toMs - (askedRangeMs ?? rangeMs)) / grainMs) * grainMs
  if (fromMs < EARLIEST_MS || toMs > LATEST_MS) {
    throw new ProblemError(400, 'The range is outside of the years 1 to 9999.')
  }
  if (fromMs >= toMs) {
    const detail = askedToMs === undefined ? 'Without "to" the range ends now.' : 'Swap the two.'
    throw new ProblemError(400, '"from" must come before "to".', { detail })
  }
  if ((toMs - fromMs) / grainMs > maxGrains) {
    throw new ProblemError(400, `The range is longer than ${maxGrains} times ${grain}.`, {
      detail: 'Ask for a shorter one, or for a panel with a coarser grain.',
    })
  }
  const isWidened = [
    [askedFromMs, fromMs],
    [askedToMs, toMs],
    [askedRangeMs, toMs - fromMs],
  ].some(([askedMs, ms]) => askedMs !== undefined && askedMs !== ms)
  // Within the range, so that the answer for one that is past does not change with every minute.
  const completeMs = Math.min(toMs, Math.max(fromMs, Math.floor(at.completeMs / grainMs) * grainMs))
  return { fromMs, toMs, completeMs, isWidened }
}

/** The word for the UTC day: `from=day` is its beginning, `to=day` its end. A stream moves on to the next by itself. */
const DAY = 'day'

function toOf(asked: Asked, { nowMs }: Moments): number | undefined {
  const text = onlyOne(asked, 'to')
  return text === DAY ? Math.floor(nowMs / DAY_MS + 1) * DAY_MS : timeOf('to', text)
}

/** The day is the one that the range ends in. */
function fromOf(asked: Asked, toMs: number): number | undefined {
  const text = onlyOne(asked, 'from')
  return text === DAY ? Math.floor((toMs - 1) / DAY_MS) * DAY_MS : timeOf('from', text)
}

function timeOf(name: 'from' | 'to', text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const timeMs = parseTimeMs(text)
  if (timeMs !== undefined) return timeMs
  throw new ProblemError(400, `"${name}" is not a time.`, {
    detail: 'Write 2026-11-22, 2026-11-22T10:00:00Z or day; in an address, a + is written %2B.',
  })
}

/** The length of the range, which then ends at `to`, or now. */
function spanOf(asked: Asked): number | undefined {
  const text = onlyOne(asked, 'range')
  if (text === undefined) return undefined
  try {
    const spanMs = parseDurationMs(text, 'range')
    if (spanMs > 0) return spanMs
  } catch {
    // Its words are for command lines.
  }
  throw new ProblemError(400, '"range" is not a time span.', { detail: 'Write a number and a unit: 15m, 3h, 7d.' })
}

function onlyOne(asked: Asked, name: string): string | undefined {
  const [text, ...more] = asked.get(name) ?? []
  if (more.length > 0) throw new ProblemError(400, `"${name}" is given more than once.`, { detail: 'Leave one out.' })
  return text
}

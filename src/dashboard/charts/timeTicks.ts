/** A labelled moment of the axis. */
export interface TimeTick {
  readonly timeMs: number
  readonly isDay: boolean
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** What a reader finds at once on a clock or a calendar. */
const STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 3, 4, 7, 14, 28, 91, 364].map((days) => days * DAY_MS),
] as const

/** How far local time is ahead of UTC at a moment: the zones of the world change it twice a year. */
export type ZoneOffset = (timeMs: number) => number

/**
 * Round moments of the reader's clock from `fromMs` to `toMs`, as many as have room.
 * @param room  how many labels fit beside each other
 */
export function timeTicks(fromMs: number, toMs: number, room: number, offsetMs: ZoneOffset): readonly TimeTick[] {
  const span = toMs - fromMs
  if (span <= 0 || room < 1) return []
  const stepMs = STEPS_MS.find((each) => span / each <= room) ?? Math.ceil(span / room / DAY_MS) * DAY_MS
  const ticks: TimeTick[] = []
  const first = Math.ceil((fromMs + offsetMs(fromMs)) / stepMs) * stepMs
  for (let local = first; ticks.length <= 2 * room; local += stepMs) {
    const timeMs = local - offsetMs(local - offsetMs(local))
    if (timeMs > toMs) break
    const isRepeated = timeMs <= (ticks.at(-1)?.timeMs ?? Number.NEGATIVE_INFINITY)
    if (timeMs >= fromMs && !isRepeated) ticks.push({ timeMs, isDay: local % DAY_MS === 0 })
  }
  return ticks
}

/** The offset of a zone, as the browser knows it. */
export function zoneOffset(timeZone: string | undefined): ZoneOffset {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  // An offset changes at a quarter of an hour at the most often: what is asked four times a second is asked once.
  const known = new Map<number, number>()
  return (timeMs) => {
    const quarter = Math.floor(timeMs / (15 * MINUTE_MS))
    const before = known.get(quarter)
    if (before !== undefined) return before
    const at = quarter * 15 * MINUTE_MS
    const field = Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = field
    const offset = Date.UTC(year, month - 1, day, hour, minute, second) - at
    if (known.size > MAX_KNOWN_OFFSETS) known.clear()
    known.set(quarter, offset)
    return offset
  }
}

const MAX_KNOWN_OFFSETS = 1_000

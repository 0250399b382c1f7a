import type { Looked, ViewRange } from './view.ts'

// What is looked at stands in the query of the page's address, so that it can be sent to somebody, and the browser's
// back and forward work. Names of filters have no hyphen: what the dashboard itself notes has one.

const RANGE = 'range'
const FROM = 'from'
const TO = 'to'
const TABLE = 'as-table'
const EXPANDED = 'expanded-panel'
/** Keys of the dashboard; every other one is a filter, or the host's. */
const OWN: ReadonlySet<string> = new Set([RANGE, FROM, TO, TABLE, EXPANDED])

const UNIT_MS = { d: 86_400_000, h: 3_600_000, m: 60_000 } as const

/** What an address says; undefined where it says nothing of the range. */
export interface Addressed extends Omit<Looked, 'range'> {
  readonly range: ViewRange | undefined
}

/**
 * @param query    of the page's address
 * @param prefix   before each key, so that two dashboards on a page, and the host, do not meet
 * @param filters  the names of filters that there are; anything else is the host's
 */
export function lookedAt(query: string, prefix: string, filters: readonly string[]): Addressed {
  const found = new URLSearchParams(query)
  const values = (key: string): readonly string[] => [...new Set(found.getAll(prefix + key))]
  const filtered = filters.flatMap((name): [string, readonly string[]][] => {
    const chosen = values(name)
    return chosen.length === 0 ? [] : [[name, chosen]]
  })
  return {
    range: rangeIn(values(RANGE)[0], values(FROM)[0], values(TO)[0]),
    filters: Object.fromEntries(filtered),
    tables: values(TABLE),
    expanded: values(EXPANDED)[0],
  }
}

/** The query with what is looked at; whatever else stands in it stays. */
export function queryFor(
  query: string,
  prefix: string,
  { range, filters, tables, expanded }: Addressed,
  filterNames: readonly string[],
): string {
  const found = new URLSearchParams(query)
  for (const key of [...OWN, ...filterNames]) found.delete(prefix + key)
  if (range?.kind === 'fixed') {
    found.append(prefix + FROM, isoText(range.fromMs))
    found.append(prefix + TO, isoText(range.toMs))
  } else if (range !== undefined) {
    found.append(prefix + RANGE, range.kind === 'today' ? 'today' : durationText(range.lengthMs))
  }
  for (const [name, values] of Object.entries(filters)) for (const value of values) found.append(prefix + name, value)
  for (const table of tables) found.append(prefix + TABLE, table)
  if (expanded !== undefined) found.append(prefix + EXPANDED, expanded)
  // Colons are plain in a query, and times are read by people.
  return found.toString().replaceAll('%3A', ':')
}

function rangeIn(range: string | undefined, from: string | undefined, to: string | undefined): ViewRange | undefined {
  if (range === 'today') return { kind: 'today' }
  const lengthMs = durationMs(range ?? '')
  if (lengthMs !== undefined) return { kind: 'last', lengthMs }
  const fromMs = timeMs(from)
  const toMs = timeMs(to)
  if (fromMs === undefined || toMs === undefined || fromMs >= toMs) return undefined
  return { kind: 'fixed', fromMs, toMs }
}

/** Far more than any panel shows: a range of ten years. */
const MAX_DURATION_MS = 3_660 * UNIT_MS.d

/** As the server takes it: 15m, 3h, 7d. */
export function durationText(lengthMs: number): string {
  const minutes = Math.max(1, Math.round(lengthMs / UNIT_MS.m))
  if (minutes % 1_440 === 0) return `${minutes / 1_440}d`
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`
}

function durationMs(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  if (count === undefined || unit === undefined) return undefined
  const lengthMs = Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]
  return lengthMs > 0 && lengthMs <= MAX_DURATION_MS ? lengthMs : undefined
}

/** In UTC, as short as it is exact: 2026-11-25T14:30Z. */
export function isoText(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/(:00)?\.000Z$/, 'Z')
}

function timeMs(text: string | undefined): number | undefined {
  // Without a zone it would be a time of the reader's.
  if (text === undefined || !/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?Z)?$/.test(text)) return undefined
  const parsed = Date.parse(text)
  return Number.isNaN(parsed) ? undefined : parsed
}

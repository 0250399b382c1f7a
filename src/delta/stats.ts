import { BOUND_CHARACTERS, type Columns, type ColumnValues, isTableDate, type ValueBounds } from '../columns.ts'
import { fittingJson, isObject, isRecordOf } from '../files/json.ts'

/** Longer texts are cut in the stats: readers want bounds, not values. */
const MAX_TEXT_CHARACTERS = BOUND_CHARACTERS - 1

/** The last character of Unicode: none comes after it. */
const LAST_CHARACTER = 0x10ffff

/** Halves of UTF-16 pairs, which are not characters. */
const SURROGATES = { first: 0xd800, last: 0xdfff }

/** The last time that readers can parse. They look a millisecond beyond a bound, because of its microseconds. */
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z')

type Side = keyof ValueBounds

/**
 * The `stats` of a Delta add. Readers skip a file by its bounds, and some skip one that lacks the bound of a single
 * column. So if a column has a value for which Delta has no bound (NaN, an infinity, a year beyond 9999), the stats are
 * just the number of rows. Numbers are written digit for digit; a long text is cut in such a way that it is still a
 * bound; a time is rounded down or up to the milliseconds that Delta keeps.
 * @param columns  those that are in the file
 */
export function deltaStats(rows: number, columns: Columns, values: Readonly<Record<string, ColumnValues>>): string {
  const rowsAlone = jsonObject([['numRecords', String(rows)]])
  if (Object.keys(columns).some((name) => !Object.hasOwn(values, name))) return rowsAlone
  const minValues: [string, string][] = []
  const maxValues: [string, string][] = []
  const nullCount: [string, string][] = []
  for (const [name, { nulls, bounds }] of Object.entries(values)) {
    const type = columns[name]
    if (nulls === null || type === undefined) return rowsAlone
    nullCount.push([name, String(nulls)])
    if (nulls === rows || type === 'BLOB') continue // no reader uses bounds of bytes
    const min = boundOf(bounds, type, 'min')
    const max = boundOf(bounds, type, 'max')
    if (min === undefined || max === undefined) return rowsAlone
    minValues.push([name, min])
    maxValues.push([name, max])
  }
  return jsonObject([
    ['numRecords', String(rows)],
    ['minValues', jsonObject(minValues)],
    ['maxValues', jsonObject(maxValues)],
    ['nullCount', jsonObject(nullCount)],
  ])
}

/** A JSON object of names and JSON texts: JavaScript's own numbers would not keep every digit. */
function jsonObject(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`
}

/** A bound as JSON, or undefined if Delta has none for the value. */
function boundOf(bounds: ValueBounds | null, type: string, side: Side): string | undefined {
  if (bounds === null) return undefined
  const value = bounds[side]
  if (type === 'VARCHAR') return textBound(value, side)
  if (type === 'DATE') return isTableDate(value) ? JSON.stringify(value) : undefined
  if (type === 'TIMESTAMPTZ') return timeBound(value, side)
  if (type === 'BOOLEAN') return /^(true|false)$/.test(value) ? value : undefined
  if (type === 'FLOAT' || type === 'DOUBLE') return floatingBound(Number(value), type, side)
  return /^-?\d+(\.\d+)?$/.test(value) ? value : undefined
}

/** A longer text is cut at the last character allowed; for a maximum, the text that comes after all that begin so. */
function textBound(value: string, side: Side): string | undefined {
  const characters = value.length <= MAX_TEXT_CHARACTERS ? [] : [...value]
  if (characters.length <= MAX_TEXT_CHARACTERS) return JSON.stringify(value)
  const kept = characters.slice(0, MAX_TEXT_CHARACTERS)
  if (side === 'max') {
    const last = kept.findLastIndex((character) => character.codePointAt(0) !== LAST_CHARACTER)
    const next = nextCharacter(kept[last])
    if (next === undefined) return undefined
    kept.splice(last, kept.length, next)
  }
  return JSON.stringify(kept.join(''))
}

/** The next one by code point, which is also the order of UTF-8 bytes. */
function nextCharacter(character: string | undefined): string | undefined {
  if (character === undefined) return undefined
  const next = (character.codePointAt(0) ?? 0) + 1
  return String.fromCodePoint(next === SURROGATES.first ? SURROGATES.last + 1 : next)
}

/** `2026-11-22T10:00:00.123456Z` → `2026-11-22T10:00:00.123Z`, or .124Z for a maximum. */
function timeBound(value: string, side: Side): string | undefined {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z$/.exec(value)
  if (parts === null) return undefined
  const micros = Number(parts[2])
  const wholeMs = side === 'min' ? Math.floor(micros / 1000) : Math.ceil(micros / 1000)
  const timeMs = Date.parse(`${parts[1]}Z`) + wholeMs
  return JSON.stringify(new Date(Math.min(timeMs, LAST_MS)).toISOString())
}

/** To some readers the two zeros are equal, to others -0 is less than 0: the bound is the outer one of both. */
function floatingBound(value: number, type: string, side: Side): string | undefined {
  if (!Number.isFinite(value)) return undefined
  if (value === 0) return side === 'min' ? '-0.0' : '0.0'
  // All digits, so that a reader finds the same number whether it reads a float or a double.
  return JSON.stringify(type === 'FLOAT' ? Math.fround(value) : value)
}

/**
 * The latest time of a column in a file, in microseconds since 1970, as the stats of its add say it: at most a
 * millisecond too late. Undefined if they do not.
 */
export function newestTime(stats: string | undefined, column: string): bigint | undefined {
  const bounds = stats === undefined ? undefined : fittingJson(stats, hasMaxima)
  const bound = bounds?.maxValues[column]
  const timeMs = typeof bound === 'string' ? Date.parse(bound) : Number.NaN
  return Number.isNaN(timeMs) ? undefined : BigInt(timeMs) * 1000n
}

const hasMaxima = isRecordOf<{ readonly maxValues: Readonly<Record<string, unknown>> }>({ maxValues: isObject })

/** The latest of some times, of which some may not be known. */
export function latest(times: readonly (bigint | undefined)[]): bigint | undefined {
  return times.reduce(
    (newest, time) => (newest === undefined || (time !== undefined && time > newest) ? time : newest),
    undefined,
  )
}

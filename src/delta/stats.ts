import { BOUND_CHARACTERS, type Columns, type ColumnValues, isTableDate, type ValueBounds } from '../columns.ts'

/** Longer texts are cut in the stats: readers want bounds, not values. */
const MAX_TEXT_CHARACTERS = BOUND_CHARACTERS - 1

/** The last character of Unicode: none comes after it. */
const LAST_CHARACTER = 0x10ffff

/** Halves of UTF-16 pairs, which are no characters. */
const SURROGATES = { first: 0xd800, last: 0xdfff }

/** The last moment that readers parse. They look a millisecond beyond a bound, for its microseconds. */
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z')

type Side = keyof ValueBounds

/**
 * The `stats` of a Delta add. Readers skip a file by its bounds, and some skip one that lacks a bound of a single
 * column: where a column has a value that Delta has no bound for (NaN, an infinity, a year beyond 9999), the count of
 * the rows stands alone. Numbers are written digit for digit; a long text is cut, so that it still bounds; a time is
 * floored or ceiled to the milliseconds that Delta keeps.
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
    if (nulls === rows || type === 'BLOB') continue // no reader looks for the bounds of bytes
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

/** JSON from names and JSON texts: what JavaScript makes of a number is not always that number. */
function jsonObject(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`
}

/** A bound as JSON, or undefined where Delta has none for it. */
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

/** A text of at most so many characters: of a longer one its beginning, or for a maximum the text that comes after. */
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

/** By code points, which are in the order of their UTF-8 bytes. */
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

/** Zeros count as equal to some readers and have an order to others: the bound is the outer one of both. */
function floatingBound(value: number, type: string, side: Side): string | undefined {
  if (!Number.isFinite(value)) return undefined
  if (value === 0) return side === 'min' ? '-0.0' : '0.0'
  // All digits, so that a reader finds the same number whether it reads a float or a double.
  return JSON.stringify(type === 'FLOAT' ? Math.fround(value) : value)
}

import type { Columns } from '../../duckdb/sql/literals.ts'
import type { JsonValue } from '../../duckdb/values.ts'

/** Longer texts are cut in the stats: readers want bounds, not values. */
export const MAX_TEXT_CHARACTERS = 64

/** The last character of Unicode: none comes after it. */
const LAST_CHARACTER = 0x10ffff

/** Halves of UTF-16 pairs, which are no characters. */
const SURROGATES = { first: 0xd800, last: 0xdfff }

/** The last moment that readers parse. They look a millisecond beyond a bound, for its microseconds. */
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z')

type Side = 'min' | 'max'

/** The least and the greatest value of a column in a file, as DuckDB writes values. */
export interface Bounds {
  readonly min: string | undefined
  readonly max: string | undefined
}

interface ColumnStats extends Bounds {
  readonly type: string
  readonly nulls: number
  readonly hasNan: boolean
}

/**
 * The columns of a file whose bounds RETURN_STATS does not tell, though they have values: where a row group has NULL
 * only, or the least or greatest text is long and not ASCII, it says nothing about the whole column; and `has_nan` is
 * that of the last row group, so that a number may be NaN whatever it says.
 */
export function untoldColumns(rows: number, statistics: JsonValue | undefined, columns: Columns): string[] {
  return [...columnStatsOf(statistics, columns)].flatMap(([name, { type, nulls, min, max }]) => {
    const isTold = min !== undefined && max !== undefined && !isFloating(type)
    return isTold || nulls === rows || type === 'BLOB' ? [] : [name]
  })
}

/**
 * The `stats` of a Delta add. Readers skip a file by its bounds, and some skip one that lacks a bound of a single
 * column: where a column has a value that Delta has no bound for (NaN, an infinity, a year beyond 9999), the count of
 * the rows stands alone. Numbers are written digit for digit; a long text is cut, so that it still bounds; a time is
 * floored or ceiled to the milliseconds that Delta keeps.
 * @param statistics  what COPY … RETURN_STATS says of a file: DuckDB's MAP(column, MAP(statistic, text)) as JSON
 * @param read  the bounds of its untold columns, by their names
 */
export function deltaStats(
  rows: number,
  statistics: JsonValue | undefined,
  columns: Columns,
  read: ReadonlyMap<string, Bounds> = new Map(),
): string {
  const rowsAlone = jsonObject([['numRecords', String(rows)]])
  const minValues: [string, string][] = []
  const maxValues: [string, string][] = []
  const nullCount: [string, string][] = []
  for (const [name, stats] of columnStatsOf(statistics, columns)) {
    if (!Number.isSafeInteger(stats.nulls)) return rowsAlone
    nullCount.push([name, String(stats.nulls)])
    if (stats.nulls === rows || stats.type === 'BLOB') continue // no reader looks for the bounds of bytes
    const bounds = read.get(name) ?? stats
    const min = boundOf(bounds.min, stats.type, 'min')
    const max = boundOf(bounds.max, stats.type, 'max')
    if (min === undefined || max === undefined || stats.hasNan) return rowsAlone
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

/** Whether a date as DuckDB writes it is one of the years 1 to 9999, which is what Delta knows. */
export function isDeltaDate(date: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(date)
}

/** A MAP as DuckDB's JSON form has it: a list of {key, value}. */
export function entriesOf(map: JsonValue | undefined): [string, JsonValue][] {
  if (!Array.isArray(map)) return []
  return map.map((entry: { key: string; value: JsonValue }) => [entry.key, entry.value])
}

function* columnStatsOf(statistics: JsonValue | undefined, columns: Columns): Generator<[string, ColumnStats]> {
  for (const [column, values] of entriesOf(statistics)) {
    const byName = new Map(entriesOf(values))
    // Keys are quoted identifiers.
    const name = column.replace(/^"(.*)"$/s, '$1').replaceAll('""', '"')
    const type = columns[name]
    if (type === undefined) continue
    const stats = {
      type,
      min: textOf(byName.get('min')),
      max: textOf(byName.get('max')),
      nulls: Number(byName.get('null_count')),
      hasNan: byName.get('has_nan') === 'true',
    }
    yield [name, stats]
  }
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** JSON from names and JSON texts: what JavaScript makes of a number is not always that number. */
function jsonObject(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`
}

function isFloating(type: string): boolean {
  return type === 'FLOAT' || type === 'DOUBLE'
}

/** A bound as JSON, or undefined where Delta has none for it. */
function boundOf(value: string | undefined, type: string, side: Side): string | undefined {
  if (value === undefined) return undefined
  if (type === 'VARCHAR') return textBound(value, side)
  if (type === 'DATE') return isDeltaDate(value) ? JSON.stringify(value) : undefined
  if (type === 'TIMESTAMPTZ') return timeBound(value, side)
  if (type === 'BOOLEAN') return value === '1' || value === 'true' ? 'true' : 'false'
  return isFloating(type) ? floatingBound(Number(value), type, side) : exactBound(value)
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

/** `2026-11-22 10:00:00.123456+00` → `2026-11-22T10:00:00.123Z`, or .124Z for a maximum. */
function timeBound(value: string, side: Side): string | undefined {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/.exec(value)
  if (parts === null) return undefined
  const micros = Number((parts[3] ?? '').padEnd(6, '0'))
  const wholeMs = side === 'min' ? Math.floor(micros / 1000) : Math.ceil(micros / 1000)
  const timeMs = Date.parse(`${parts[1]}T${parts[2]}Z`) + wholeMs
  return JSON.stringify(new Date(Math.min(timeMs, LAST_MS)).toISOString())
}

/** Zeros count as equal to some readers and have an order to others: the bound is the outer one of both. */
function floatingBound(value: number, type: string, side: Side): string | undefined {
  if (!Number.isFinite(value)) return undefined
  if (value === 0) return side === 'min' ? '-0.0' : '0.0'
  // All digits, so that a reader finds the same number whether it reads a float or a double.
  return JSON.stringify(type === 'FLOAT' ? Math.fround(value) : value)
}

/** An integer or a decimal, which DuckDB writes as `-.5`. */
function exactBound(value: string): string | undefined {
  const parts = /^(-?)(\d*)(\.\d+)?$/.exec(value)
  return parts === null ? undefined : `${parts[1]}${parts[2] || '0'}${parts[3] ?? ''}`
}

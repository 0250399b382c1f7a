import type { Columns } from '../duckdb/sql/literals.ts'
import type { JsonValue } from '../duckdb/values.ts'

/** Longer texts are left out of the stats: readers want bounds, not values. */
const MAX_TEXT_LENGTH = 64

/** So many decimal digits survive in a JavaScript number. */
const EXACT_DIGITS = 15

interface ColumnStats {
  readonly min: string | undefined
  readonly max: string | undefined
  readonly nullCount: string | undefined
  readonly hasNan: boolean
}

/**
 * The `stats` of a Delta add from what COPY … RETURN_STATS says of a file. A bound that could be wrong in the form that
 * Delta wants is left out; a timestamp's are floored and ceiled to the milliseconds that Delta keeps.
 * @param statistics  DuckDB's MAP(column, MAP(statistic, text)) in its JSON form
 */
export function deltaStats(rows: number, statistics: JsonValue | undefined, columns: Columns): string {
  const minValues: Record<string, string | number> = {}
  const maxValues: Record<string, string | number> = {}
  const nullCount: Record<string, number> = {}
  for (const [name, stats] of columnStatsOf(statistics)) {
    const type = columns[name]
    if (type === undefined) continue
    const min = boundOf(stats.min, type, 'floor')
    const max = boundOf(stats.max, type, 'ceil')
    // NaN is no part of DuckDB's bounds, and larger than all numbers to other readers.
    if (min !== undefined && max !== undefined && !stats.hasNan) {
      minValues[name] = min
      maxValues[name] = max
    }
    const nulls = Number(stats.nullCount)
    if (stats.nullCount !== undefined && Number.isSafeInteger(nulls)) nullCount[name] = nulls
  }
  return JSON.stringify({ numRecords: rows, minValues, maxValues, nullCount })
}

/** Whether a date as DuckDB writes it is one of the years 1 to 9999, which is what Delta knows. */
export function isDeltaDate(date: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(date)
}

function* columnStatsOf(statistics: JsonValue | undefined): Generator<[string, ColumnStats]> {
  for (const [column, values] of entriesOf(statistics)) {
    const byName = new Map(entriesOf(values))
    // Keys are quoted identifiers.
    const name = column.replace(/^"(.*)"$/, '$1').replaceAll('""', '"')
    const stats = {
      min: textOf(byName.get('min')),
      max: textOf(byName.get('max')),
      nullCount: textOf(byName.get('null_count')),
      hasNan: byName.get('has_nan') === 'true',
    }
    yield [name, stats]
  }
}

/** A MAP as DuckDB's JSON form gives it: a list of {key, value}. */
export function entriesOf(map: JsonValue | undefined): [string, JsonValue][] {
  if (!Array.isArray(map)) return []
  return map.map((entry: { key: string; value: JsonValue }) => [entry.key, entry.value])
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function boundOf(value: string | undefined, type: string, rounding: 'floor' | 'ceil'): string | number | undefined {
  if (value === undefined) return undefined
  if (type === 'VARCHAR') return value.length <= MAX_TEXT_LENGTH ? value : undefined
  if (type === 'DATE') return isDeltaDate(value) ? value : undefined
  if (type === 'TIMESTAMPTZ') return millisecondsOf(value, rounding)
  if (type === 'BLOB' || type === 'BOOLEAN') return undefined
  if (type.startsWith('DECIMAL') && value.replaceAll(/^-?[0.]*|\./g, '').length > EXACT_DIGITS) return undefined
  const number = Number(value)
  const isExact = Number.isInteger(number) ? Number.isSafeInteger(number) : Number.isFinite(number)
  return isExact ? number : undefined
}

/** `2026-11-22 10:00:00.123456+00` → `2026-11-22T10:00:00.123Z`, or .124Z for a ceiling. */
function millisecondsOf(value: string, rounding: 'floor' | 'ceil'): string | undefined {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/.exec(value)
  if (parts === null) return undefined
  const micros = Number((parts[3] ?? '').padEnd(6, '0'))
  const wholeMs = rounding === 'floor' ? Math.floor(micros / 1000) : Math.ceil(micros / 1000)
  return new Date(Date.parse(`${parts[1]}T${parts[2]}Z`) + wholeMs).toISOString()
}

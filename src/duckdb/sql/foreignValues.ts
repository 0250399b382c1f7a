// How a value of a foreign Parquet file becomes one of a declared type: the only place that says what is accepted.
import type { Footnotes } from '../../parquet/foreignColumn.ts'
import { type ColumnType, typeName } from '../../parquet/types.ts'
import { inDeltaYears, text, typeSql } from './literals.ts'
import { type Sql, sql } from './sql.ts'

/** The expressions by which a foreign column becomes a declared one. */
export interface Conversion {
  readonly value: Sql
  /** Whether a value means that there is none. */
  readonly missing?: Sql
  /** What keeps a value out; empty if every value of the type fits. */
  readonly problems: readonly Problem[]
}

/** What can be wrong with a value. */
export interface Problem {
  /** True for a value that has the problem; false or NULL for any other, and for NULL. */
  readonly when: Sql
  /** The end of the message, after the value; left out if the column as a whole has a wrong type. */
  readonly says?: string
}

/**
 * Hides a column from the optimizer. Otherwise the optimizer would believe the file's statistics, which nobody has
 * checked: it would leave out a check, skip rows that a filter wants, or sort by numbers cut to the range in them.
 */
export function unforeseen(column: Sql): Sql {
  return sql`TRY(${column})`
}

/**
 * How a column becomes one of a declared type, or undefined if no value keeps its meaning in that type.
 * @param column  the column as SQL, as `unforeseen` returns it
 */
export function conversionOf(
  column: Sql,
  from: ColumnType,
  to: string,
  footnotes: Footnotes = {},
): Conversion | undefined {
  if (to === 'BOOLEAN') return from.kind === 'boolean' ? asItIs(column) : undefined
  if (to === 'VARCHAR') return toText(column, from)
  if (to === 'BLOB') return toBytes(column, from)
  if (to === 'DATE') return toDate(column, from, footnotes)
  if (to === 'TIMESTAMPTZ') return toMoment(column, from, footnotes)
  return toNumber(column, from, to, footnotes)
}

function asItIs(value: Sql): Conversion {
  return { value, problems: [] }
}

function toText(column: Sql, from: ColumnType): Conversion | undefined {
  switch (from.kind) {
    case 'text':
      return asItIs(column)
    case 'json':
    case 'uuid':
    case 'integer':
      return asItIs(sql`CAST(${column} AS VARCHAR)`)
    case 'decimal':
      return isInteger(from) ? asItIs(sql`CAST(${column} AS VARCHAR)`) : undefined
    case 'bytes': {
      const decoded = sql`TRY(decode(${column}))`
      return {
        value: decoded,
        problems: [{ when: sql`${column} IS NOT NULL AND ${decoded} IS NULL`, says: 'is not valid UTF-8' }],
      }
    }
    default:
      return undefined
  }
}

function toBytes(column: Sql, from: ColumnType): Conversion | undefined {
  switch (from.kind) {
    case 'bytes':
    case 'bson':
      return asItIs(sql`CAST(${column} AS BLOB)`)
    case 'text':
    case 'json':
      return asItIs(sql`encode(CAST(${column} AS VARCHAR))`)
    case 'geometry':
      return asItIs(sql`ST_AsWKB(${column})`)
    default:
      return undefined
  }
}

/** DuckDB's widest decimal. It reads wider ones as doubles, which are different numbers. */
const MAX_DIGITS = 38

/** A number fits if it is the same after a cast to the type and back. */
function toNumber(column: Sql, from: ColumnType, to: string, { isFastparquet }: Footnotes): Conversion | undefined {
  if (from.kind !== 'integer' && from.kind !== 'float' && from.kind !== 'decimal') return undefined
  if (from.kind === 'decimal' && from.precision > MAX_DIGITS) return undefined
  const type = typeSql(to)
  const cast = sql`CAST(${column} AS ${type})`
  if (fitsAlways(from, to)) return asItIs(cast)
  const back = sql`TRY_CAST(TRY_CAST(${column} AS ${type}) AS ${typeSql(typeName(from))})`
  const problems = [{ when: sql`${back} IS DISTINCT FROM ${column}`, says: `is not a valid ${to}` }]
  const isFraction = from.kind === 'float' && to !== 'FLOAT' && to !== 'DOUBLE'
  return isFastparquet === true && isFraction
    ? { value: cast, missing: sql`isnan(${column})`, problems }
    : { value: cast, problems }
}

/** How many digits an integer of each size may have; a DECIMAL needs as many before its point. */
const INTEGER_DIGITS = { 8: 3, 16: 5, 32: 10, 64: 20 } as const
/** The bits of the integers that each float type holds exactly, and the decimal digits that it returns unchanged. */
const FLOAT_BITS = { FLOAT: 24, DOUBLE: 53 } as const
const FLOAT_DIGITS = { FLOAT: 6, DOUBLE: 15 } as const

const INTEGER_BITS: Readonly<Record<string, number>> = { TINYINT: 8, SMALLINT: 16, INTEGER: 32, BIGINT: 64 }

function fitsAlways(from: ColumnType, to: string): boolean {
  if (typeName(from) === to.replaceAll(' ', '')) return true
  const decimal = /^DECIMAL\((\d+), ?(\d+)\)$/.exec(to)
  if (decimal !== null) {
    const [scale, whole] = [Number(decimal[2]), Number(decimal[1]) - Number(decimal[2])]
    if (from.kind === 'integer') return whole >= INTEGER_DIGITS[from.bits]
    return from.kind === 'decimal' && from.scale <= scale && from.precision - from.scale <= whole
  }
  if (to === 'FLOAT' || to === 'DOUBLE') {
    if (from.kind === 'integer') return from.bits < FLOAT_BITS[to]
    if (from.kind === 'decimal') return from.precision <= FLOAT_DIGITS[to]
    return from.kind === 'float' && from.bits <= (to === 'FLOAT' ? 32 : 64)
  }
  const bits = INTEGER_BITS[to] ?? 0
  return from.kind === 'integer' && (from.isSigned ? from.bits <= bits : from.bits < bits)
}

function isInteger(from: ColumnType): boolean {
  return from.kind === 'integer' || (from.kind === 'decimal' && from.scale === 0 && from.precision <= MAX_DIGITS)
}

const ISO_DATE = '\\d{4}-\\d{2}-\\d{2}'
const ISO_TIME = '([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d([.,]\\d{1,9})?)?'
const ISO_ZONE = '(Z|[+-]\\d{2}(:?\\d{2})?)?'
const ISO_MOMENT = `${ISO_DATE}([T ]${ISO_TIME}${ISO_ZONE})?`

function toDate(value: Sql, from: ColumnType, footnotes: Footnotes): Conversion | undefined {
  if (from.kind === 'date') return { value, problems: timeProblems(value, 'DATE', footnotes) }
  if (from.kind === 'text' || from.kind === 'bytes') return fromIso(value, from, 'DATE', ISO_DATE)
  const moment = toMoment(value, from, footnotes)
  if (moment === undefined) return undefined
  // A day that is stored as its midnight, as pandas does.
  const isMidnight = sql`date_trunc('day', ${moment.value}) = ${moment.value}`
  return {
    ...moment,
    value: sql`CAST(${moment.value} AS DATE)`,
    problems: [...moment.problems, { when: sql`NOT (${isMidnight})`, says: 'is not a valid DATE' }],
  }
}

function toMoment(value: Sql, from: ColumnType, footnotes: Footnotes): Conversion | undefined {
  const moment = sql`CAST(${value} AS TIMESTAMPTZ)`
  switch (from.kind) {
    case 'date':
      return { value: moment, problems: timeProblems(value, 'DATE', footnotes) }
    case 'int96':
      return {
        value: moment,
        ...(footnotes.isFastparquet === true ? { missing: sql`epoch_us(${value}) = ${LEAST_NANOS_IN_MICROS}` } : {}),
        problems: timeProblems(value, 'TIMESTAMP', footnotes),
      }
    case 'timestamp': {
      if (from.isRaw === true) return from.unit === 'ns' ? fromNanos(value) : fromMillis(value, footnotes)
      if (from.unit === 'ns' && !from.isUtc) return fromNanos(sql`epoch_ns(${value})`)
      const problems = timeProblems(value, from.isUtc ? 'TIMESTAMPTZ' : 'TIMESTAMP', footnotes)
      // DuckDB has rounded it towards 1970. By the statistics it is later; otherwise it would be read raw.
      if (from.unit === 'ns')
        problems.unshift({ when: sql`epoch_us(${value}) <= 0`, says: "contradicts the file's statistics" })
      return { value: moment, missing: sql`epoch_us(${value}) = ${LEAST_INTEGER}`, problems }
    }
    case 'text':
    case 'bytes':
      return fromIso(value, from, 'TIMESTAMPTZ', ISO_MOMENT)
    default:
      return undefined
  }
}

/** What pandas stores for a missing time (`NaT`): an integer, and what an INT96 of as many nanoseconds is read as. */
const LEAST_INTEGER = sql`(-9223372036854775808)`
const LEAST_NANOS_IN_MICROS = sql`(-9223372036854776)`

/** Nanoseconds, of which 64 bits cover the years 1677 to 2262. They are floored; a cast would round towards 1970. */
function fromNanos(nanos: Sql): Conversion {
  const micros = sql`${nanos} // 1000 - CASE WHEN ${nanos} % 1000 < 0 THEN 1 ELSE 0 END`
  return { value: sql`make_timestamptz(${micros})`, missing: sql`${nanos} = ${LEAST_INTEGER}`, problems: [] }
}

/** The first millisecond of the year 1, and the first one after 9999. */
const FIRST_MILLI = -62_135_596_800_000
const END_MILLI_EXCLUSIVE = 253_402_300_800_000

function fromMillis(millis: Sql, { legacyCalendar }: Footnotes): Conversion {
  const outside = sql`${millis} < ${FIRST_MILLI} OR ${millis} >= ${END_MILLI_EXCLUSIVE}`
  const problems = [{ when: outside, says: 'ms since 1970 is outside the years 1 to 9999' }]
  if (legacyCalendar !== undefined) {
    const when = sql`${millis} < ${Date.parse(legacyCalendar.before)}`
    problems.unshift({ when, says: `ms since 1970 ${legacySays(legacyCalendar)}` })
  }
  return { value: sql`make_timestamptz(${millis} * 1000)`, missing: sql`${millis} = ${LEAST_INTEGER}`, problems }
}

function legacySays({ key, before }: { readonly key: string; readonly before: string }): string {
  return `is before ${before} in Spark's legacy calendar (${key} in its footer), days off from today's`
}

function timeProblems(
  value: Sql,
  type: 'DATE' | 'TIMESTAMP' | 'TIMESTAMPTZ',
  { legacyCalendar }: Footnotes,
): Problem[] {
  const problems: Problem[] = [
    { when: sql`NOT (${inDeltaYears(value, type)})`, says: 'is outside the years 1 to 9999' },
  ]
  if (legacyCalendar === undefined) return problems
  const isBefore = sql`${value} < ${typeSql(type)} ${text(legacyCalendar.before)}`
  return [{ when: isBefore, says: legacySays(legacyCalendar) }, ...problems]
}

/** Times in the form that DuckDB reads: with a point, with seconds, and with a colon in the zone. */
function isoWritten(written: Sql): Sql {
  const withPoint = sql`replace(${written}, ',', '.')`
  const withSeconds = sql`regexp_replace(${withPoint}, '([T ]\\d{2}:\\d{2})(Z|[+-].*)?$', '\\1:00\\2')`
  return sql`regexp_replace(${withSeconds}, '([+-]\\d{2})(\\d{2})$', '\\1:\\2')`
}

function fromIso(value: Sql, from: ColumnType, to: 'DATE' | 'TIMESTAMPTZ', pattern: string): Conversion {
  const written = from.kind === 'bytes' ? sql`TRY(decode(${value}))` : value
  const time = sql`TRY_CAST(${isoWritten(written)} AS ${typeSql(to)})`
  const isIso = sql`regexp_full_match(${written}, ${text(pattern)}) AND ${inDeltaYears(time, to)}`
  return {
    value: time,
    problems: [
      {
        when: sql`${value} IS NOT NULL AND NOT coalesce(${isIso}, false)`,
        says: `is not a valid ${to} in ISO 8601`,
      },
    ],
  }
}

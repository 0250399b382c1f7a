// Values that come as text, cast to a declared type.
import { decimalOf } from '../../columns.ts'
import { identifier, inDeltaYears, isTime, text, typeSql } from './literals.ts'
import { joined, type Sql, sql } from './sql.ts'

/**
 * The value of a text column cast to a type. A value that does not fit fails by name; no value is rounded.
 * @param says  how the failure begins: what the column is called, before its value
 */
export function exactValue(column: string, type: string, says: string): Sql {
  const given = identifier(column)
  if (type === 'VARCHAR') return given
  const value = sql`TRY_CAST(${given} AS ${typeSql(type)})`
  const exact = exactType(type)
  const isExact = exact === undefined ? [] : [sql`${value} = TRY_CAST(${given} AS ${typeSql(exact)})`]
  const isInRange = isTime(type) ? [inDeltaYears(value, type)] : []
  const isSound = joined([sql`${value} IS NOT NULL`, ...isExact, ...isInRange], ' AND ')
  return orFailure(column, value, isSound, says, `which is not a valid ${type}`)
}

/** The bytes of a text column in base64. */
export function base64Value(column: string, says: string): Sql {
  const value = sql`TRY(from_base64(${identifier(column)}))`
  return orFailure(column, value, sql`${value} IS NOT NULL`, says, 'which is not valid base64')
}

function orFailure(column: string, value: Sql, isSound: Sql, says: string, fault: string): Sql {
  const given = identifier(column)
  const [before, after] = [text(`${says} '`), text(`', ${fault}`)]
  const failure = sql`error(${before} || left(${given}, 60) || ${after})`
  return sql`CASE WHEN ${given} IS NULL OR (${isSound}) THEN ${value} ELSE ${failure} END`
}

/** A type that keeps what a cast from text to `type` would round away; undefined if it rounds nothing, or always. */
function exactType(type: string): string | undefined {
  if (type === 'DATE') return 'TIMESTAMP'
  if (type.endsWith('INT') || type === 'INTEGER') return 'DECIMAL(38, 18)'
  const decimal = decimalOf(type)
  return decimal === undefined ? undefined : `DECIMAL(38, ${38 - decimal.digits + decimal.scale})`
}

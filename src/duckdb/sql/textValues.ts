// Values that come as text, as those of a declared type.
import { decimalOf } from '../../columns.ts'
import { identifier, inDeltaYears, isTime, text, typeSql } from './literals.ts'
import { joined, type Sql, sql } from './sql.ts'

/**
 * The value of a text column as one of a type: one that is none of it fails by name, and none is rounded.
 * @param says  what the column is called in the failure, before its value
 */
export function exactValue(column: string, type: string, says: string): Sql {
  const given = identifier(column)
  if (type === 'VARCHAR') return given
  const value = sql`TRY_CAST(${given} AS ${typeSql(type)})`
  const exact = exactType(type)
  const isExact = exact === undefined ? [] : [sql`${value} = TRY_CAST(${given} AS ${typeSql(exact)})`]
  const isInRange = isTime(type) ? [inDeltaYears(value, type)] : []
  const isSound = joined([sql`${value} IS NOT NULL`, ...isExact, ...isInRange], ' AND ')
  return orFailure(column, value, isSound, says, `which is no ${type}`)
}

/** The bytes of a text column in base64. */
export function base64Value(column: string, says: string): Sql {
  const value = sql`TRY(from_base64(${identifier(column)}))`
  return orFailure(column, value, sql`${value} IS NOT NULL`, says, 'which is no base64')
}

function orFailure(column: string, value: Sql, isSound: Sql, says: string, fault: string): Sql {
  const given = identifier(column)
  const [before, after] = [text(`${says} '`), text(`', ${fault}`)]
  const failure = sql`error(${before} || left(${given}, 60) || ${after})`
  return sql`CASE WHEN ${given} IS NULL OR (${isSound}) THEN ${value} ELSE ${failure} END`
}

/** A type that keeps what a cast from text to `type` would round away; undefined where none would, or by its nature. */
function exactType(type: string): string | undefined {
  if (type === 'DATE') return 'TIMESTAMP'
  if (type.endsWith('INT') || type === 'INTEGER') return 'DECIMAL(38, 18)'
  const decimal = decimalOf(type)
  return decimal === undefined ? undefined : `DECIMAL(38, ${38 - decimal.digits + decimal.scale})`
}

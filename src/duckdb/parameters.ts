import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBPreparedStatement,
  DuckDBTimestampTZValue,
  type DuckDBType,
  type DuckDBValue,
  HUGEINT,
  INTEGER,
  SQLNULL,
  TIMESTAMPTZ,
  VARCHAR,
} from '@duckdb/node-api'
import { LakeError, messageOf } from '../errors.ts'
import { TypedParameter } from './typedParameters.ts'

/** A value that is passed to a query separately from its text. */
export type Parameter = string | number | bigint | boolean | Date | null

/** Values for `$1, $2, …` or `?` in order, or for `$name` by name. */
export type Parameters = readonly Parameter[] | Readonly<Record<string, Parameter>>

type Bindable = Parameter | TypedParameter

/** The same, also with values whose type is declared. */
export type BindableParameters = readonly Bindable[] | Readonly<Record<string, Bindable>>

/**
 * Binds values to a statement; they never become part of its text.
 * @throws LakeError LAKE_ARGUMENT_INVALID if one is missing, left over or of a type that no parameter can have
 */
export function bindParameters(statement: DuckDBPreparedStatement, parameters: BindableParameters): void {
  const given = new Map(Object.entries(parameters).map(([key, value]) => [keyOf(parameters, key), value as Bindable]))
  const wanted = Array.from({ length: statement.parameterCount }, (_, index) => statement.parameterName(index + 1))
  const missing = wanted.find((name) => !given.has(name))
  if (missing !== undefined) throw invalid(`the query has a parameter $${missing}, but no value is given for it.`)
  const surplus = [...given.keys()].find((name) => !wanted.includes(name))
  if (surplus !== undefined) throw invalid(`a value is given for $${surplus}, but the query has no such parameter.`)
  for (const [index, name] of wanted.entries()) {
    const [value, type] = typedValue(name, given.get(name))
    statement.bindValue(index + 1, value, type)
  }
}

/** DuckDB's name of a parameter: those of an array are numbered from 1. */
function keyOf(parameters: BindableParameters, key: string): string {
  return Array.isArray(parameters) ? String(Number(key) + 1) : key
}

/** A value with the type that the same value has as a literal in SQL. */
function typedValue(name: string, value: unknown): [DuckDBValue, DuckDBType] {
  if (value === null) return [null, SQLNULL]
  if (typeof value === 'string') return [value, VARCHAR]
  if (typeof value === 'boolean') return [value, BOOLEAN]
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return [value, DOUBLE]
    return value === (value | 0) ? [value, INTEGER] : [BigInt(value), BIGINT]
  }
  if (typeof value === 'bigint') {
    if (BigInt.asIntN(64, value) === value) return [value, BIGINT]
    if (BigInt.asIntN(128, value) === value) return [value, HUGEINT]
    throw invalid(`the value of $${name} has more than 128 bits.`)
  }
  if (value instanceof TypedParameter) return declaredValue(name, value)
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw invalid(`the value of $${name} is an invalid Date.`)
    return [new DuckDBTimestampTZValue(BigInt(value.getTime()) * 1000n), TIMESTAMPTZ]
  }
  throw invalid(
    `the value of $${name} is ${describe(value)}.`,
    'It can be a string, number, bigint, boolean, Date or null.',
  )
}

function declaredValue(name: string, parameter: TypedParameter): [DuckDBValue, DuckDBType] {
  try {
    return parameter.bound()
  } catch (error) {
    throw invalid(`the value of $${name} ${messageOf(error)}.`)
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'undefined'
  return Array.isArray(value) ? 'an array' : `of type ${typeof value}`
}

function invalid(what: string, remedy?: string): LakeError {
  return new LakeError('LAKE_ARGUMENT_INVALID', what, remedy === undefined ? {} : { remedy })
}

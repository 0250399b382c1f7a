import { decimalOf } from '../../columns.ts'
import { folded, listIn, type ParseNode, textIn } from '../../duckdb/parseTree.ts'
import type { Session } from '../../duckdb/session.ts'
import { named } from '../../duckdb/sql/liveModels.ts'
import type { Aggregates } from './aggregates.ts'
import { calledName } from './expressions.ts'
import { type ModelText, refuse } from './modelText.ts'

/** Types whose equal values are the same. */
const GROUP_TYPES: ReadonlySet<string> = new Set([
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'HUGEINT',
  'UTINYINT',
  'USMALLINT',
  'UINTEGER',
  'UBIGINT',
  'VARCHAR',
  'BLOB',
  'DATE',
  'TIME',
  'TIMESTAMP',
  'TIMESTAMP WITH TIME ZONE',
  'UUID',
])

/** 0 and -0, and a month and 30 days, are equal. */
const EQUAL_AND_UNLIKE: ReadonlySet<string> = new Set(['FLOAT', 'DOUBLE', 'INTERVAL'])

const FLOATS: ReadonlySet<string> = new Set(['FLOAT', 'DOUBLE'])

/** Integers of which 2^63 can be added up. */
const ADDED_UP: ReadonlySet<string> = new Set([
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'UTINYINT',
  'USMALLINT',
  'UINTEGER',
  'UBIGINT',
])

const AVERAGED: ReadonlySet<string> = new Set(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'])

const OF_A_TIME = 'Average a whole number, such as epoch_ms(…).'

/** A sum has 38 digits: so many are left for ten thousand million rows. */
const MAX_SUMMED_DIGITS = 28

/** What has a type that matters: groups, then what is aggregated. */
export function typedItems(groups: readonly ParseNode[], aggregates: Aggregates): readonly ParseNode[] {
  return [...groups, ...typedCalls(aggregates).flatMap((call) => listIn(call, 'children').slice(0, 1))]
}

function typedCalls({ calls }: Aggregates): readonly ParseNode[] {
  return calls.filter((call) => !textIn(call, 'function_name').startsWith('count'))
}

/**
 * Checks the types of groups and of what is aggregated.
 * @param select  the SELECT of these expressions over the model's FROM
 * @returns the types of what is aggregated, by the call
 * @throws LakeError LAKE_SQL_INVALID
 */
export async function assertStoredTypes(
  session: Session,
  text: ModelText,
  groups: readonly ParseNode[],
  aggregates: Aggregates,
  select: string,
): Promise<ReadonlyMap<ParseNode, string>> {
  const calls = typedCalls(aggregates)
  const items = typedItems(groups, aggregates)
  const types = Object.values(
    await session.describe(
      named(
        select,
        items.map((_, index) => `x${index}`),
      ),
    ),
  )
  groups.forEach((group, index) => {
    const type = types[index] ?? ''
    if (isGroupType(type)) return
    const remedy = FLOATS.has(type)
      ? 'Cast it: CAST(… AS DECIMAL(18, 3)), or to a whole number.'
      : 'Cast it to a plain type, such as VARCHAR.'
    const why = EQUAL_AND_UNLIKE.has(type) ? ': values that are not the same may be equal' : ''
    refuse(text, text.sql.startOf(group), `a group of the type ${type} is not kept${why}`, remedy)
  })
  calls.forEach((call, index) => {
    assertArgument(text, call, types[groups.length + index] ?? '')
  })
  return new Map(calls.map((call, index) => [call, types[groups.length + index] ?? '']))
}

function isGroupType(type: string): boolean {
  return GROUP_TYPES.has(type) || decimalOf(type.replace(',', ', ')) !== undefined
}

function assertArgument(text: ModelText, call: ParseNode, type: string): void {
  const name = folded(textIn(call, 'function_name'))
  const at = text.sql.placeOf(call)
  const what = `${calledName(call)}(${type}) is not kept`
  const decimal = decimalOf(type.replace(',', ', '))
  if (name === 'min' || name === 'max') {
    if (isGroupType(type) || FLOATS.has(type)) return
    refuse(text, at, what, 'Cast the value to a plain type, such as VARCHAR.')
  }
  if (name === 'avg') {
    if (AVERAGED.has(type)) return
    const isNumber = FLOATS.has(type) || decimal !== undefined || type.endsWith('INT')
    const sums = 'keep sum(…) and count(…), and divide in the panel.'
    const remedy = FLOATS.has(type) ? `Cast the value to DECIMAL, ${sums}` : `K${sums.slice(1)}`
    refuse(text, at, `${what}: only whole numbers are averaged exactly`, isNumber ? remedy : OF_A_TIME)
  }
  if (ADDED_UP.has(type)) return
  if (FLOATS.has(type)) {
    const remedy = `Cast the value: ${calledName(call)}(CAST(… AS DECIMAL(18, 3))).`
    refuse(text, at, `${what}: a sum of it depends on the order of the rows`, remedy)
  }
  if (decimal !== undefined && decimal.digits <= MAX_SUMMED_DIGITS) return
  const remedy = `Cast the value to BIGINT, or to a DECIMAL of at most ${MAX_SUMMED_DIGITS} digits.`
  refuse(text, at, `${what}: a sum of it may be too large`, remedy)
}

/** Checks what readers are to see: JSON, and other databases, have it too. */
export function assertSeenTypes(text: ModelText, columns: Readonly<Record<string, string>>): void {
  for (const [name, type] of Object.entries(columns)) {
    if (isGroupType(type) || FLOATS.has(type)) continue
    refuse(text, undefined, `its column ${name} is a ${type}`, 'Cast it to a plain type, such as VARCHAR or BIGINT.')
  }
}

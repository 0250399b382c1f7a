import { type Columns, type ColumnType, decimalOf, isPlainType } from '../columns.ts'
import { LakeError } from '../errors.ts'
import {
  fits,
  isBoolean,
  isEither,
  isLeftOutOr,
  isListOf,
  isNullOr,
  isObject,
  isRecordOf,
  isText,
  misfitIn,
} from '../files/json.ts'
import { logInvalid } from './protocol.ts'

/** What a Delta table of reader version 1 calls the types of its columns. */
const DELTA_TYPES: Readonly<Record<Exclude<ColumnType, `DECIMAL${string}`>, string>> = {
  BOOLEAN: 'boolean',
  TINYINT: 'byte',
  SMALLINT: 'short',
  INTEGER: 'integer',
  BIGINT: 'long',
  FLOAT: 'float',
  DOUBLE: 'double',
  VARCHAR: 'string',
  BLOB: 'binary',
  DATE: 'date',
  TIMESTAMPTZ: 'timestamp',
}

/** What Delta calls a type, or undefined where it has no word for it. */
function deltaType(type: string): string | undefined {
  if (isPlainType(type)) return DELTA_TYPES[type]
  const decimal = decimalOf(type)
  return decimal === undefined ? undefined : `decimal(${decimal.digits},${decimal.scale})`
}

/** A table's columns as the protocol's schema JSON; every column may be null. */
export function schemaString(columns: Columns): string {
  const fields = Object.entries(columns).map(([name, type]) => {
    const delta = deltaType(type)
    if (delta === undefined) throw new LakeError('LAKE_CONFIG_INVALID', `column ${name} has type ${type}`)
    return { name, type: delta, nullable: true, metadata: {} }
  })
  return JSON.stringify({ type: 'struct', fields })
}

/** The ways in which two schemas differ, each as a sentence without its full stop; none for the same columns. */
export function schemaDifferences(declared: string, found: string): string[] {
  const wanted = fieldTypes(declared)
  const there = fieldTypes(found)
  const differences: string[] = []
  for (const [name, type] of wanted) {
    if (!there.has(name)) differences.push(`column ${name} is declared, but the table has none`)
    else if (there.get(name) !== type)
      differences.push(`column ${name} is declared ${type}, but the table has ${typeName(there.get(name))}`)
  }
  for (const [name, type] of there) {
    if (!wanted.has(name)) differences.push(`the table has a column ${name} (${typeName(type)}) that is not declared`)
  }
  return differences
}

/** The first column with a rule that whoever appends has to check, as a sentence, or undefined where there is none. */
export function columnRule(schema: string): string | undefined {
  for (const { name, nullable, metadata } of fieldsOf(schema)) {
    if (nullable === false) return `column ${name} may not be NULL`
    // All other rules come with a newer writer version.
    if (Object.hasOwn(metadata ?? {}, 'delta.invariants')) return `column ${name} has delta.invariants`
  }
  return undefined
}

interface Field {
  readonly name: string
  readonly type: string | Readonly<Record<string, unknown>>
  readonly nullable?: boolean | null
  readonly metadata?: Readonly<Record<string, unknown>> | null
}

const isSchema = isRecordOf<{ readonly fields: readonly Field[] }>({
  fields: isListOf(
    isRecordOf<Field>({
      name: isText,
      type: isEither(isText, isObject),
      nullable: isLeftOutOr(isNullOr(isBoolean)),
      metadata: isLeftOutOr(isNullOr(isObject)),
    }),
  ),
})

/**
 * The columns of a schema in a log, which `snapshot.sql` refuses alike.
 * @param where  what the schema stands in
 * @throws LakeError LAKE_LOG_INVALID
 */
export function fieldsOf(schema: string, where = 'a Delta log'): readonly Field[] {
  const name = `${where}: metaData.schemaString`
  let parsed: unknown
  try {
    parsed = JSON.parse(schema)
  } catch (cause) {
    throw logInvalid(`${name} is no schema`, cause)
  }
  if (fits(parsed, isSchema)) return parsed.fields
  throw logInvalid(misfitIn(name, parsed, isSchema) ?? name)
}

/** A type in a word: of one with parts, only what it is. */
function typeName(type: string | undefined): string {
  return /^\{"type":"(\w+)"/.exec(type ?? '')?.[1] ?? String(type)
}

function fieldTypes(schema: string): Map<string, string> {
  return new Map(
    fieldsOf(schema).map(({ name, type }) => [name, typeof type === 'string' ? type : JSON.stringify(type)]),
  )
}

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

/** The names of column types in a Delta table of reader version 1. */
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

/** Delta's name of a type, or undefined if it has none. */
function deltaType(type: string): string | undefined {
  if (isPlainType(type)) return DELTA_TYPES[type]
  const decimal = decimalOf(type)
  return decimal === undefined ? undefined : `decimal(${decimal.digits},${decimal.scale})`
}

/** The type of a column by Delta's name of it; undefined if we have none. A time without a zone is taken for UTC. */
export function columnTypeOf(delta: string): string | undefined {
  if (delta === 'timestamp_ntz') return 'TIMESTAMPTZ'
  const decimal = decimalOf(delta.replace(/\s/g, '').toUpperCase())
  if (decimal !== undefined) return `DECIMAL(${decimal.digits},${decimal.scale})`
  return Object.entries(DELTA_TYPES).find(([, name]) => name === delta)?.[0]
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

/** The schema of a table whose metadata has none. `snapshot.sql` has the same. */
export const NO_COLUMNS = schemaString({})

/** The differences between two schemas, each as a sentence without its full stop; none if the columns are the same. */
export function schemaDifferences(declared: string, found: string): string[] {
  const wanted = fieldTypes(declared)
  const there = fieldTypes(found)
  const differences: string[] = []
  for (const [name, type] of wanted) {
    if (!there.has(name)) differences.push(`column ${name} is declared, but the table does not have it`)
    else if (there.get(name) !== type)
      differences.push(`column ${name} is declared ${type}, but the table has ${typeName(there.get(name))}`)
  }
  for (const [name, type] of there) {
    if (!wanted.has(name)) differences.push(`the table has a column ${name} (${typeName(type)}) that is not declared`)
  }
  return differences
}

/** The first rule of a column that a writer would have to check, as a sentence, or undefined if there is none. */
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
 * The columns of a schema in a log. `snapshot.sql` refuses the same schemas.
 * @param where  what the schema is in
 * @throws LakeError LAKE_LOG_INVALID
 */
export function fieldsOf(schema: string, where = 'a Delta log'): readonly Field[] {
  const name = `${where}: metaData.schemaString`
  let parsed: unknown
  try {
    parsed = JSON.parse(schema)
  } catch (cause) {
    throw logInvalid(`${name} is not a schema`, cause)
  }
  if (fits(parsed, isSchema)) return parsed.fields
  throw logInvalid(misfitIn(name, parsed, isSchema) ?? name)
}

/** A type in one word: of a nested one only its kind. */
function typeName(type: string | undefined): string {
  return /^\{"type":"(\w+)"/.exec(type ?? '')?.[1] ?? String(type)
}

function fieldTypes(schema: string): Map<string, string> {
  return new Map(
    fieldsOf(schema).map(({ name, type }) => [name, typeof type === 'string' ? type : JSON.stringify(type)]),
  )
}

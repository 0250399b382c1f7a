import type { Columns } from '../duckdb/sql/literals.ts'
import { LakeError } from '../errors.ts'

/** DuckDB's column types that a Delta table of reader version 1 can hold, and what Delta calls them. */
const DELTA_TYPES = {
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
} as const satisfies Readonly<Record<string, string>>

type PlainType = keyof typeof DELTA_TYPES

/** The type of a column: a DuckDB type that a Delta table can hold. */
export type ColumnType = PlainType | `DECIMAL(${number},${number})` | `DECIMAL(${number}, ${number})`

/** The most digits that a decimal of Delta, and of DuckDB, has. */
const MAX_DIGITS = 38

export const columnTypes: readonly string[] = [...Object.keys(DELTA_TYPES), 'DECIMAL(p, s)']

/** What Delta calls a DuckDB type, or undefined where it has no word for it. */
export function deltaType(type: string): string | undefined {
  const decimal = /^DECIMAL\((\d+), ?(\d+)\)$/.exec(type)
  if (decimal === null) return Object.hasOwn(DELTA_TYPES, type) ? DELTA_TYPES[type as PlainType] : undefined
  const [digits, scale] = [Number(decimal[1]), Number(decimal[2])]
  return digits >= 1 && digits <= MAX_DIGITS && scale <= digits ? `decimal(${digits},${scale})` : undefined
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
    if (metadata !== undefined && 'delta.invariants' in metadata) return `column ${name} has delta.invariants`
  }
  return undefined
}

interface Field {
  readonly name: string
  readonly type: unknown
  readonly nullable?: boolean
  readonly metadata?: Readonly<Record<string, unknown>>
}

function fieldsOf(schema: string): readonly Field[] {
  return (JSON.parse(schema) as { fields: readonly Field[] }).fields
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

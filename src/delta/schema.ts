import type { Columns } from '../duckdb/render.ts'
import { LakeError } from '../errors.ts'

/** DuckDB's column types that a Delta table of reader version 1 can hold, and what Delta calls them. */
const DELTA_TYPES: Readonly<Record<string, string>> = {
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

/** The most digits that a decimal of Delta, and of DuckDB, has. */
const MAX_DIGITS = 38

export const columnTypes: readonly string[] = [...Object.keys(DELTA_TYPES), 'DECIMAL(p, s)']

/** What Delta calls a DuckDB type, or undefined where it has no word for it. */
export function deltaType(type: string): string | undefined {
  const decimal = /^DECIMAL\((\d+), ?(\d+)\)$/.exec(type)
  if (decimal === null) return Object.hasOwn(DELTA_TYPES, type) ? DELTA_TYPES[type] : undefined
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

/** The first way in which two schemas differ, as a sentence, or undefined where they are the same columns. */
export function schemaDifference(declared: string, found: string): string | undefined {
  const wanted = fieldTypes(declared)
  const there = fieldTypes(found)
  for (const [name, type] of wanted) {
    if (!there.has(name)) return `column ${name} is declared, but the table has none`
    if (there.get(name) !== type) return `column ${name} is declared ${type}, but the table has ${there.get(name)}`
  }
  for (const name of there.keys()) if (!wanted.has(name)) return `the table has a column ${name} that is not declared`
  return undefined
}

function fieldTypes(schema: string): Map<string, string> {
  const { fields } = JSON.parse(schema) as { fields: { name: string; type: unknown }[] }
  return new Map(fields.map(({ name, type }) => [name, typeof type === 'string' ? type : JSON.stringify(type)]))
}

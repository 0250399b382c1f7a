import { type Columns, decimalOf } from '../columns.ts'
import type { AddFile, TableIdentity } from './actions.ts'
import { columnTypeOf, fieldsOf, schemaString } from './schema.ts'

// How the rows of a table are read as its metadata describes it, and which tables are read as which columns.

/** What a source may be read for, although its log has other columns than are declared. */
export interface Tolerance {
  /** A column that is not declared. `ignore`: it is not read. */
  readonly newColumns: 'refuse' | 'ignore'
  /** A column of a wider type than declared. `ignore`: it is read as declared, and a value that does not fit fails. */
  readonly widenedTypes: 'refuse' | 'ignore'
  /** Whether a column may be declared wider than it is. */
  readonly isDeclaredWider: boolean
}

export const STRICT: Tolerance = { newColumns: 'refuse', widenedTypes: 'refuse', isDeclaredWider: false }

/** Where the values of a table's columns are. */
export interface TableReading {
  readonly columns: Columns
  readonly partitionBy: readonly string[]
  /** Column → its name in the files and in the log, where that is another one. */
  readonly storedAs: Readonly<Record<string, string>>
  /** Column → the number by which files have it, in a table that goes by numbers. */
  readonly ids: Readonly<Record<string, number>> | undefined
}

/** How the declared columns are read in a table of this metadata. */
export function readingOf(columns: Columns, metaData: Pick<TableIdentity, MetaDataKey>): TableReading {
  const { schemaString: schema, partitionColumns, configuration } = metaData
  const mode = configuration['delta.columnMapping.mode'] ?? 'none'
  const partitionBy = partitionColumns.filter((name) => Object.hasOwn(columns, name))
  if (mode === 'none') return { columns, partitionBy, storedAs: {}, ids: undefined }
  const storedAs: Record<string, string> = {}
  const ids: Record<string, number> = {}
  for (const { name, metadata } of fieldsOf(schema)) {
    if (!Object.hasOwn(columns, name)) continue
    const stored = metadata?.['delta.columnMapping.physicalName']
    if (typeof stored === 'string' && stored !== name) storedAs[name] = stored
    const id = metadata?.['delta.columnMapping.id']
    if (typeof id === 'number' && !partitionBy.includes(name)) ids[name] = id
  }
  return { columns, partitionBy, storedAs, ids: mode === 'id' ? ids : undefined }
}

type MetaDataKey = 'schemaString' | 'partitionColumns' | 'configuration'

/** Whether two tables, or one at two times, are read in the same way. */
export function isSameReading(one: TableReading, other: TableReading): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}

/** The values of partition columns in a file, by the names that the columns have now. */
export function partitionValuesOf(
  { partitionBy, storedAs }: TableReading,
  { partitionValues }: Pick<AddFile, 'partitionValues'>,
): Readonly<Record<string, string | null>> {
  return Object.fromEntries(partitionBy.map((name) => [name, partitionValues[storedAs[name] ?? name] ?? null]))
}

/**
 * Whether the files of a table can be read by the names of columns and folders alone.
 * @param path  of the file, decoded, below the table's folder
 */
export function isPlain(
  { storedAs, ids, partitionBy }: TableReading,
  path: string,
  values: Readonly<Record<string, string | null>>,
): boolean {
  if (Object.keys(storedAs).length > 0 || ids !== undefined) return false
  return partitionBy.every((name) => folderValue(path, name) === (values[name] ?? null))
}

const NULL_FOLDER = '__HIVE_DEFAULT_PARTITION__'

/** The value of a partition column that the folders of a path say; undefined if they say none. */
function folderValue(path: string, column: string): string | null | undefined {
  const steps = path.split('/').slice(0, -1)
  const found = steps.findLast((step) => unescaped(step.slice(0, Math.max(0, step.indexOf('=')))) === column)
  const value = found === undefined ? undefined : unescaped(found.slice(found.indexOf('=') + 1))
  return value === NULL_FOLDER || value === '' ? null : value
}

function unescaped(step: string): string | undefined {
  try {
    return decodeURIComponent(step)
  } catch {
    return undefined // such a folder is not one that a Delta writer names after a value
  }
}

/** The columns of a table as its log has them. @param fail  for a column whose type we lack: its name and type */
export function columnsOfLog(schema: string, fail: (column: string, type: string) => never): Columns {
  const fields = fieldsOf(schema).map(({ name, type }) => {
    const word = typeof type === 'string' ? type : String(type.type)
    return [name, (typeof type === 'string' ? columnTypeOf(type) : undefined) ?? fail(name, word)] as const
  })
  return Object.fromEntries(fields)
}

/**
 * How a table differs from what is declared of it, as far as that matters for reading it.
 * @returns the first difference, as a sentence without its full stop
 */
export function readDifference(columns: Columns, schema: string, tolerance: Tolerance): string | undefined {
  const declared = new Map(fieldsOf(schemaString(columns)).map(({ name, type }) => [name, String(type)]))
  const found = new Map(
    fieldsOf(schema).map(({ name, type }) => [name, typeof type === 'string' ? type : String(type.type)]),
  )
  for (const [name, type] of declared) {
    const there = found.get(name)
    if (there === undefined) return `column ${name} is declared, but the table does not have it`
    if (isReadAs(type, there, tolerance)) continue
    return `column ${name} is declared ${type}, but the table has ${there}`
  }
  if (tolerance.newColumns === 'ignore') return undefined
  const extra = [...found].find(([name]) => !declared.has(name))
  return extra && `the table has a column ${extra[0]} (${extra[1]}) that is not declared`
}

function isReadAs(declared: string, found: string, tolerance: Tolerance): boolean {
  if (declared === spaceless(found)) return true
  // A time without a zone is taken for one in UTC, as in the files of landing folders.
  if (declared === 'timestamp' && found === 'timestamp_ntz') return true
  if (tolerance.widenedTypes === 'ignore' && isWider(found, declared)) return true
  return tolerance.isDeclaredWider && isWider(declared, found)
}

function spaceless(type: string): string {
  return type.replace(/\s/g, '')
}

const INTEGERS = ['byte', 'short', 'integer', 'long']
const DIGITS: Readonly<Record<string, number>> = { byte: 3, short: 5, integer: 10, long: 19 }

/** Whether every value of a type is one of another, by the changes that the protocol lists under "Type Widening". */
function isWider(wide: string, narrow: string): boolean {
  if (INTEGERS.includes(narrow) && INTEGERS.includes(wide)) return INTEGERS.indexOf(wide) > INTEGERS.indexOf(narrow)
  if (wide === 'double') return ['float', 'byte', 'short', 'integer'].includes(narrow)
  if (wide === 'timestamp' || wide === 'timestamp_ntz') return narrow === 'date'
  const [to, from] = [decimalParts(wide), decimalParts(narrow)]
  if (to === undefined) return false
  const digits = from === undefined ? DIGITS[narrow] : from.digits - from.scale
  return digits !== undefined && to.scale >= (from?.scale ?? 0) && to.digits - to.scale >= digits
}

function decimalParts(type: string): ReturnType<typeof decimalOf> {
  return decimalOf(spaceless(type).toUpperCase())
}

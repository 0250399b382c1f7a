import { resolve } from 'node:path'
import type { Columns } from '../../duckdb/sql/literals.ts'
import { DESTINATION, type Reference } from '../../tables/engine.ts'
import { suggestion } from '../../words.ts'
import type { Fail } from './configError.ts'
import type { CheckedConfig } from './schema.ts'

/** A table as the rest of Lakeweir knows it. */
export interface LakeTable {
  readonly name: string
  readonly path: string
  readonly columns: Columns
  readonly partitionBy: readonly string[]
  /** The stream that writes it together with other tables, or null. */
  readonly owner: string | null
}

/** Relations that every lake has, and those that reading or writing one makes. */
const RESERVED: ReadonlySet<string> = new Set([
  'batches',
  'lake_tables',
  'log_entries',
  'log_actions',
  'no_actions',
  'table_txns',
  'table_heads',
  'table_columns',
  'table_reads',
  'live_files',
  'selected_rows',
  'generated',
  'landing',
  DESTINATION,
])

/** Types of which a folder's name can be a value. */
const FOLDER_TYPES: ReadonlySet<string> = new Set(['DATE', 'VARCHAR', 'INTEGER', 'BIGINT', 'SMALLINT', 'TINYINT'])

export function resolveTables(config: CheckedConfig, fail: Fail): Map<string, LakeTable> {
  const tables = new Map<string, LakeTable>()
  for (const [name, { path, columns, partitionBy }] of Object.entries(config.tables)) {
    const place = `tables.${name}`
    assertNameFree(place, name, [...tables.keys()], fail)
    for (const other of tables.values()) {
      if (isInTheWay(path, other.path)) {
        fail(`${place}.path`, `"${path}" is in the way of table ${other.name} at "${other.path}".`)
      }
    }
    assertColumns(place, columns, partitionBy, fail)
    tables.set(name, { name, path, columns, partitionBy, owner: ownerOf(config, name, place, fail) })
  }
  return tables
}

/** Refuses a name that Lakeweir uses itself, or that something else of the lake has; SQL does not tell case apart. */
export function assertNameFree(place: string, name: string, taken: readonly string[], fail: Fail): void {
  if (RESERVED.has(name.toLowerCase())) fail(place, 'has a name that Lakeweir uses itself.', 'Give it another name.')
  const twin = taken.find((other) => other.toLowerCase() === name.toLowerCase())
  if (twin === name)
    fail(place, `has a name that is taken: there is another ${name}.`, 'Give one of them another name.')
  if (twin !== undefined) fail(place, `differs from ${twin} only in case, which SQL does not tell apart.`)
}

/** Whether one of two folders is the other, or in it. */
export function isInTheWay(path: string, other: string): boolean {
  const [a, b] = [`${path}/`.toLowerCase(), `${other}/`.toLowerCase()]
  return a.startsWith(b) || b.startsWith(a)
}

function ownerOf(config: CheckedConfig, table: string, place: string, fail: Fail): string | null {
  const writers = Object.entries(config.streams).filter(([, stream]) => stream.into.includes(table))
  const owner = writers.find(([, stream]) => stream.into.length > 1)?.[0]
  if (owner === undefined) return null
  const others = writers.map(([writer]) => writer).filter((writer) => writer !== owner)
  if (others.length > 0) {
    fail(
      place,
      `belongs to stream ${owner}, which writes several tables; ${others.join(', ')} cannot write it too.`,
      'A batch of several tables is whole only where nobody else writes to them.',
    )
  }
  return owner
}

function assertColumns(place: string, columns: Columns, partitionBy: readonly string[], fail: Fail): void {
  const names = Object.keys(columns)
  const lower = names.map((name) => name.toLowerCase())
  const doubled = names.find((_, index) => lower.indexOf(lower[index] ?? '') !== index)
  if (doubled !== undefined) fail(`${place}.columns`, `has ${doubled} twice; case does not tell columns apart.`)
  if (lower.includes(DESTINATION)) fail(`${place}.columns`, `has "${DESTINATION}", which names the table of a row.`)
  for (const column of partitionBy) {
    const type = Object.hasOwn(columns, column) ? columns[column] : undefined
    if (type === undefined)
      fail(`${place}.partitionBy`, `names "${column}", which is no column.`, suggestion(column, names))
    if (type !== undefined && !FOLDER_TYPES.has(type)) {
      fail(
        `${place}.partitionBy`,
        `names ${column}, which is ${type}; a folder can stand for a date, a text or an integer.`,
      )
    }
  }
  if (new Set(partitionBy).size < partitionBy.length) fail(`${place}.partitionBy`, 'names a column twice.')
  if (partitionBy.length >= names.length) fail(`${place}.partitionBy`, 'leaves no column for the files.')
}

export function resolveReferences(config: CheckedConfig, folder: string, fail: Fail): Reference[] {
  const taken = Object.keys(config.tables)
  return Object.entries(config.reference).map(([name, { file, columns, key }]) => {
    assertNameFree(`reference.${name}`, name, taken, fail)
    taken.push(name)
    if (!Object.hasOwn(columns, key)) {
      fail(`reference.${name}.key`, `names "${key}", which is no column.`, suggestion(key, Object.keys(columns)))
    }
    return { name, file: resolve(folder, file), columns, key }
  })
}

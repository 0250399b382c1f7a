import { resolve } from 'node:path'
import type { Columns } from '../../columns.ts'
import type { Fail } from '../../sources/kind.ts'
import { DESTINATION, type Reference } from '../../tables/engine.ts'
import type { LakeTable } from '../../tables/table.ts'
import { suggestion } from '../../words.ts'
import type { RelationNames } from './relationNames.ts'
import type { CheckedConfig } from './schema.ts'

/** The types whose values can be the name of a folder. */
const FOLDER_TYPES: ReadonlySet<string> = new Set(['DATE', 'VARCHAR', 'INTEGER', 'BIGINT', 'SMALLINT', 'TINYINT'])

export function resolveTables(config: CheckedConfig, names: RelationNames, fail: Fail): Map<string, LakeTable> {
  const tables = new Map<string, LakeTable>()
  for (const [name, { path, columns, partitionBy, sortBy }] of Object.entries(config.tables)) {
    const place = `tables.${name}`
    names.take(place, name)
    for (const other of tables.values()) {
      if (isOverlapping(path, other.path)) {
        fail(`${place}.path`, `"${path}" overlaps with table ${other.name} at "${other.path}".`)
      }
    }
    assertColumns(place, columns, partitionBy, fail)
    assertSorted(place, columns, { partitionBy, sortBy }, fail)
    tables.set(name, { name, path, columns, partitionBy, sortBy, owner: ownerOf(config, name, place, fail) })
  }
  return tables
}

/** Whether two folders are the same, or one is inside the other. */
export function isOverlapping(path: string, other: string): boolean {
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
      'A stream with several tables must be the only one that writes to them, so that each batch is whole.',
    )
  }
  return owner
}

function assertColumns(place: string, columns: Columns, partitionBy: readonly string[], fail: Fail): void {
  const names = Object.keys(columns)
  const lower = names.map((name) => name.toLowerCase())
  const doubled = names.find((_, index) => lower.indexOf(lower[index] ?? '') !== index)
  if (doubled !== undefined) fail(`${place}.columns`, `has ${doubled} twice; column names are not case-sensitive.`)
  if (lower.includes(DESTINATION))
    fail(`${place}.columns`, `has "${DESTINATION}", a name that is reserved for the table of a row.`)
  for (const column of partitionBy) {
    const type = Object.hasOwn(columns, column) ? columns[column] : undefined
    if (type === undefined)
      fail(`${place}.partitionBy`, `names "${column}", which is not a column.`, suggestion(column, names))
    if (type !== undefined && !FOLDER_TYPES.has(type)) {
      fail(
        `${place}.partitionBy`,
        `names ${column}, which is ${type}; only a date, a text or an integer can be the name of a folder.`,
      )
    }
  }
  if (new Set(partitionBy).size < partitionBy.length) fail(`${place}.partitionBy`, 'names a column twice.')
  if (partitionBy.length >= names.length) fail(`${place}.partitionBy`, 'leaves no column for the files.')
}

function assertSorted(
  place: string,
  columns: Columns,
  { partitionBy, sortBy }: Pick<LakeTable, 'partitionBy' | 'sortBy'>,
  fail: Fail,
): void {
  for (const column of sortBy) {
    if (!Object.hasOwn(columns, column)) {
      fail(`${place}.sortBy`, `names "${column}", which is not a column.`, suggestion(column, Object.keys(columns)))
    }
    if (partitionBy.includes(column)) {
      fail(`${place}.sortBy`, `names ${column}, which is in partitionBy: all rows of a file have the same value of it.`)
    }
  }
  if (new Set(sortBy).size < sortBy.length) fail(`${place}.sortBy`, 'names a column twice.')
}

export function resolveReferences(
  config: CheckedConfig,
  folder: string,
  names: RelationNames,
  fail: Fail,
): Reference[] {
  return Object.entries(config.reference).map(([name, { file, columns, key }]) => {
    names.take(`reference.${name}`, name)
    if (!Object.hasOwn(columns, key)) {
      fail(`reference.${name}.key`, `names "${key}", which is not a column.`, suggestion(key, Object.keys(columns)))
    }
    return { name, file: resolve(folder, file), columns, key }
  })
}

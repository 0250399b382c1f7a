import { readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { z } from 'zod'
import { LakeError, messageOf, nearestWord } from '../errors.ts'
import type { Reference } from '../stream/types.ts'
import type { ColumnTypes, SourceConfig } from './define.ts'
import { parseDurationMs } from './duration.ts'
import { type CheckedConfig, keysByPlace, lakeSchema } from './schema.ts'
import { assertInputsKnown, type ContractedSql, readSqlFile } from './sqlFile.ts'

/** A table as the rest of Lakeweir knows it. */
export interface LakeTable {
  readonly name: string
  readonly path: string
  readonly columns: ColumnTypes
  readonly partitionBy: readonly string[]
  /** The stream that writes it together with other tables, or null. */
  readonly owner: string | null
}

export interface LakeStream {
  readonly name: string
  readonly from: SourceConfig
  readonly select: ContractedSql | undefined
  readonly into: readonly LakeTable[]
  readonly triggerMs: number
}

/** A lake whose parts fit together. */
export interface ResolvedLake {
  readonly configFile: string
  readonly root: string
  readonly tables: readonly LakeTable[]
  readonly references: readonly Reference[]
  readonly streams: readonly LakeStream[]
  /** In an order in which each reads only earlier ones. */
  readonly views: readonly (ContractedSql & { readonly view: string })[]
  /** Report name, with dashes → its file. */
  readonly reports: ReadonlyMap<string, ContractedSql>
}

/** Relations that every lake has, and those that reading one makes. */
const RESERVED = [
  'batches',
  'lake_tables',
  'log_entries',
  'log_actions',
  'log_batches',
  'no_actions',
  'table_txns',
  'table_heads',
  'live_files',
  'selected_rows',
  'generated',
  'landing',
  'destination',
]

/**
 * Checks a config whole and reads the .sql files that it names.
 * @throws LakeError LAKE_CONFIG_INVALID naming the key, LAKE_SQL_INVALID naming the file
 */
export function resolveLake(config: unknown, configFile: string, root: string | undefined): ResolvedLake {
  const parsed = lakeSchema.safeParse(config)
  if (!parsed.success) throw shapeError(configFile, parsed.error)
  const checked = parsed.data
  const folder = resolve(configFile, '..')
  const fail = (place: string, what: string, remedy?: string): never => {
    throw new LakeError(
      'LAKE_CONFIG_INVALID',
      `${configFile}: ${place} ${what}`,
      remedy === undefined ? {} : { remedy },
    )
  }
  const tables = resolveTables(checked, fail)
  const references = resolveReferences(checked, folder, fail)
  const views = readFolder(folder, checked.views, 'views', fail)
  const relations = [...tables.keys(), ...references.map(({ name }) => name)]
  const readable = [...relations, ...views.map(({ name }) => viewName(name)), 'batches']
  const reports = readFolder(folder, checked.reports, 'reports', fail)
  for (const sql of [...views, ...reports]) assertInputsKnown(sql, readable)
  const streams = Object.entries(checked.streams).map(([name, stream]) =>
    resolveStream(name, stream, tables, references, folder, fail),
  )
  return {
    configFile,
    root: resolve(root ?? resolve(folder, checked.root)),
    tables: [...tables.values()],
    references,
    streams,
    views: inDependencyOrder(views, fail),
    reports: new Map(reports.map((sql) => [viewName(sql.name).replaceAll('_', '-'), sql])),
  }
}

type Fail = (place: string, what: string, remedy?: string) => never

function resolveTables(config: CheckedConfig, fail: Fail): Map<string, LakeTable> {
  const tables = new Map<string, LakeTable>()
  for (const [name, { path, columns, partitionBy }] of Object.entries(config.tables)) {
    const place = `tables.${name}`
    if (RESERVED.includes(name.toLowerCase())) fail(place, 'has a name that Lakeweir uses itself.')
    for (const other of tables.values()) {
      if (other.name.toLowerCase() === name.toLowerCase()) fail(place, `differs from ${other.name} only in case.`)
      if (`${path}/`.startsWith(`${other.path}/`) || `${other.path}/`.startsWith(`${path}/`)) {
        fail(`${place}.path`, `"${path}" is in the way of table ${other.name} at "${other.path}".`)
      }
    }
    assertColumns(place, columns, partitionBy, fail)
    const writers = Object.entries(config.streams).filter(([, stream]) => stream.into.includes(name))
    const owner = writers.find(([, stream]) => stream.into.length > 1)?.[0]
    if (owner !== undefined && writers.length > 1) {
      const others = writers.map(([writer]) => writer).filter((writer) => writer !== owner)
      fail(place, `belongs to stream ${owner}, which writes several tables; ${others.join(', ')} cannot write it too.`)
    }
    tables.set(name, { name, path, columns, partitionBy, owner: owner ?? null })
  }
  return tables
}

function assertColumns(place: string, columns: ColumnTypes, partitionBy: readonly string[], fail: Fail): void {
  const names = Object.keys(columns)
  const lower = names.map((name) => name.toLowerCase())
  const doubled = names.find((_, index) => lower.indexOf(lower[index] ?? '') !== index)
  if (doubled !== undefined) fail(`${place}.columns`, `has ${doubled} twice; case does not tell columns apart.`)
  if (lower.includes('destination')) fail(`${place}.columns`, 'has "destination", which names the table of a row.')
  for (const column of partitionBy) {
    const type = columns[column]
    if (type === undefined) fail(`${place}.partitionBy`, `names "${column}", which is no column.`, near(column, names))
    if (!['DATE', 'VARCHAR', 'INTEGER', 'BIGINT', 'SMALLINT', 'TINYINT'].includes(type ?? '')) {
      fail(
        `${place}.partitionBy`,
        `names ${column}, which is ${type}; a folder can stand for a date, a text or an integer.`,
      )
    }
  }
  if (partitionBy.length >= names.length) fail(`${place}.partitionBy`, 'leaves no column for the files.')
}

function resolveReferences(config: CheckedConfig, folder: string, fail: Fail): Reference[] {
  return Object.entries(config.reference).map(([name, { file, columns, key }]) => {
    if (columns[key] === undefined) {
      fail(`reference.${name}.key`, `names "${key}", which is no column.`, near(key, Object.keys(columns)))
    }
    if (config.tables[name] !== undefined) fail(`reference.${name}`, 'has the name of a table.')
    return { name, file: resolve(folder, file), columns, key }
  })
}

function resolveStream(
  name: string,
  stream: CheckedConfig['streams'][string],
  tables: ReadonlyMap<string, LakeTable>,
  references: readonly Reference[],
  folder: string,
  fail: Fail,
): LakeStream {
  const place = `streams.${name}`
  const into = stream.into.map((table) => {
    const found = tables.get(table)
    return found ?? fail(`${place}.into`, `names "${table}", which is no table.`, near(table, [...tables.keys()]))
  })
  if (new Set(into).size < into.length) fail(`${place}.into`, 'names a table twice.')
  const from = stream.from as SourceConfig
  const relations = [relationOf(from), 'batch_time']
  if (from.kind === 'deltaTable') {
    if (!tables.has(from.table)) {
      fail(`${place}.from`, `follows "${from.table}", which is no table.`, near(from.table, [...tables.keys()]))
    }
    if (into.some((table) => table.name === from.table)) fail(place, `would feed itself: it follows ${from.table}.`)
  }
  if (from.kind === 'generated') relations.push('seed', ...Object.keys(from.pools))
  const isPlain = stream.select === undefined
  if (isPlain && into.length > 1) fail(place, 'writes several tables, so it needs a select with a destination.')
  if (from.kind === 'parquetFolder' && !isPlain && from.columns === undefined) {
    fail(`${place}.from`, 'needs columns: with a select, the files have other columns than the table.')
  }
  const select = stream.select === undefined ? undefined : readSqlFile(resolve(folder, stream.select), folder)
  if (select !== undefined) assertInputsKnown(select, [...relations, ...references.map((reference) => reference.name)])
  const triggerMs = stream.trigger === undefined ? 0 : parseDurationMs(stream.trigger, `${place}.trigger`)
  return { name, from, select, into, triggerMs }
}

/** The name that a source's rows have in the stream's SQL. */
function relationOf(from: SourceConfig): string {
  if (from.kind === 'deltaTable') return from.table
  return from.kind === 'generated' ? 'generated' : 'landing'
}

function readFolder(folder: string, path: string | undefined, place: string, fail: Fail): ContractedSql[] {
  if (path === undefined) return []
  let names: string[]
  try {
    names = readdirSync(resolve(folder, path))
  } catch (error) {
    return fail(place, `cannot be read: ${messageOf(error)}`)
  }
  const files = names.filter((name) => name.endsWith('.sql')).sort()
  return files.map((name) => readSqlFile(join(resolve(folder, path), name), folder))
}

function viewName(file: string): string {
  return basename(file, '.sql')
}

function inDependencyOrder(views: readonly ContractedSql[], fail: Fail): ResolvedLake['views'] {
  const ordered: (ContractedSql & { view: string })[] = []
  const waiting = new Map(views.map((sql) => [viewName(sql.name), sql]))
  while (waiting.size > 0) {
    const ready = [...waiting].find(([, sql]) => !sql.inputs.some((input) => waiting.has(input)))
    if (ready === undefined) return fail('views', `read each other in a circle: ${[...waiting.keys()].join(', ')}.`)
    waiting.delete(ready[0])
    ordered.push({ ...ready[1], view: ready[0] })
  }
  return ordered
}

function near(word: string, known: readonly string[]): string {
  const nearest = nearestWord(word, known)
  return nearest === undefined ? `There are: ${known.join(', ')}.` : `Did you mean "${nearest}"?`
}

/** The first thing that is wrong with a config's shape, by its key. */
function shapeError(configFile: string, error: z.ZodError): LakeError {
  const [issue] = error.issues
  if (issue === undefined) return new LakeError('LAKE_CONFIG_INVALID', `${configFile} is not a lake.`)
  const place = issue.path.join('.') || 'the config'
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys
    const nearest = nearestWord(key, keysByPlace)
    return new LakeError('LAKE_CONFIG_INVALID', `${configFile}: ${place} has an unknown key "${key}".`, {
      remedy: nearest === undefined ? 'Remove it.' : `Did you mean "${nearest}"?`,
    })
  }
  const inner = issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined
  return new LakeError('LAKE_CONFIG_INVALID', `${configFile}: ${place}: ${inner ?? issue.message}`)
}

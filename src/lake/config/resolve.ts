import { resolve } from 'node:path'
import type { Columns } from '../../duckdb/sql/literals.ts'
import { LakeError } from '../../errors.ts'
import { GENERATED_COLUMNS, sizeVariable } from '../../sources/generated/source.ts'
import type { Reference, Rows } from '../../tables/engine.ts'
import { suggestion } from '../../words.ts'
import { configError, type Fail, failOf, shapeError } from './configError.ts'
import type { SourceConfig } from './define.ts'
import { parseDurationMs } from './duration.ts'
import { isInTheWay, type LakeTable, resolveReferences, resolveTables } from './resolveTables.ts'
import { type LakeView, resolveReports, resolveViews } from './resolveViews.ts'
import { type CheckedConfig, lakeSchema } from './schema.ts'
import { assertInputsKnown, type ContractedSql, readSqlFile } from './sqlFile.ts'

export type { LakeTable } from './resolveTables.ts'
export type { LakeView } from './resolveViews.ts'

export interface LakeStream {
  readonly name: string
  readonly from: SourceConfig
  readonly select: ContractedSql | undefined
  /** Whether the SELECT keeps every row, or may drop and make some. */
  readonly rows: Rows
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
  readonly views: readonly LakeView[]
  /** Report name, with dashes → its file. */
  readonly reports: ReadonlyMap<string, ContractedSql>
  /** What DuckDB may use; undefined where it follows the machine. */
  readonly threads: number | undefined
  readonly memoryBytes: number | undefined
}

/** Variables of a session that a pool of the same name would overwrite. */
const RESERVED_VARIABLES: ReadonlySet<string> = new Set(['batch_time', 'input_files', 'lake', 'seed', 'select'])

/**
 * Checks a config whole and reads the .sql files that it names.
 * @throws LakeError LAKE_CONFIG_INVALID naming the key, LAKE_SQL_INVALID naming the file
 */
export function resolveLake(config: unknown, configFile: string, root: string | undefined): ResolvedLake {
  const parsed = lakeSchema.safeParse(config, { reportInput: true })
  if (!parsed.success) throw shapeError(configFile, parsed.error)
  const checked = parsed.data
  const folder = resolve(configFile, '..')
  const fail = failOf(configFile)
  const tables = resolveTables(checked, fail)
  const references = resolveReferences(checked, folder, fail)
  const relations = [...tables.keys(), ...references.map(({ name }) => name)]
  const views = resolveViews(folder, checked.views, relations, fail)
  const streams = Object.entries(checked.streams).map(([name, stream]) =>
    resolveStream(name, stream, { tables, references, folder, configFile }, fail),
  )
  assertNamesApart(streams, fail)
  assertNoCircle(streams, fail)
  assertLandingApart(streams, tables, fail)
  return {
    configFile,
    root: resolve(root ?? resolve(folder, checked.root)),
    tables: [...tables.values()],
    references,
    streams,
    views,
    reports: resolveReports(folder, checked.reports, [...relations, ...views.map(({ view }) => view)], fail),
    threads: checked.threads,
    memoryBytes: checked.memory,
  }
}

/** What a stream may name. */
interface Surroundings {
  readonly tables: ReadonlyMap<string, LakeTable>
  readonly references: readonly Reference[]
  readonly folder: string
  readonly configFile: string
}

function resolveStream(
  name: string,
  stream: CheckedConfig['streams'][string],
  { tables, references, folder, configFile }: Surroundings,
  fail: Fail,
): LakeStream {
  const place = `streams.${name}`
  const into = stream.into.map((table) => {
    const found = tables.get(table)
    return found ?? fail(`${place}.into`, `names "${table}", which is no table.`, suggestion(table, [...tables.keys()]))
  })
  if (new Set(into).size < into.length) fail(`${place}.into`, 'names a table twice.')
  assertOneType(`${place}.into`, into, fail)
  const from = stream.from as SourceConfig
  const relation = relationOf(place, from, tables, fail)
  const inputs = [relation.name, 'batch_time']
  if (from.kind === 'generated') {
    inputs.push('seed', ...poolNames(place, from.pools, fail))
    if (stream.select === undefined && Object.keys(from.pools).length > 0) {
      fail(`${place}.from.pools`, 'are drawn from by a select, and the stream has none.')
    }
  }
  if (from.kind === 'parquetFolder' && stream.select !== undefined && from.columns === undefined) {
    fail(
      `${place}.from`,
      'needs columns: with a select, the files have other columns than the table.',
      "Write it like this: parquetFolder('landing', { columns: { seen_at: 'TIMESTAMPTZ', name: 'VARCHAR' } })",
    )
  }
  if (stream.select === undefined && stream.rows === 'any') {
    fail(`${place}.rows`, 'is "any", and the stream has no select that could change them.', 'Leave it out.')
  }
  if (from.kind === 'parquetFolder' && from.columns !== undefined)
    assertNamesDiffer(`${place}.from`, from.columns, fail)
  const select = stream.select === undefined ? undefined : readSqlFile(resolve(folder, stream.select), folder)
  if (select === undefined) assertPlain(place, into, relation, fail)
  else assertInputsKnown(select, [...inputs, ...references.map((reference) => reference.name)])
  return { name, from, select, rows: stream.rows, into, triggerMs: triggerOf(place, stream.trigger, configFile) }
}

/** DuckDB tells no columns apart by case. */
function assertNamesDiffer(place: string, columns: Columns, fail: Fail): void {
  const names = new Set<string>()
  for (const name of Object.keys(columns)) {
    if (names.has(name.toLowerCase())) fail(`${place}.columns`, `has ${name} twice; case does not tell columns apart.`)
    names.add(name.toLowerCase())
  }
}

/** The rows that come in, as the stream's SQL sees them. */
interface Relation {
  readonly name: string
  /** Undefined: those of the table that they go to. */
  readonly columns: Columns | undefined
}

function relationOf(place: string, from: SourceConfig, tables: ReadonlyMap<string, LakeTable>, fail: Fail): Relation {
  if (from.kind === 'generated') return { name: 'generated', columns: GENERATED_COLUMNS }
  if (from.kind === 'parquetFolder') return { name: 'landing', columns: from.columns }
  const table = tables.get(from.table)
  if (table !== undefined) return { name: table.name, columns: table.columns }
  return fail(
    `${place}.from`,
    `follows "${from.table}", which is no table.`,
    suggestion(from.table, [...tables.keys()]),
  )
}

/** All tables of a stream get their columns from one SELECT, so each column has one type. */
function assertOneType(place: string, into: readonly LakeTable[], fail: Fail): void {
  const first = new Map<string, { readonly table: string; readonly type: string }>()
  for (const { name: table, columns } of into) {
    for (const [column, type] of Object.entries(columns)) {
      const other = first.get(column) ?? { table, type }
      first.set(column, other)
      if (other.type === type) continue
      fail(
        place,
        `has ${column} as ${other.type} in ${other.table} and as ${type} in ${table}.`,
        'A SELECT returns a column with one type.',
      )
    }
  }
}

/** Without a SELECT, rows go through as they are: to one table, which has their columns. */
function assertPlain(place: string, into: readonly LakeTable[], relation: Relation, fail: Fail): void {
  const [table] = into
  if (table === undefined) return
  if (into.length > 1) {
    fail(place, 'writes several tables, so it needs a select with a column "destination".')
  }
  const { name: source, columns: given = table.columns } = relation
  const remedy = `Name a .sql file that returns the columns of ${table.name}: select: 'sql/${table.name}.sql'`
  for (const [column, type] of Object.entries(table.columns)) {
    const found = typeOf(given, column)
    if (found === undefined) fail(place, `has no select, but ${source} has no column ${column}.`, remedy)
    if (found !== type) fail(place, `has no select, but ${column} is ${found} in ${source}, not ${type}.`, remedy)
  }
  const extra = Object.keys(given).find((column) => !Object.hasOwn(table.columns, column))
  if (extra !== undefined) {
    fail(place, `has no select, but ${source} has a column ${extra} that ${table.name} lacks.`, remedy)
  }
}

function typeOf(columns: Columns, column: string): string | undefined {
  return Object.hasOwn(columns, column) ? columns[column] : undefined
}

function poolNames(place: string, pools: Readonly<Record<string, unknown>>, fail: Fail): string[] {
  const names = Object.keys(pools)
  for (const name of names) {
    const isSize = names.some((other) => sizeVariable(other) === name)
    if (isSize || RESERVED_VARIABLES.has(name.toLowerCase()) || name.toLowerCase().startsWith('lake_')) {
      fail(
        `${place}.from.pools.${name}`,
        'has the name of a variable that Lakeweir sets itself.',
        'Give it another name.',
      )
    }
  }
  return [...names, ...names.map(sizeVariable)]
}

function triggerOf(place: string, trigger: string | undefined, configFile: string): number {
  if (trigger === undefined) return 0
  try {
    return parseDurationMs(trigger, `${place}.trigger`)
  } catch (error) {
    throw error instanceof LakeError ? configError(configFile, error.message, error.remedy) : error
  }
}

/** Streams have folders of their names, which some disks do not tell apart by case. */
function assertNamesApart(streams: readonly LakeStream[], fail: Fail): void {
  const names = new Map<string, string>()
  for (const { name } of streams) {
    const twin = names.get(name.toLowerCase())
    if (twin !== undefined)
      fail(`streams.${name}`, `differs from ${twin} only in case, which a disk may not tell apart.`)
    names.set(name.toLowerCase(), name)
  }
}

/** A row that comes back to where it came from would go round for ever. */
function assertNoCircle(streams: readonly LakeStream[], fail: Fail): void {
  const waiting = new Set(streams)
  for (let found: LakeStream | undefined; ; waiting.delete(found)) {
    found = [...waiting].find((stream) => ![...waiting].some((other) => feeds(other, stream)))
    if (found === undefined) break
  }
  const circle = [...waiting].filter((stream) => [...waiting].some((other) => feeds(stream, other)))
  const [only] = circle
  if (only === undefined) return
  const names = circle.map(({ name }) => name)
  if (circle.length > 1) fail('streams', `feed each other in a circle: ${names.join(', ')}.`)
  fail(`streams.${only.name}`, `would feed itself: it follows ${only.into[0]?.name}.`)
}

/** Whether one stream writes what another reads. */
export function feeds(upstream: LakeStream, { from }: LakeStream): boolean {
  return from.kind === 'deltaTable' && upstream.into.some(({ name }) => name === from.table)
}

/** A landing folder is one stream's alone, and no table's: whatever stands in it may be taken away. */
function assertLandingApart(streams: readonly LakeStream[], tables: ReadonlyMap<string, LakeTable>, fail: Fail): void {
  const taken = [...tables.values()].map(({ name, path }) => ({ owner: `table ${name}`, path }))
  for (const { name, from } of streams) {
    if (from.kind !== 'parquetFolder') continue
    const { path } = from
    const other = taken.find((place) => isInTheWay(path, place.path))
    if (other !== undefined) {
      fail(`streams.${name}.from`, `"${path}" is in the way of ${other.owner} at "${other.path}".`)
    }
    taken.push({ owner: `stream ${name}`, path })
  }
}

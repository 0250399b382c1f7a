import { resolve } from 'node:path'
import type { Columns } from '../../columns.ts'
import type { SourceRunOptions } from '../../sources/index.ts'
import type { BoundSource, Fail } from '../../sources/kind.ts'
import type { Reference, Rows } from '../../tables/engine.ts'
import { eachOf, type LakeTable, type NonEmpty } from '../../tables/table.ts'
import { suggestion } from '../../words.ts'
import { durationMsIn } from './configError.ts'
import { type ChosenEngine, type LakeEngines, refusalOf, resolveChoice, wordOf } from './resolveEngines.ts'
import type { CheckedConfig } from './schema.ts'
import { assertInputsKnown, type ContractedSql, readSqlFile } from './sqlFile.ts'

/** The source of a stream of a lake, whatever its kind. */
export type LakeSource = BoundSource<SourceRunOptions>

export interface LakeStream {
  readonly name: string
  readonly source: LakeSource
  readonly select: ContractedSql | undefined
  /** Whether the SELECT keeps every row, or may drop or add rows. */
  readonly rows: Rows
  readonly into: NonEmpty<LakeTable>
  /** What makes its files, unless a run says otherwise. */
  readonly engine: ChosenEngine
  readonly triggerMs: number
  /** What should be changed in its config but is not an error, each as a sentence without its full stop. */
  readonly notes: readonly string[]
}

/** What a stream may name. */
interface Surroundings {
  readonly tables: ReadonlyMap<string, LakeTable>
  readonly references: readonly Reference[]
  readonly engines: LakeEngines
  readonly folder: string
  readonly configFile: string
}

export function resolveStream(
  name: string,
  stream: CheckedConfig['streams'][string],
  { tables, references, engines, folder, configFile }: Surroundings,
  fail: Fail,
): LakeStream {
  const place = `streams.${name}`
  const into = eachOf(stream.into, (table) => {
    const found = tables.get(table)
    return (
      found ?? fail(`${place}.into`, `names "${table}", which is not a table.`, suggestion(table, [...tables.keys()]))
    )
  })
  if (new Set(into).size < into.length) fail(`${place}.into`, 'names a table twice.')
  assertOneType(`${place}.into`, into, fail)
  const notes: string[] = []
  const source = stream.from.bind({
    place: `${place}.from`,
    into,
    hasSelect: stream.select !== undefined,
    tables,
    fail,
    note: (text) => notes.push(text),
  })
  if (stream.select === undefined && stream.rows === 'any') {
    fail(`${place}.rows`, 'is "any", but the stream has no select that could change rows.', 'Leave it out.')
  }
  const select = stream.select === undefined ? undefined : readSqlFile(resolve(folder, stream.select), folder)
  if (select === undefined) assertPlain(place, into, source, fail)
  else {
    const referenceNames = references.map((reference) => reference.name)
    if (referenceNames.includes(source.relation)) {
      fail(`${place}.from`, `has the name of a reference: ${source.relation}.`, 'Give one of them another name.')
    }
    assertInputsKnown(select, [source.relation, 'batch_time', ...source.variables, ...referenceNames])
  }
  const triggerMs = stream.trigger === undefined ? 0 : durationMsIn(configFile, `${place}.trigger`, stream.trigger)
  const engine = resolveEngine(`${place}.engine`, stream, source, engines, fail)
  return { name, source, select, rows: stream.rows, into, engine, triggerMs, notes }
}

function resolveEngine(
  place: string,
  { engine, rows, select }: CheckedConfig['streams'][string],
  source: BoundSource,
  engines: LakeEngines,
  fail: Fail,
): ChosenEngine {
  const chosen = resolveChoice(engines, engine ?? { word: engines.kinds[0].word, own: undefined }, fail, place)
  const why = refusalOf(chosen, { input: source.input, rows, hasSelect: select !== undefined })
  if (why !== undefined) fail(place, `is "${wordOf(chosen)}", which cannot run this stream: ${why}.`, 'Leave it out.')
  return chosen
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

/** Without a SELECT, rows are written as they are, to one table that must have their columns. */
function assertPlain(place: string, into: NonEmpty<LakeTable>, from: BoundSource, fail: Fail): void {
  const [table] = into
  if (into.length > 1) {
    fail(place, 'writes several tables, so it needs a select with a column "destination".')
  }
  const { relation: source, columns: read } = from
  if (typeof read === 'function') return // compared once the source is opened
  const remedy = `Name a .sql file that returns the columns of ${table.name}: select: 'sql/${table.name}.sql'`
  for (const [column, type] of Object.entries(table.columns)) {
    const found = typeOf(read, column)
    if (found === undefined) fail(place, `has no select, but ${source} has no column ${column}.`, remedy)
    if (found !== type) fail(place, `has no select, but ${column} is ${found} in ${source}, not ${type}.`, remedy)
  }
  const extra = Object.keys(read).find((column) => !Object.hasOwn(table.columns, column))
  if (extra !== undefined) {
    fail(place, `has no select, but ${source} has a column ${extra} that ${table.name} lacks.`, remedy)
  }
}

function typeOf(columns: Columns, column: string): string | undefined {
  return Object.hasOwn(columns, column) ? columns[column] : undefined
}

/** Each stream has a folder with its name, and some disks ignore case. @param taken  the names of other streams */
export function assertNamesApart(streams: readonly LakeStream[], taken: readonly string[], fail: Fail): void {
  const names = new Map(taken.map((name) => [name.toLowerCase(), name]))
  for (const { name } of streams) {
    const twin = names.get(name.toLowerCase())
    if (twin === name) fail(`streams.${name}`, `has a name that Lakeweir uses itself.`, 'Give it another name.')
    if (twin !== undefined) fail(`streams.${name}`, `differs from ${twin} only in case, which some disks ignore.`)
    names.set(name.toLowerCase(), name)
  }
}

/** In a circle of streams, a row would go round forever. */
export function assertNoCircle(streams: readonly LakeStream[], fail: Fail): void {
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
  fail(`streams.${only.name}`, `would feed itself: it follows ${only.source.follows?.table.name}.`)
}

/** Whether one stream writes what another reads. */
export function feeds(upstream: LakeStream, { source: { follows } }: LakeStream): boolean {
  return follows !== undefined && upstream.into.includes(follows.table)
}

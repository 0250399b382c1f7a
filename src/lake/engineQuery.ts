import { join } from 'node:path'
import type { Columns } from '../columns.ts'
import type { Session } from '../duckdb/session.ts'
import { rowsInOrder } from '../duckdb/sql/engineRows.ts'
import type { Sql } from '../duckdb/sql/sql.ts'
import { allRows, copyToParquet } from '../duckdb/sql/statements.ts'
import { columnsOfTable, liveFilesOf } from '../duckdb/sql/tableFiles.ts'
import { requiredText, safeInteger } from '../duckdb/values.ts'
import { LakeError } from '../errors.ts'
import { ensureFolder } from '../files/folders.ts'
import { listFolder, statOf } from '../files/read.ts'
import { isOwnerDead, OWNER, temporaryName } from '../files/temporaryNames.ts'
import type { DeltaFile, Input } from '../stream/input.ts'
import { CONTRACT_VERSION, type EngineQuery, type QueriedTable, type QueryPlan } from '../tables/engine.ts'
import type { LakeTable } from '../tables/table.ts'
import { type Moment, noMoment } from './asOf/asOf.ts'
import type { ChosenEngine, SetEngine } from './config/resolveEngines.ts'
import { type ContractedSql, sqlFor } from './config/sqlFile.ts'
import { engineLimits, meansOf } from './engine.ts'
import type { OpenLake } from './openLake.ts'

/** What a report is run with: views of the lake are there in the session, as they are or as of a moment. */
export interface QueriedLake {
  readonly lake: OpenLake
  readonly session: Session
  readonly moment: Moment | undefined
  readonly signal: AbortSignal
  /** Called with how far the engine is, in a few words. */
  readonly onProgress: ((text: string) => void) | undefined
}

/** A report that an engine has run. */
export interface AnsweredQuery {
  /** Reads its rows, in order, until they are removed. */
  readonly rows: Sql
  remove(): Promise<void>
}

/** A view or a report, in the dialect of the engine. */
interface Read {
  readonly tables: readonly LakeTable[]
  readonly references: EngineQuery['references']
  readonly views: EngineQuery['views']
  /** What is neither: only DuckDB computes it, and the engine gets its rows. */
  readonly others: readonly string[]
}

/**
 * Runs a report on an engine; undefined where that is the one in this process, which runs it as any query.
 * @throws LakeError LAKE_SQL_INVALID for what the engine would read in another way, LAKE_QUERY_FAILED,
 * LAKE_ENGINE_FAILED, LAKE_PACKAGE_MISSING
 */
export async function answeredOnEngine(
  queried: QueriedLake,
  report: ContractedSql,
  chosen: ChosenEngine,
): Promise<AnsweredQuery | undefined> {
  const { lake, session } = queried
  const [usual] = lake.config.engines.kinds
  const set = await setFor(queried, report, chosen)
  if (set.kind === usual) return undefined
  const { dialect } = set.kind
  const read = readBy(lake, sqlFor(report, dialect), dialect)
  await assertSameMeanings(session, lake, report, set, read)
  const folder = await makeFolder(lake)
  try {
    const query = await queryOf(queried, sqlFor(report, dialect), read, folder)
    const outputFolder = join(folder, 'output')
    await lake.disk.makeFolder(outputFolder)
    const plan: QueryPlan = { version: CONTRACT_VERSION, query, outputFolder, limits: engineLimits(lake) }
    const { columns, files } = await ask(queried, set, plan)
    return {
      rows: rowsInOrder(
        files.map((file) => join(outputFolder, file)),
        columns,
      ),
      remove: () => lake.disk.removeTree(folder),
    }
  } catch (error) {
    await lake.disk.removeTree(folder)
    throw error
  }
}

async function ask({ lake, signal, onProgress }: QueriedLake, set: SetEngine, plan: QueryPlan) {
  onProgress?.(`starting ${set.kind.word}`)
  const engine = await set.engine.open(meansOf(lake, logFileOf(lake, set.kind.word)))
  try {
    if (engine.query !== undefined) return await engine.query(plan, signal, onProgress)
  } finally {
    await engine.close()
  }
  throw new LakeError('LAKE_ARGUMENT_INVALID', `the engine "${set.kind.word}" runs no reports.`, {
    state: 'Nothing was run.',
    remedy: 'Leave it out: DuckDB runs every report.',
  })
}

/** Where an engine logs what it does for reports: several processes may run some at once. */
function logFileOf({ layout }: OpenLake, word: string): string {
  return join(layout.queries, `${word}.${OWNER}.log`)
}

/** The engine for a report: where size decides, by the bytes of the tables that it reads. */
async function setFor({ lake, session }: QueriedLake, report: ContractedSql, chosen: ChosenEngine): Promise<SetEngine> {
  if (chosen.by === 'name') return chosen.only
  let bytes = 0
  for (const { name } of readBy(lake, report, undefined).tables) {
    for (const row of await session.rows(liveFilesOf(name))) bytes += safeInteger(row.bytes, `bytes of ${name}`)
  }
  return bytes > chosen.overBytes ? chosen.large : chosen.small
}

/** All that a file reads, by the headers: of its views too, those first that others read. */
function readBy({ config }: OpenLake, file: ContractedSql, dialect: string | undefined): Read {
  const names = new Set<string>()
  const add = (inputs: readonly string[]): void => {
    for (const input of inputs) {
      if (names.has(input)) continue
      names.add(input)
      const view = config.views.find((one) => one.view === input)
      if (view !== undefined) add(sqlFor(view, dialect).inputs)
    }
  }
  add(file.inputs)
  const views = config.views.filter(({ view }) => names.has(view))
  const tables = config.tables.filter(({ name }) => names.has(name))
  const references = config.references.filter(({ name }) => names.has(name))
  const known = new Set([...views.map(({ view }) => view), ...[...tables, ...references].map(({ name }) => name)])
  return {
    tables,
    references,
    views: views.map((view) => {
      const { name, text } = sqlFor(view, dialect)
      return { view: view.view, name, text }
    }),
    others: [...names].filter((name) => !known.has(name)),
  }
}

/** Refuses what the engine reads in another way, in each file that is not for it alone. */
async function assertSameMeanings(
  session: Session,
  { config }: OpenLake,
  report: ContractedSql,
  { kind }: SetEngine,
  { tables, references, views, others }: Read,
): Promise<void> {
  const { assertSameMeaning, dialect } = kind
  if (assertSameMeaning === undefined) return
  const own = config.views.filter(({ view }) => views.some((read) => read.view === view))
  const files = [...own, report].filter((file) => sqlFor(file, dialect) === file)
  if (files.length === 0) return
  const relations = new Map<string, Columns>()
  const names = [...[...tables, ...references].map(({ name }) => name), ...views.map(({ view }) => view), ...others]
  for (const name of names) relations.set(name, await session.describe(allRows(name)))
  for (const { name, text } of files) await assertSameMeaning(session, { name, text }, relations)
}

/** A folder for one query below the lake, where executors read and write. What dead processes have left is removed. */
async function makeFolder({ disk, layout }: OpenLake): Promise<string> {
  await ensureFolder(disk, layout.root, layout.queries)
  const logs: { readonly path: string; readonly modifiedMs: number }[] = []
  for (const entry of await listFolder(layout.queries)) {
    const path = join(layout.queries, entry.name)
    if (!isOwnerDead(entry.name)) continue
    if (entry.isDirectory()) await disk.removeTree(path)
    else logs.push({ path, modifiedMs: (await statOf(path))?.mtimeMs ?? 0 })
  }
  logs.sort((one, other) => one.modifiedMs - other.modifiedMs)
  // The last one may still be looked at: an error has named it.
  for (const { path } of logs.slice(0, -1)) await disk.removeFile(path)
  const folder = join(layout.queries, temporaryName('query'))
  await disk.makeFolder(folder)
  return folder
}

async function queryOf(
  queried: QueriedLake,
  { name, text }: ContractedSql,
  { tables, references, views, others }: Read,
  folder: string,
): Promise<EngineQuery> {
  const given: QueriedTable[] = []
  for (const table of tables) given.push({ name: table.name, input: await inputOf(queried, name, table) })
  for (const [index, other] of others.entries()) {
    if (other.includes('.')) throw onlyDuckdb(name, other)
    const file = join(folder, `given${index}.parquet`)
    given.push({ name: other, input: await writtenBy(queried.session, other, file) })
  }
  return { name, text, tables: given, references, views }
}

function onlyDuckdb(report: string, relation: string): LakeError {
  return new LakeError('LAKE_ARGUMENT_INVALID', `${report} reads ${relation}, which only DuckDB keeps and reads.`, {
    state: 'Nothing was run.',
    remedy: 'Run the report without --engine.',
  })
}

/** The types that a plan names, as DuckDB describes them and as it writes them in a plan. */
const TYPE =
  /^(BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|FLOAT|DOUBLE|DECIMAL\(\d+, ?\d+\)|VARCHAR|BLOB|DATE|TIMESTAMPTZ)$/

function contractType(report: string, relation: string, column: string, type: string): string {
  const own = type === 'TIMESTAMP WITH TIME ZONE' ? 'TIMESTAMPTZ' : type.replaceAll(', ', ',')
  if (TYPE.test(own)) return own
  throw new LakeError(
    'LAKE_QUERY_FAILED',
    `${report}: ${relation} has the column ${column} of type ${type}, which no engine but DuckDB is given.`,
    { state: 'Nothing was run.', remedy: 'Run the report without --engine.' },
  )
}

/** The files of a table, as the session's views read them. */
async function inputOf({ session, moment }: QueriedLake, report: string, table: LakeTable): Promise<Input> {
  const { name } = table
  const then = moment?.tables.get(table)
  if (then?.kind === 'unknown') {
    throw noMoment(`${report}: ${name} ${then.why}.`, 'Ask for a time instead: --as-of 2026-11-22T10:00:00Z.')
  }
  const columns: Record<string, string> = {}
  const storedAs: Record<string, string> = {}
  const partitionBy: string[] = []
  for (const row of await session.rows(columnsOfTable(name))) {
    const column = requiredText(row.column_name, 'a column')
    const stored = requiredText(row.stored_name, 'a column')
    columns[column] = contractType(report, name, column, requiredText(row.type, `the type of ${column}`))
    if (stored !== column) storedAs[column] = stored
    if (row.is_partition === true) partitionBy.push(column)
  }
  const files: DeltaFile[] = []
  for (const row of Object.keys(columns).length === 0 ? [] : await session.rows(liveFilesOf(name))) {
    const values: Record<string, string | null> =
      row.partition_values === null ? {} : JSON.parse(requiredText(row.partition_values, name))
    const partitionValues = Object.fromEntries(
      partitionBy.map((column) => [column, values[storedAs[column] ?? column] ?? null]),
    )
    files.push({ file: requiredText(row.file, 'a file'), partitionValues, deleted: null })
  }
  if (files.length > 0) return { kind: 'delta', files, columns, partitionBy, storedAs }
  return { kind: 'spooled', format: 'parquet', files: [], columns: { ...table.columns, ...columns } }
}

/** The rows of a relation that DuckDB computes, such as the batches of all streams. */
async function writtenBy(session: Session, relation: string, file: string): Promise<Input> {
  const columns = Object.entries(await session.describe(allRows(relation))).map(
    ([name, type]) => [name, contractType(relation, relation, name, type)] as const,
  )
  await session.run(copyToParquet(allRows(relation), file, undefined))
  return { kind: 'spooled', format: 'parquet', files: [file], columns: Object.fromEntries(columns) }
}

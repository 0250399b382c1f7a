import type { ColumnValues, TableShape, ValueBounds } from '../columns.ts'
import { deltaStats } from '../delta/stats.ts'
import { LakeError } from '../errors.ts'
import { assertFits, isCount, isListOf, isMapOf, isMatching, isNullOr, isRecordOf, isText } from '../files/json.ts'
import { CONTRACT_VERSION, type StagedFile, type StagePlan, type StageResult } from './engine.ts'
import type { RecordedFile } from './record.ts'

/** Texts that DuckDB reads as NULL where they are the name of a folder, but not once a character is percent-encoded. */
const NULL_FOLDER = /^(null|__HIVE_DEFAULT_PARTITION__)$/i

/** What to do about a result that is not what its plan asked for. */
const FAULT = {
  state: 'Nothing of its batch was published.',
  remedy: 'Run the stream with another version of that engine, and tell whoever makes it.',
}

/** No step of it leads elsewhere. */
const PATH = /^(?!\.{1,2}(?:\/|$))[^/]+(?:\/(?!\.{1,2}(?:\/|$))[^/]+)*$/

const isColumnValues = isRecordOf<ColumnValues>({
  nulls: isNullOr(isCount),
  bounds: isNullOr(isRecordOf<ValueBounds>({ min: isText, max: isText })),
})

const isStagedFile = isRecordOf<StagedFile>({
  table: isText,
  path: isMatching(PATH, 'a path below the staging folder'),
  partitionValues: isMapOf(isNullOr(isText)),
  rows: isCount,
  bytes: isCount,
  columns: isMapOf(isColumnValues),
})

const isResult = isRecordOf<Omit<StageResult, 'version'>>({
  references: isMapOf(isText),
  files: isListOf(isStagedFile),
})

/**
 * A result as what it ought to be, whoever made it: an engine may be another process.
 * @throws LakeError LAKE_VALUE_UNEXPECTED naming the engine and the field
 */
export function checkedResult(engine: string, { shape }: StagePlan, result: unknown): StageResult {
  const what = `the result of ${engine}`
  const version = typeof result === 'object' && result !== null && 'version' in result ? result.version : undefined
  if (version !== CONTRACT_VERSION) throw fault(`${what} is of version ${version}, not ${CONTRACT_VERSION}`)
  assertFits(result, isResult, what, FAULT)
  const { references, files } = result
  const missing = shape.references.find(({ name }) => !Object.hasOwn(references, name))
  if (missing !== undefined) throw fault(`${what} has no hash of the reference ${missing.name}`)
  const paths = new Set<string>()
  for (const file of files) {
    if (paths.has(file.path)) throw fault(`${what} names ${file.path} twice`)
    paths.add(file.path)
    assertFile(`${what}: ${file.path}`, file, tableOf(shape.tables, file))
  }
  return { version, references, files }
}

function assertFile(what: string, file: StagedFile, table: TableShape | undefined): void {
  const { path, partitionValues, columns, rows } = file
  if (table === undefined) throw fault(`${what} is for none of the tables`)
  if (rows === 0) throw fault(`${what} has no rows`)
  const keys = Object.keys(partitionValues)
  if (keys.length !== table.partitionBy.length || !table.partitionBy.every((name) => keys.includes(name))) {
    throw fault(`${what} has values of ${keys.join(', ') || 'nothing'}, not of ${table.partitionBy.join(', ')}`)
  }
  if (foldersOf(path, keys.length).length < keys.length)
    throw fault(`${what} is not in a folder for each of its values`)
  const stray = Object.keys(columns).find((name) => !Object.hasOwn(table.columns, name) || keys.includes(name))
  if (stray !== undefined) throw fault(`${what} has a column ${stray}, which files of its table have not`)
}

function fault(what: string): LakeError {
  return new LakeError('LAKE_VALUE_UNEXPECTED', `${what}.`, FAULT)
}

function tableOf(tables: readonly TableShape[], { table }: StagedFile): TableShape | undefined {
  return tables.find(({ name }) => name === table)
}

/** The files of a result as the record of the batch keeps them, in the order of the tables. */
export function recordedFiles(
  tables: readonly TableShape[],
  files: readonly StagedFile[],
): Record<string, readonly RecordedFile[]> {
  return Object.fromEntries(
    tables.map((table) => [
      table.name,
      files.filter((file) => file.table === table.name).map((file) => recordedFile(table, file)),
    ]),
  )
}

function recordedFile(table: TableShape, file: StagedFile): RecordedFile {
  const { path, partitionValues, rows, bytes, columns } = file
  const inFile = Object.entries(table.columns).filter(([name]) => !table.partitionBy.includes(name))
  const values = table.partitionBy.map((name) => partitionValues[name] ?? null)
  return {
    table: table.name,
    stagedPath: path,
    path: pathInTable(path, values),
    partitionValues: Object.fromEntries(table.partitionBy.map((name, index) => [name, values[index] ?? null])),
    rows,
    bytes,
    stats: deltaStats(rows, Object.fromEntries(inFile), columns),
  }
}

/** A staged file's place below its table: the folders that the engine made of its partition values, and its name. */
function pathInTable(stagedPath: string, values: readonly (string | null)[]): string {
  const folders = foldersOf(stagedPath, values.length).map((step, index) => textFolder(step, values[index] ?? null))
  return [...folders, ...stagedPath.split('/').slice(-1)].join('/')
}

/** The innermost folders of a path that are named after a value, so many at the most. */
function foldersOf(path: string, count: number): string[] {
  return path
    .split('/')
    .slice(-1 - count, -1)
    .filter((step) => step.includes('='))
}

function textFolder(step: string, value: string | null): string {
  const [column = ''] = step.split('=', 1)
  const name = step.slice(column.length + 1)
  if (value === null || !NULL_FOLDER.test(name)) return step
  return `${column}=%${name.charCodeAt(0).toString(16).toUpperCase()}${name.slice(1)}`
}

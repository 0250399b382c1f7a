import { basename } from 'node:path'
import type { ColumnValues, TableShape, ValueBounds } from '../columns.ts'
import { type ErrorCode, errorCodes, LakeError, UnfitValueError } from '../errors.ts'
import {
  assertFits,
  isBoolean,
  isCount,
  isLeftOutOr,
  isListOf,
  isMapOf,
  isMatching,
  isNullOr,
  isObject,
  isRecordOf,
  isText,
} from '../files/json.ts'
import {
  CONTRACT_VERSION,
  type EngineFailure,
  type QueryAnswer,
  type StagedFile,
  type StagePlan,
  type StageResult,
} from './engine.ts'
import { placeInTable, valueFolders } from './recordedFiles.ts'

/** The state and remedy for an answer that is not what its plan asked for. */
export const ANSWER_FAULT = {
  state: 'Nothing was published.',
  remedy: 'Run the stream with another version of that engine, and report this to its maker.',
}

const QUERY_FAULT = {
  state: 'The lake is as it was.',
  remedy: 'Run the query on another version of that engine, and report this to its maker.',
}

/** A relative path that stays where it is: no step is empty, `.` or `..`, and none has a NUL. */
const PATH = /^(?!\.{1,2}(?:\/|$))[^/\0]+(?:\/(?!\.{1,2}(?:\/|$))[^/\0]+)*$/

export const isStagedPath = isMatching(PATH, 'a path below the staging folder')

export const isColumnValues = isRecordOf<ColumnValues>({
  nulls: isNullOr(isCount),
  bounds: isNullOr(isRecordOf<ValueBounds>({ min: isText, max: isText })),
})

const isStagedFile = isRecordOf<StagedFile>({
  table: isText,
  path: isStagedPath,
  partitionValues: isMapOf(isNullOr(isText)),
  rows: isCount,
  bytes: isCount,
  columns: isMapOf(isColumnValues),
})

const isError = isRecordOf<EngineFailure['error']>({
  code: isNullOr(isText),
  message: isText,
  remedy: isNullOr(isText),
  isOfValue: isBoolean,
})

const isResult = isRecordOf<Omit<StageResult, 'version'>>({
  references: isMapOf(isText),
  files: isListOf(isStagedFile),
  engine: isLeftOutOr(isText),
  engineReason: isLeftOutOr(isText),
})

const isQueryAnswer = isRecordOf<Omit<QueryAnswer, 'version'>>({
  columns: isListOf(isText),
  files: isListOf(isMatching(PATH, 'a path below the output folder')),
})

/** A result that fits its plan. */
export interface CheckedResult extends StageResult {
  readonly engine: string
}

/**
 * Asserts that an engine in another process reported no failure.
 * @throws the engine's failure; LakeError LAKE_VALUE_UNEXPECTED for what is not an answer at all
 */
export function assertAnswered(engine: string, answer: unknown): void {
  const what = `the answer of ${engine}`
  assertFits(answer, isObject, what, ANSWER_FAULT)
  if (answer.version !== CONTRACT_VERSION) {
    throw answerFault(`${what} is of version ${JSON.stringify(answer.version)}, not ${CONTRACT_VERSION}`)
  }
  if (!('error' in answer)) return
  assertFits(answer.error, isError, `${what}: error`, ANSWER_FAULT)
  throw errorOf(answer.error)
}

function errorOf({ code, message, remedy, isOfValue }: EngineFailure['error']): Error {
  const options = remedy === null ? {} : { remedy }
  if (isOfValue) return new UnfitValueError(message, options)
  if (isErrorCode(code)) return new LakeError(code, message, options)
  return Object.assign(new Error(message), code === null ? {} : { code }, options)
}

function isErrorCode(code: string | null): code is ErrorCode {
  return code !== null && Object.hasOwn(errorCodes, code)
}

/**
 * Checks a result against its plan, because an engine may be another process.
 * @throws the engine's failure; LakeError LAKE_VALUE_UNEXPECTED naming the engine and the field
 */
export function checkedResult(engine: string, plan: StagePlan, result: unknown): CheckedResult {
  const what = `the answer of ${engine}`
  assertAnswered(engine, result)
  assertFits(result, isResult, what, ANSWER_FAULT)
  const { references, files } = result
  const missing = plan.shape.references.find(({ name }) => !Object.hasOwn(references, name))
  if (missing !== undefined) throw answerFault(`${what} has no hash of the reference ${missing.name}`)
  const places = new Set<string>()
  for (const file of files) {
    const at = `${what}: ${file.path}`
    const table = plan.shape.tables.find(({ name }) => name === file.table)
    if (table === undefined) throw answerFault(`${at} is for ${file.table}, which is not one of the stream's tables`)
    assertFile(at, plan, table, file)
    const place = `${table.name}/${placeInTable(table, file)}`
    if (places.has(place)) throw answerFault(`${at} has the name of another file for the same folder`)
    places.add(place)
  }
  const { engine: maker = engine, engineReason } = result
  const reason = engineReason === undefined ? {} : { engineReason }
  return { version: CONTRACT_VERSION, references, files, engine: maker, ...reason }
}

/**
 * Checks the answer to a query.
 * @throws the engine's failure; LakeError LAKE_VALUE_UNEXPECTED naming the engine and the field
 */
export function checkedQueryAnswer(engine: string, answer: unknown): QueryAnswer {
  assertAnswered(engine, answer)
  assertFits(answer, isQueryAnswer, `the answer of ${engine}`, QUERY_FAULT)
  const { columns, files } = answer
  if (columns.length === 0) throw new LakeError('LAKE_VALUE_UNEXPECTED', `${engine} names no columns.`, QUERY_FAULT)
  return { version: CONTRACT_VERSION, columns, files }
}

function assertFile(at: string, { filePrefix }: StagePlan, table: TableShape, file: StagedFile): void {
  const { path, partitionValues, columns, rows } = file
  if (rows === 0) throw answerFault(`${at} has no rows`)
  if (!basename(path).startsWith(filePrefix))
    throw answerFault(`${at} has a name that does not begin with ${filePrefix}`)
  const keys = Object.keys(partitionValues)
  if (keys.length !== table.partitionBy.length || !table.partitionBy.every((name) => keys.includes(name))) {
    const [has, wanted] = [keys, table.partitionBy].map((names) => names.join(', ') || 'no column')
    throw answerFault(`${at} has values of ${has}, but its table has folders of ${wanted}`)
  }
  if (valueFolders(path, keys.length).length < keys.length)
    throw answerFault(`${at} is not in a folder for each of its values`)
  const stray = Object.keys(columns).find((name) => !Object.hasOwn(table.columns, name) || keys.includes(name))
  if (stray !== undefined) throw answerFault(`${at} has a column ${stray}, which files of its table do not have`)
}

/** @param what  a sentence about an answer without its full stop */
export function answerFault(what: string, cause?: unknown): LakeError {
  return new LakeError('LAKE_VALUE_UNEXPECTED', `${what}.`, { cause, ...ANSWER_FAULT })
}

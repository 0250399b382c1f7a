import type { LakeError } from '../errors.ts'
import { type DeletionVector, deletionVectorOf } from './deletionVectors.ts'
import { logInvalid, type Protocol } from './protocol.ts'
import { fieldsOf, NO_COLUMNS } from './schema.ts'

export { decodePath, encodePath } from './paths.ts'
export { PROTOCOL, type Protocol } from './protocol.ts'

// The actions of the Delta transaction log that we write or act on. Each is a line with one JSON object, whose only key
// is the action's name. Source: the Delta Transaction Log Protocol, "Actions". Every number is an integer: Spark
// refuses fractions.

export interface AddFile {
  /** Relative to the table's folder, URL-encoded once more than the name on disk. */
  readonly path: string
  /** Every partition column; null for '' too, which the protocol cannot tell from null. */
  readonly partitionValues: Readonly<Record<string, string | null>>
  readonly size: number
  /** Milliseconds since 1970. */
  readonly modificationTime: number
  readonly dataChange: boolean
  /** JSON text: numRecords, minValues, maxValues, nullCount. */
  readonly stats?: string
  /** Which rows of the file are deleted. */
  readonly deletionVector?: DeletionVector | undefined
}

export interface RemoveFile {
  readonly path: string
  readonly dataChange: boolean
  /** When it was removed, in milliseconds since 1970: its file stays for a while, for readers that began before. */
  readonly deletionTimestamp?: number
  /** Whether the next two are there. */
  readonly extendedFileMetadata?: boolean
  readonly partitionValues?: AddFile['partitionValues']
  readonly size?: number
}

export interface Txn {
  readonly appId: string
  readonly version: number
  readonly lastUpdated: number
}

export interface MetaData {
  readonly id: string
  readonly format: { readonly provider: 'parquet'; readonly options: Readonly<Record<string, string>> }
  readonly schemaString: string
  readonly partitionColumns: readonly string[]
  readonly configuration: Readonly<Record<string, string>>
  readonly createdTime: number
}

/** The part of a table's metadata that we act on, whoever wrote it. */
export type TableIdentity = Pick<MetaData, 'id' | 'schemaString' | 'partitionColumns' | 'configuration'>

export interface CommitInfo {
  readonly timestamp: number
  readonly operation: string
  readonly operationParameters: Readonly<Record<string, string>>
  readonly operationMetrics?: Readonly<Record<string, string>>
  readonly engineInfo: string
}

export type Action =
  | { readonly add: AddFile }
  | { readonly remove: RemoveFile }
  | { readonly txn: Txn }
  | { readonly metaData: MetaData }
  | { readonly protocol: Protocol }
  | { readonly commitInfo: CommitInfo }

/** How the `engineInfo` of every commit of ours begins. */
export const OUR_ENGINE = 'lakeweir'

/** The operation of a commit that changes settings in a table's metadata, and nothing else of it. */
export const SET_PROPERTIES = 'SET TBLPROPERTIES'

/** How the `engineInfo` of every batch of a stream begins; the engine follows. */
export const ENGINE_INFO = `${OUR_ENGINE} `

export function renderCommit(actions: readonly Action[]): string {
  return `${actions.map((action) => JSON.stringify(action)).join('\n')}\n`
}

/** The actions of a commit of ours, `commitInfo` first. It says how many there are, so that a cut file is noticed. */
export function countedActions(commitInfo: CommitInfo, actions: readonly Action[]): Action[] {
  const numActions = String(actions.length + 1)
  return [
    { commitInfo: { ...commitInfo, operationMetrics: { ...commitInfo.operationMetrics, numActions } } },
    ...actions,
  ]
}

/** A commit as we need to read it, whoever wrote it. Actions that we do not act on are left out. */
export interface Commit {
  readonly version: number
  readonly adds: readonly (AddFile & { readonly rows: number | undefined })[]
  readonly removes: readonly RemoveFile[]
  readonly txns: readonly Txn[]
  readonly metaData: TableIdentity | undefined
  readonly protocol: Protocol | undefined
  readonly operation: string | undefined
  /** What its writer says of it, as far as that is text. */
  readonly parameters: Readonly<Record<string, string>>
  /** The writer, as it calls itself. */
  readonly engineInfo: string | undefined
}

type ActionName = 'add' | 'remove' | 'txn' | 'metaData' | 'protocol' | 'commitInfo'

type ParsedAction = Partial<Record<ActionName, unknown>>

/** What JSON and DuckDB take for an empty line; JavaScript's trim() removes more kinds of space. */
const BLANK_LINE = /^[ \t\r\v\f]*$/

/**
 * Reads a commit file as strictly as `snapshot.sql` does: what one of the two refuses, the other refuses too. Integers
 * that JavaScript would round are refused. A rounded integer is always outside the safe range, so that it is enough to
 * check after parsing.
 * @throws LakeError LAKE_LOG_INVALID naming the file and the line; LAKE_PROTOCOL_UNSUPPORTED for an unknown vector
 */
export function parseCommit(version: number, text: string, path: string): Commit {
  const adds: (AddFile & { rows: number | undefined })[] = []
  const removes: RemoveFile[] = []
  const txns: Txn[] = []
  let metaData: TableIdentity | undefined
  let protocol: Protocol | undefined
  let commitInfo: Record<string, unknown> = {}
  let count = 0
  // DuckDB skips a byte order mark at the beginning of a file.
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    if (BLANK_LINE.test(line)) continue
    count += 1
    const where = `${path} line ${index + 1}`
    const action = parseLine(line, where)
    const add = actionIn(action, 'add', where)
    if (add !== undefined) adds.push(addOf(add, where))
    const remove = actionIn(action, 'remove', where)
    if (remove !== undefined) removes.push(removeOf(remove, where))
    txns.push(...txnsOf(actionIn(action, 'txn', where), where))
    metaData = metaDataOf(actionIn(action, 'metaData', where), where) ?? metaData
    protocol = protocolOf(actionIn(action, 'protocol', where), where) ?? protocol
    // A writer may put anything into it.
    if (isRecord(action.commitInfo)) commitInfo = action.commitInfo
  }
  const [operation, engineInfo] = [textOr(commitInfo.operation), textOr(commitInfo.engineInfo)]
  assertWhole(path, count, engineInfo?.startsWith(OUR_ENGINE) === true ? writtenActions(commitInfo) : undefined)
  const parameters = textsIn(commitInfo.operationParameters)
  return { version, adds, removes, txns, metaData, protocol, operation, parameters, engineInfo }
}

/** How many actions a commit of ours was written with; undefined if an older Lakeweir did not say. */
function writtenActions({ operationMetrics }: Record<string, unknown>): number | undefined {
  const written = isRecord(operationMetrics) ? textOr(operationMetrics.numActions) : undefined
  return written !== undefined && /^\d{1,15}$/.test(written) ? Number(written) : undefined
}

function assertWhole(path: string, count: number, written: number | undefined): void {
  if (count === 0) throw logInvalid(`${path} is empty: a commit has at least one action`)
  if (written === undefined || written === count) return
  throw logInvalid(`${path} has ${count} actions, but was written with ${written}`)
}

function parseLine(line: string, where: string): ParsedAction {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch (cause) {
    throw logInvalid(`${where} is not JSON`, cause)
  }
  // To DuckDB, the line `null` looks like an action that we do not act on.
  if (parsed === null) return {}
  if (!isRecord(parsed)) throw logInvalid(`${where} is not a JSON object`)
  // As it was written by JSON.stringify, it has each key once: that is ten times as quick to see.
  if (JSON.stringify(parsed) !== line && keysIn(line) > keysOf(parsed)) {
    throw logInvalid(`${where} has the same key twice`)
  }
  return parsed
}

/** How many keys are written in a line of JSON: of two equal keys JSON.parse keeps the last, and DuckDB neither. */
function keysIn(line: string): number {
  let keys = 0
  for (const [token] of line.matchAll(/"(?:[^"\\]|\\.)*"[ \t\r]*:?/g)) if (token.endsWith(':')) keys += 1
  return keys
}

function keysOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce((sum: number, item) => sum + keysOf(item), own)
}

function actionIn(action: ParsedAction, name: ActionName, where: string): Record<string, unknown> | undefined {
  const value = action[name] ?? undefined
  if (value === undefined || isRecord(value)) return value
  throw logInvalid(`${where}: ${name} is ${JSON.stringify(value)}, not an object`)
}

function addOf(add: Record<string, unknown>, where: string): AddFile & { rows: number | undefined } {
  const stats = textOr(add.stats)
  const deletionVector = deletionVectorOf(add.deletionVector, where)
  return {
    path: textOf(add.path, `${where}: add.path`),
    partitionValues: partitionValuesOf(add.partitionValues),
    size: integerOf(add.size, `${where}: add.size`),
    modificationTime: integerOf(add.modificationTime ?? 0, `${where}: add.modificationTime`),
    dataChange: add.dataChange !== false,
    rows: stats === undefined ? undefined : rowsOf(stats),
    ...(stats === undefined ? {} : { stats }),
    ...(deletionVector === undefined ? {} : { deletionVector }),
  }
}

function partitionValuesOf(values: unknown): Record<string, string | null> {
  if (!isRecord(values)) return {}
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, textOr(value) ?? null]))
}

/** Stats are a hint that a writer may leave out or get wrong; what is not a count is ignored. */
function rowsOf(stats: string): number | undefined {
  try {
    const parsed: unknown = JSON.parse(stats)
    const rows = isRecord(parsed) ? parsed.numRecords : undefined
    return typeof rows === 'number' && Number.isSafeInteger(rows) && rows >= 0 ? rows : undefined
  } catch {
    // Not JSON: the file's footer will say how many rows it has.
    return undefined
  }
}

function removeOf(remove: Record<string, unknown>, where: string): RemoveFile {
  return { path: textOf(remove.path, `${where}: remove.path`), dataChange: remove.dataChange !== false }
}

/** Empty if the version is a number that no batch of ours can have; other writers may count in nanoseconds. */
function txnsOf(txn: Record<string, unknown> | undefined, where: string): Txn[] {
  if (txn === undefined) return []
  const { version, lastUpdated } = txn
  const appId = textOf(txn.appId, `${where}: txn.appId`)
  if (typeof version !== 'number' || !Number.isInteger(version)) throw notExact(version, `${where}: txn.version`)
  if (!Number.isSafeInteger(version)) return []
  return [{ appId, version, lastUpdated: typeof lastUpdated === 'number' ? lastUpdated : 0 }]
}

function metaDataOf(metaData: Record<string, unknown> | undefined, where: string): TableIdentity | undefined {
  if (metaData === undefined) return undefined
  const id = textOf(metaData.id, `${where}: metaData.id`)
  // Some writers create a table before they know its columns: it has no schema then.
  const schemaString = textOf(metaData.schemaString ?? NO_COLUMNS, `${where}: metaData.schemaString`)
  const { partitionColumns } = metaData
  fieldsOf(schemaString, where)
  if (!Array.isArray(partitionColumns) || !partitionColumns.every((name) => typeof name === 'string')) {
    throw logInvalid(`${where}: metaData.partitionColumns is not a list of names`)
  }
  return { id, schemaString, partitionColumns, configuration: textsIn(metaData.configuration) }
}

function protocolOf(protocol: Record<string, unknown> | undefined, where: string): Protocol | undefined {
  if (protocol === undefined) return undefined
  return {
    minReaderVersion: integerOf(protocol.minReaderVersion, `${where}: protocol.minReaderVersion`),
    minWriterVersion: integerOf(protocol.minWriterVersion, `${where}: protocol.minWriterVersion`),
    ...featuresIn(protocol, 'readerFeatures'),
    ...featuresIn(protocol, 'writerFeatures'),
  }
}

function featuresIn(protocol: Record<string, unknown>, name: 'readerFeatures' | 'writerFeatures'): Partial<Protocol> {
  const features = protocol[name]
  return Array.isArray(features) ? { [name]: features.map(String) } : {}
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOr(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function textsIn(value: unknown): Record<string, string> {
  const texts = Object.entries(isRecord(value) ? value : {}).map(([name, text]) => [name, textOr(text)] as const)
  return Object.fromEntries(texts.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const])))
}

function textOf(value: unknown, where: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw logInvalid(`${where} is ${JSON.stringify(value)}, not a string`)
}

function integerOf(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw notExact(value, where)
}

function notExact(value: unknown, where: string): LakeError {
  return logInvalid(`${where} is ${JSON.stringify(value)}, not an exact integer`)
}

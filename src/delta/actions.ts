import { LakeError } from '../errors.ts'

// The actions of the Delta transaction log that we write or act on; one JSON object a line, the action's name its only
// key. Source: the Delta Transaction Log Protocol, "Actions". Every number is an integer: Spark refuses fractions.

export interface AddFile {
  /** Relative to the table's folder, URL-encoded once more than the name on disk. */
  readonly path: string
  /** Every partition column; null also for '', which the protocol cannot tell from null. */
  readonly partitionValues: Readonly<Record<string, string | null>>
  readonly size: number
  /** Milliseconds since 1970. */
  readonly modificationTime: number
  readonly dataChange: boolean
  /** JSON text: numRecords, minValues, maxValues, nullCount. */
  readonly stats?: string
}

export interface RemoveFile {
  readonly path: string
  readonly dataChange: boolean
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

export interface Protocol {
  readonly minReaderVersion: number
  readonly minWriterVersion: number
}

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

/** How the `engineInfo` of every batch of a stream begins; the engine follows. */
export const ENGINE_INFO = 'lakeweir '

/** What we write, and the newest that we read: plain appends, no features. */
export const PROTOCOL: Protocol = { minReaderVersion: 1, minWriterVersion: 2 }

export function renderCommit(actions: readonly Action[]): string {
  return `${actions.map((action) => JSON.stringify(action)).join('\n')}\n`
}

/** A commit as we need to read it, whoever wrote it. Actions that we do not act on are left out. */
export interface Commit {
  readonly version: number
  readonly adds: readonly (AddFile & { readonly rows: number | undefined })[]
  readonly removes: readonly RemoveFile[]
  readonly txns: readonly Txn[]
  readonly metaData: MetaData | undefined
  readonly protocol: Protocol | undefined
  readonly operation: string | undefined
  /** The writer, as it calls itself. */
  readonly engineInfo: string | undefined
}

type LooseAction = Partial<Record<'add' | 'remove' | 'txn' | 'metaData' | 'protocol' | 'commitInfo', unknown>>

/**
 * Reads a commit file. Integers that JavaScript would round are refused, not rounded: rounding always leaves the safe
 * range, so the check after parsing is exact.
 * @throws LakeError LAKE_LOG_INVALID naming the file and the line
 */
export function parseCommit(version: number, text: string, path: string): Commit {
  const adds: (AddFile & { rows: number | undefined })[] = []
  const removes: RemoveFile[] = []
  const txns: Txn[] = []
  let metaData: MetaData | undefined
  let protocol: Protocol | undefined
  let operation: string | undefined
  let engineInfo: string | undefined
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const where = `${path} line ${index + 1}`
    const action = parseLine(line, where)
    if (isRecord(action.add)) adds.push(addOf(action.add, where))
    if (isRecord(action.remove)) removes.push(removeOf(action.remove, where))
    if (isRecord(action.txn)) txns.push(txnOf(action.txn, where))
    if (isRecord(action.metaData)) metaData = action.metaData as unknown as MetaData
    if (isRecord(action.protocol)) protocol = protocolOf(action.protocol, where)
    if (!isRecord(action.commitInfo)) continue
    operation = textOr(action.commitInfo.operation)
    engineInfo = textOr(action.commitInfo.engineInfo)
  }
  return { version, adds, removes, txns, metaData, protocol, operation, engineInfo }
}

function parseLine(line: string, where: string): LooseAction {
  try {
    const parsed: unknown = JSON.parse(line)
    if (isRecord(parsed)) return parsed
  } catch (cause) {
    throw new LakeError('LAKE_LOG_INVALID', `${where} is not JSON`, { cause })
  }
  throw new LakeError('LAKE_LOG_INVALID', `${where} is not a JSON object`)
}

function addOf(add: Record<string, unknown>, where: string): AddFile & { rows: number | undefined } {
  if (isRecord(add.deletionVector)) {
    throw new LakeError('LAKE_LOG_INVALID', `${where} adds a file with a deletion vector, which needs a newer reader`)
  }
  const stats = textOr(add.stats)
  return {
    path: textOf(add.path, `${where}: add.path`),
    partitionValues: (isRecord(add.partitionValues) ? add.partitionValues : {}) as Record<string, string | null>,
    size: integerOf(add.size, `${where}: add.size`),
    modificationTime: integerOf(add.modificationTime ?? 0, `${where}: add.modificationTime`),
    dataChange: add.dataChange !== false,
    rows: stats === undefined ? undefined : rowsOf(stats),
    ...(stats === undefined ? {} : { stats }),
  }
}

/** Stats are a hint that any writer may leave out or get wrong; what is not a count is no count. */
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

function txnOf(txn: Record<string, unknown>, where: string): Txn {
  return {
    appId: textOf(txn.appId, `${where}: txn.appId`),
    version: integerOf(txn.version, `${where}: txn.version`),
    lastUpdated: integerOf(txn.lastUpdated ?? 0, `${where}: txn.lastUpdated`),
  }
}

function protocolOf(protocol: Record<string, unknown>, where: string): Protocol {
  return {
    minReaderVersion: integerOf(protocol.minReaderVersion, `${where}: protocol.minReaderVersion`),
    minWriterVersion: integerOf(protocol.minWriterVersion, `${where}: protocol.minWriterVersion`),
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOr(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function textOf(value: unknown, where: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw new LakeError('LAKE_LOG_INVALID', `${where} is ${JSON.stringify(value)}, not a text`)
}

function integerOf(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw new LakeError('LAKE_LOG_INVALID', `${where} is ${JSON.stringify(value)}, not an exact integer`)
}

/** The `path` of an add for a file below the table's folder: each step of its name on disk URL-encoded. */
export function encodePath(relativePath: string): string {
  // '=' stays: Hive-style folders are written `date=2026-11-22` by every writer.
  return relativePath
    .split('/')
    .map((step) => encodeURIComponent(step).replaceAll('%3D', '='))
    .join('/')
}

/** The file below the table's folder that an add's `path` names. */
export function decodePath(path: string): string {
  return decodeURIComponent(path)
}

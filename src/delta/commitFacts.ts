import { LakeError, messageOf } from '../errors.ts'
import { readFirst, statOf } from '../files/read.ts'
import { decodePath } from './actions.ts'
import type { DeltaLog } from './log.ts'

// What commits say of themselves, for people: who made them, when, and how much they changed. It is read as leniently
// as possible, because it is asked for when something is wrong; no row of a table depends on it.

/** How the `engineInfo` of every commit of Lakeweir begins, whatever made it: a stream, or the upkeep of a table. */
const OUR_ENGINE = 'lakeweir'

/** What its writer says of a commit. */
export interface CommitFacts {
  readonly version: number
  /** When it was made, in milliseconds since 1970: as it says itself, else as its file's time says. */
  readonly timeMs: number | undefined
  readonly operation: string | undefined
  readonly parameters: Readonly<Record<string, string>>
  readonly metrics: Readonly<Record<string, string>>
  /** The program that made it, with its version, as it calls itself. */
  readonly engine: string | undefined
  /** Whether another program than Lakeweir made it, or none that can be known. */
  readonly isForeign: boolean
}

/** What a commit changed, by its actions. */
export interface CommitChanges {
  readonly added: Changed
  readonly removed: Changed
  /** Whether rows come or go; false for a commit that only moves rows between files, or none. */
  readonly changesRows: boolean
  /** The paths that it removes from the table, decoded. */
  readonly removedPaths: readonly string[]
}

/** Files, and their rows where every one of them says how many it has. */
interface Changed {
  readonly files: number
  readonly rows: number | undefined
}

/** A commit's own words are in its first line, as a rule; the files that it adds may be many. */
const FIRST_BYTES = 8192

/**
 * What the writer of a commit says of it; undefined if there is no such commit, or none any longer.
 * @throws LakeError LAKE_LOG_INVALID
 */
export async function commitFacts(log: DeltaLog, version: number): Promise<CommitFacts | undefined> {
  const path = log.commitPath(version)
  const first = await readFirst(path, FIRST_BYTES).catch(() => undefined)
  if (first === undefined && (await statOf(path)) === undefined) return undefined
  const end = first?.indexOf('\n') ?? -1
  const info = first === undefined || end < 0 ? undefined : infoIn(first.toString('utf8', 0, end))
  if (info !== undefined) return factsOf(log, version, info)
  const text = await log.readCommitText(version)
  if (text === undefined) return undefined
  for (const line of text.split('\n')) {
    const later = infoIn(line)
    if (later !== undefined) return factsOf(log, version, later)
  }
  return factsOf(log, version, {})
}

async function factsOf(log: DeltaLog, version: number, info: Record<string, unknown>): Promise<CommitFacts> {
  const said = [info.inCommitTimestamp, info.timestamp].find((time) => Number.isSafeInteger(time))
  const timeMs = typeof said === 'number' ? said : (await statOf(log.commitPath(version)))?.mtimeMs
  const engine = textOr(info.engineInfo) ?? clientOf(info)
  return {
    version,
    timeMs: timeMs === undefined ? undefined : Math.floor(timeMs),
    operation: textOr(info.operation),
    parameters: textsIn(info.operationParameters),
    metrics: textsIn(info.operationMetrics),
    engine,
    isForeign: engine?.startsWith(OUR_ENGINE) !== true,
  }
}

/** delta-rs names itself by another key than Spark. */
function clientOf({ clientVersion }: Record<string, unknown>): string | undefined {
  return textOr(clientVersion)
}

function infoIn(line: string): Record<string, unknown> | undefined {
  if (!line.includes('"commitInfo"')) return undefined
  const info = actionsIn(line)?.commitInfo
  return isRecord(info) ? info : undefined
}

/**
 * What a commit changed; undefined if there is no such commit, or none any longer.
 * @throws LakeError LAKE_LOG_INVALID for text that is not JSON
 */
export async function commitChanges(log: DeltaLog, version: number): Promise<CommitChanges | undefined> {
  const text = await log.readCommitText(version)
  if (text === undefined) return undefined
  const added: Record<string, unknown>[] = []
  const removed: Record<string, unknown>[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const action = actionsIn(line)
    if (action === undefined) {
      throw new LakeError('LAKE_LOG_INVALID', `${log.commitPath(version)} line ${index + 1} is not JSON`)
    }
    if (isRecord(action.add)) added.push(action.add)
    if (isRecord(action.remove)) removed.push(action.remove)
  }
  return {
    added: changed(added),
    removed: changed(removed),
    changesRows: [...added, ...removed].some(({ dataChange }) => dataChange !== false),
    removedPaths: removed.flatMap(({ path }) => (typeof path === 'string' ? [decodePath(path)] : [])),
  }
}

function changed(files: readonly Record<string, unknown>[]): Changed {
  let rows: number | undefined = 0
  for (const file of files) {
    const own = rowsOf(file)
    rows = own === undefined || rows === undefined ? undefined : rows + own
  }
  return { files: files.length, rows }
}

function rowsOf({ stats, deletionVector }: Record<string, unknown>): number | undefined {
  const parsed = typeof stats === 'string' ? parsedOr(stats) : undefined
  const rows = isRecord(parsed) ? parsed.numRecords : undefined
  if (typeof rows !== 'number' || !Number.isSafeInteger(rows)) return undefined
  // Rows that its vector marks as deleted are still counted in the file.
  const deleted = isRecord(deletionVector) ? deletionVector.cardinality : 0
  return typeof deleted === 'number' ? rows - deleted : undefined
}

/** A commit that cannot be read, as a sentence without its full stop. */
export function whyUnreadable(error: unknown): string {
  return messageOf(error).replace(/\.$/, '')
}

function actionsIn(line: string): Record<string, unknown> | undefined {
  const parsed = parsedOr(line)
  return isRecord(parsed) ? parsed : undefined
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    return undefined // what is not JSON says nothing
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOr(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Texts and numbers; what else a writer puts there is left out. */
function textsIn(value: unknown): Record<string, string> {
  const entries = Object.entries(isRecord(value) ? value : {})
  return Object.fromEntries(
    entries.flatMap(([name, item]) =>
      typeof item === 'string' || typeof item === 'number' ? [[name, String(item)] as const] : [],
    ),
  )
}

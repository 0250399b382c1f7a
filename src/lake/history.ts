import { type CommitFacts, commitChanges, commitFacts, whyUnreadable } from '../delta/commitFacts.ts'
import type { DeltaLog } from '../delta/log.ts'
import { LakeError } from '../errors.ts'
import type { Offset } from '../stream/source.ts'
import { namedTable } from './byName.ts'
import type { ResolvedLake } from './config/resolve.ts'
import type { OpenLake } from './openLake.ts'
import { logOf } from './tableLogs.ts'

export interface HistoryOptions {
  /** At most so many commits; all that the log still has where left out. */
  readonly limit?: number | undefined
}

/** One commit of a table; `history --json` prints the same shape and leaves out what is undefined. */
export interface HistoryEntry {
  readonly version: number
  /** When it was made, as it says itself (ISO 8601, UTC): of a batch, the batch's time. */
  readonly time: string | undefined
  /** As the log says: `STREAMING UPDATE` is a batch of a stream. */
  readonly operation: string | undefined
  /** The stream that made it, and which of its batches it is; undefined for what no stream made. */
  readonly stream: string | undefined
  readonly batch: number | undefined
  /** What the batch took from its source, in a few words; undefined if the stream is no longer in the config. */
  readonly source: string | undefined
  /** The same as its record says it; the start is null in a first batch. */
  readonly startOffset: Offset | null | undefined
  readonly endOffset: Offset | undefined
  /** Rows in the files that it added; undefined where its writer did not count them. */
  readonly rows: number | undefined
  readonly files: number | undefined
  /** Files that it took out of the table, and their rows; both are 0 for a batch. */
  readonly removedFiles: number | undefined
  readonly removedRows: number | undefined
  /** Whether rows came or went; false where rows only moved from file to file, or there were none. */
  readonly changesRows: boolean | undefined
  /** The program that made it, with its version, as it calls itself. */
  readonly engine: string | undefined
  /** Whether another program than Lakeweir made it. */
  readonly isForeign: boolean
  /** Why it cannot be read, as a sentence; the rest is undefined then. */
  readonly problem: string | undefined
}

/**
 * The commits of a table that its log still has, newest first.
 * @throws LakeError LAKE_ARGUMENT_INVALID for an unknown name, LAKE_LOG_INVALID, LAKE_CLOSED
 */
export function tableHistory(lake: OpenLake, table: string, options: HistoryOptions): AsyncGenerator<HistoryEntry> {
  lake.lifetime.assertOpen() // here: a generator's body first runs when its first commit is asked for
  return eachCommit(lake, logOf(lake, namedTable(lake.config, table)), options.limit ?? Number.POSITIVE_INFINITY)
}

async function* eachCommit(lake: OpenLake, log: DeltaLog, limit: number): AsyncGenerator<HistoryEntry> {
  const versions = (await log.versionsUpTo(Number.POSITIVE_INFINITY)).toReversed()
  let left = limit
  for (const version of versions) {
    if (left <= 0) return
    lake.lifetime.assertOpen()
    const entry = await commitEntry(lake.config, log, version)
    if (entry === undefined) continue
    left -= 1
    yield entry
  }
}

/** Undefined if the commit was cleaned up meanwhile. A commit that cannot be read does not hide the others. */
export async function commitEntry(
  config: ResolvedLake,
  log: DeltaLog,
  version: number,
): Promise<HistoryEntry | undefined> {
  try {
    const facts = await commitFacts(log, version)
    return facts === undefined ? undefined : await entryOf(config, log, facts)
  } catch (error) {
    if (!(error instanceof LakeError)) throw error
    return { ...UNKNOWN, version, problem: `${whyUnreadable(error)}.` }
  }
}

const UNKNOWN: Omit<HistoryEntry, 'version' | 'problem'> = {
  time: undefined,
  operation: undefined,
  stream: undefined,
  batch: undefined,
  source: undefined,
  startOffset: undefined,
  endOffset: undefined,
  rows: undefined,
  files: undefined,
  removedFiles: undefined,
  removedRows: undefined,
  changesRows: undefined,
  engine: undefined,
  isForeign: false,
}

async function entryOf(config: ResolvedLake, log: DeltaLog, facts: CommitFacts): Promise<HistoryEntry | undefined> {
  const { version, timeMs, operation, engine, isForeign } = facts
  const counts = countsOfBatch(facts) ?? (await countsOf(log, version))
  if (counts === undefined) return undefined
  const batch = isForeign ? undefined : batchOf(facts)
  return {
    version,
    time: timeMs === undefined ? undefined : timeText(timeMs),
    operation,
    stream: batch?.stream,
    batch: batch?.batch,
    ...(batch === undefined ? NO_RANGE : rangeOf(config, batch.stream, facts)),
    ...counts,
    engine,
    isForeign,
    problem: undefined,
  }
}

/** A time that a writer made up may be none that a Date can hold. */
function timeText(timeMs: number): string | undefined {
  const time = new Date(timeMs)
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString()
}

type Counts = Pick<HistoryEntry, 'rows' | 'files' | 'removedFiles' | 'removedRows' | 'changesRows'>

/** The batch of a stream that a commit of ours is; undefined for any other commit of ours. */
export function batchOf({ parameters }: CommitFacts): { readonly stream: string; readonly batch: number } | undefined {
  const { stream, batch } = parameters
  if (stream === undefined || batch === undefined || !/^\d{1,15}$/.test(batch)) return undefined
  return { stream, batch: Number(batch) }
}

/** What a batch of ours says of itself, so that its files need not be read. */
function countsOfBatch(facts: CommitFacts): Counts | undefined {
  if (facts.isForeign || batchOf(facts) === undefined) return undefined
  const [rows, files] = [facts.metrics.numOutputRows, facts.metrics.numFiles].map(Number)
  if (!Number.isSafeInteger(rows) || !Number.isSafeInteger(files)) return undefined
  return { rows, files, removedFiles: 0, removedRows: 0, changesRows: rows !== 0 }
}

async function countsOf(log: DeltaLog, version: number): Promise<Counts | undefined> {
  const changes = await commitChanges(log, version)
  if (changes === undefined) return undefined
  const { added, removed, changesRows } = changes
  return { rows: added.rows, files: added.files, removedFiles: removed.files, removedRows: removed.rows, changesRows }
}

type Range = Pick<HistoryEntry, 'source' | 'startOffset' | 'endOffset'>

const NO_RANGE: Range = { source: undefined, startOffset: undefined, endOffset: undefined }

function rangeOf(config: ResolvedLake, stream: string, { parameters }: CommitFacts): Range {
  const endOffset = offsetIn(parameters.endOffset)
  if (endOffset === undefined || endOffset === null) return NO_RANGE
  const startOffset = offsetIn(parameters.startOffset) ?? null
  const source = config.streams.find(({ name }) => name === stream)?.source
  return { source: source?.rangeText(startOffset, endOffset), startOffset, endOffset }
}

/** An offset that a batch of ours wrote into its commit; undefined if it is not JSON of one. */
export function offsetIn(text: string | undefined): Offset | null | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return isOffset(value) ? value : undefined
  } catch {
    return undefined // another writer may have copied our parameters
  }
}

function isOffset(value: unknown): value is Offset | null {
  return typeof value === 'object' && !Array.isArray(value)
}

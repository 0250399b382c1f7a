import { basename, dirname, join } from 'node:path'
import { LakeError } from '../errors.ts'
import {
  assertFits,
  isCount,
  isLeftOutOr,
  isListOf,
  isMapOf,
  isMatching,
  isNullOr,
  isObject,
  isRecordOf,
  isText,
  isTime,
  parsedJson,
} from '../files/json.ts'
import { listFolder, readText } from '../files/read.ts'
import { damageOf } from '../stream/position.ts'
import type { Offset, Position } from '../stream/source.ts'
import { STREAM_ID, streamOf } from '../stream/streamId.ts'
import type { Rows } from './engine.ts'

/** The newest format of records that this code reads. */
export const RECORD_FORMAT = 2

/** The format of records without `anyRowsUntil`. With it, an older Lakeweir would wrongly compare row counts. */
const COUNTED_FORMAT = 1

/**
 * One committed batch of a stream, for all its tables: everything that is needed to publish it. The file
 * `commits/<batch>.json` is the commit.
 */
export interface CommitRecord {
  readonly format: number
  /** `<name>@<uuid>`, made with the stream's first batch; the appId of its Delta transactions. */
  readonly streamId: string
  readonly batch: number
  /** Distinguishes attempts at one batch, and says which process made it; names the staging folder. */
  readonly attempt: string
  /** ISO 8601, UTC; never before that of the previous batch. */
  readonly batchTime: string
  readonly engine: string
  /** Hash of the stream's SELECT. */
  readonly sqlHash: string
  /** Reference name → hash of the file's bytes. */
  readonly references: Readonly<Record<string, string>>
  readonly source: {
    readonly kind: string
    readonly start: Offset | null
    readonly end: Offset
    readonly detail: Readonly<Record<string, unknown>>
  }
  /**
   * The newest batch, up to this one, whose SELECT was free to drop and add rows; undefined if there was none. Each
   * record copies it from the one before, so that `validate` knows that the tables need not have equal row counts.
   */
  readonly anyRowsUntil?: number
  readonly inputRows: number
  readonly inputFiles: number
  readonly tables: Readonly<Record<string, readonly RecordedFile[]>>
}

/** One file of a batch, as publishing needs it. */
export interface RecordedFile {
  /** The table it is meant for. */
  readonly table: string
  /** Below the staging folder. */
  readonly stagedPath: string
  /** Below the table's folder. */
  readonly path: string
  readonly partitionValues: Readonly<Record<string, string | null>>
  readonly rows: number
  readonly bytes: number
  /** The JSON text of a Delta add's `stats`. */
  readonly stats: string
}

export function recordName(batch: number): string {
  return `${String(batch).padStart(20, '0')}.json`
}

/** The rows of each table in a record. */
export function rowsByTable(record: CommitRecord): Record<string, number> {
  return Object.fromEntries(
    Object.entries(record.tables).map(([table, files]) => [table, files.reduce((sum, file) => sum + file.rows, 0)]),
  )
}

/** What a record says about how its batch, and those before it, treat rows. */
export function rowsPartOf(
  rows: Rows,
  batch: number,
  last: CommitRecord | undefined,
): Pick<CommitRecord, 'format' | 'anyRowsUntil'> {
  const until = rows === 'any' ? batch : last?.anyRowsUntil
  return until === undefined ? { format: COUNTED_FORMAT } : { format: RECORD_FORMAT, anyRowsUntil: until }
}

/**
 * Checks what must be true of every record, before it is written and after it is read.
 * @throws LakeError LAKE_SPLIT_FAILED if rows were lost or added
 */
export function assertRecord(record: CommitRecord): void {
  const { inputRows } = record
  if (record.anyRowsUntil === record.batch) return
  const outputRows = Object.values(rowsByTable(record)).reduce((sum, rows) => sum + rows, 0)
  if (outputRows === inputRows) return
  const difference = Math.abs(outputRows - inputRows)
  const isMore = outputRows > inputRows
  const comparison = `${difference} ${isMore ? 'more' : 'fewer'} row${difference === 1 ? '' : 's'} than it read`
  throw new LakeError('LAKE_SPLIT_FAILED', `it returns ${comparison}: ${outputRows} for ${inputRows}.`, {
    remedy: isMore
      ? 'A join found several rows for one: a COLLATE or a cast makes different keys equal. Compare the key as it is.'
      : 'Its SELECT drops none, so files may have changed while they were read. Start the stream again.',
  })
}

/** The committed batches of a stream, as found in its folder. */
export interface RecordTail {
  /** The last batch that counts. */
  readonly last: CommitRecord | undefined
  /** Batches above it whose records do not count: the record below is missing or another stream's. */
  readonly strays: readonly number[]
  /** The batches of all records in the folder, ascending. */
  readonly batches: readonly number[]
}

/** Finds the last batch that counts: the highest whose predecessor's record is there, with the same stream id. */
export async function readTail(commitsFolder: string): Promise<RecordTail> {
  const batches = await listBatches(commitsFolder)
  const strays: number[] = []
  for (const batch of batches.toReversed()) {
    const record = await readRecord(commitsFolder, batch)
    if (record === undefined) continue
    if (batch === 1 || (await readRecord(commitsFolder, batch - 1))?.streamId === record.streamId) {
      assertRecord(record)
      return { last: record, strays, batches }
    }
    strays.push(batch)
  }
  return { last: undefined, strays, batches }
}

export async function listBatches(commitsFolder: string): Promise<number[]> {
  const names = (await listFolder(commitsFolder)).map(({ name }) => /^(\d{20})\.json$/.exec(name)?.[1])
  return names.flatMap((digits) => (digits === undefined ? [] : [Number(digits)]))
}

export async function readRecord(commitsFolder: string, batch: number): Promise<CommitRecord | undefined> {
  const path = join(commitsFolder, recordName(batch))
  const text = await readText(path)
  if (text === undefined) return undefined
  const damage = damageOf(basename(dirname(commitsFolder)))
  const value = parsedJson(text, path, damage)
  assertNotOfNewerFormat(value, path)
  assertFits(value, isRecord, path, damage)
  if (value.batch === batch) return value
  throw new LakeError('LAKE_VALUE_UNEXPECTED', `${path} is the record of batch ${value.batch}.`, damage)
}

const isRecordedFile = isRecordOf<RecordedFile>({
  table: isText,
  stagedPath: isText,
  path: isText,
  partitionValues: isMapOf(isNullOr(isText)),
  rows: isCount,
  bytes: isCount,
  stats: isText,
})

const isRecord = isRecordOf<CommitRecord>({
  format: isCount,
  streamId: isMatching(STREAM_ID, 'a name and an id'),
  batch: isCount,
  attempt: isMatching(/^\w[\w.-]*$/, 'an id'),
  batchTime: isTime,
  engine: isText,
  sqlHash: isText,
  references: isMapOf(isText),
  source: isRecordOf({ kind: isText, start: isNullOr(isObject), end: isObject, detail: isObject }),
  anyRowsUntil: isLeftOutOr(isCount),
  inputRows: isCount,
  inputFiles: isCount,
  tables: isMapOf(isListOf(isRecordedFile)),
})

/** How far a record says that its stream has come. */
export function positionOf(record: CommitRecord): Position {
  const { streamId, batch, batchTime, attempt, source } = record
  return {
    streamId,
    batch,
    batchTime,
    attempt,
    source,
    recordedIn: `${streamOf(streamId)}/commits/${recordName(batch)}`,
  }
}

/**
 * Asserts that the newest record of a stream is not from a newer Lakeweir, which may keep things in a lake that this
 * one does not know. Anything else that is wrong with a record is reported when its stream starts.
 * @throws LakeError LAKE_NEWER
 */
export async function assertNotNewer(commitsFolder: string): Promise<void> {
  const newest = (await listBatches(commitsFolder)).at(-1)
  if (newest === undefined) return
  await readRecord(commitsFolder, newest).catch((error: unknown) => {
    if (error instanceof LakeError && error.code === 'LAKE_NEWER') throw error
  })
}

/** Comes before all other checks: in a newer record, not even the stream id has to be where it is now. */
function assertNotOfNewerFormat(value: unknown, path: string): void {
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined
  if (typeof format !== 'number' || format <= RECORD_FORMAT) return
  throw new LakeError('LAKE_NEWER', `${path} is of record format ${format}.`, {
    state: 'Nothing was changed.',
    remedy: `This Lakeweir reads formats up to ${RECORD_FORMAT}: use the newer one that wrote it.`,
  })
}

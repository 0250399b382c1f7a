import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { LakeError, messageOf } from '../errors.ts'
import { syncAll, syncStanding } from '../files/barriers.ts'
import type { Disk } from '../files/disk.ts'
import { OWNER } from '../files/temporaryNames.ts'
import { allEnded, inParallel } from '../files/turns.ts'
import { writePassing } from '../files/wholeFiles.ts'
import type { Clock } from '../stream/clock.ts'
import { type BatchDurations, type BatchProgress, type StepTimer, tenths } from '../stream/progress.ts'
import { mayBeRepeated } from '../stream/retry.ts'
import type { BatchMoment, Input, Range, Source } from '../stream/source.ts'
import type { Checkpoint } from './checkpoint.ts'
import {
  CONTRACT_VERSION,
  type Engine,
  type EngineLimits,
  type StagedFile,
  type StagePlan,
  type StageResult,
  type StreamShape,
} from './engine.ts'
import { checkedResult } from './engineAnswer.ts'
import { type Heads, publish, syncLogs } from './publish.ts'
import {
  assertRecord,
  attemptId,
  type CommitRecord,
  listBatches,
  readRecord,
  recordName,
  rowsByTable,
  rowsPartOf,
} from './record.ts'
import { recordedFiles } from './staged.ts'
import type { Target } from './target.ts'

/** How many commit records are kept; each holds the whole offset, so one would do. */
export const KEPT_RECORDS = 100

/** The parts of a stream that its batches work with. */
export interface StreamParts {
  readonly name: string
  readonly lakeFolder: string
  readonly source: Source
  readonly engine: Engine
  /** What its engine makes of its rows. */
  readonly shape: StreamShape
  /** What its engine may use. */
  readonly limits: EngineLimits
  /** The tables of its shape with their logs. */
  readonly targets: readonly Target[]
  readonly checkpoint: Checkpoint
  /** Hash of the stream's SELECT. */
  readonly sqlHash: string
  readonly disk: Disk
  readonly clock: Clock
}

/** What one batch follows from. */
export interface BatchStart {
  readonly streamId: string
  readonly last: CommitRecord | undefined
  readonly heads: Heads
  readonly moment: BatchMoment
  readonly timer: StepTimer
  /** Once it is aborted, what is staged is abandoned. */
  readonly signal: AbortSignal
}

/** Thrown for a batch that left nothing behind: the same range, or a smaller one, may be tried again. */
export class StageError extends Error {
  constructor(cause: unknown) {
    super('the batch was not committed', { cause })
    this.name = 'StageError'
  }
}

/**
 * Runs one planned batch to its end. The link of the commit record is the commit point for all tables: a crash before
 * it leaves staged files that nobody names, a crash after it leaves a batch that the next start publishes.
 * @throws StageError before the commit; LakeError LAKE_BATCH_SUPERSEDED or LAKE_PUBLISH_FAILED at or after it
 */
export async function runBatch(
  parts: StreamParts,
  start: BatchStart,
  range: Range,
): Promise<[CommitRecord, BatchProgress]> {
  const { disk, checkpoint } = parts
  const { timer } = start
  const planMs = timer.step()
  const { record, passing, stageMs, syncMs } = await prepareBatch(parts, start, range)
  await commit(disk, checkpoint, record, passing)
  const commitMs = timer.step()
  try {
    await publish(disk, checkpoint, parts.targets, record, start.heads, new Map())
    await syncLogs(disk, parts.targets)
  } catch (cause) {
    throw publishError(parts.name, record, cause)
  }
  await cleanUp(parts, record)
  const publishMs = timer.step()
  const durationMs = {
    plan: planMs,
    stage: stageMs,
    sync: syncMs,
    commit: commitMs,
    publish: publishMs,
    total: timer.totalMs(),
  }
  return [record, progressOf(parts.name, record, durationMs, lagOf(range, parts.clock.nowMs()))]
}

/** A batch that is durable and that nothing names yet. */
interface PreparedBatch {
  readonly record: CommitRecord
  /** The record's file. */
  readonly passing: string
  readonly stageMs: number
  readonly syncMs: number
}

/** @throws StageError with the cause, and nothing left behind */
async function prepareBatch(parts: StreamParts, start: BatchStart, range: Range): Promise<PreparedBatch> {
  const { disk, checkpoint } = parts
  const { timer, moment } = start
  const attempt = `${randomUUID()}.${OWNER}`
  const attemptFolder = checkpoint.attemptFolder(moment.batch, attempt)
  try {
    const batchTime = batchTimeOf(moment.nowMs, start.last)
    const plan = planOf(parts, start, batchTime, attempt, parts.source.inputOf(range, moment))
    // A hold that fails is told before what failed meanwhile: it may not be tried again.
    const [inputRows, { references, files }] = await allEnded(
      parts.source.hold(range, moment),
      stageFiles(parts, plan, start.signal),
      // While the engine works there is nothing else to do: removing five folders takes a millisecond.
      turn().then(() => dropStaged(parts, start.last)),
    )
    const record: CommitRecord = {
      ...rowsPartOf(parts.shape.rows, moment.batch, start.last),
      streamId: start.streamId,
      batch: moment.batch,
      attempt,
      batchTime,
      engine: parts.engine.name,
      sqlHash: parts.sqlHash,
      references,
      source: { kind: parts.source.kind, start: range.start, end: range.end, detail: range.detail },
      inputRows,
      inputFiles: range.fileCount,
      tables: recordedFiles(parts.shape.tables, files),
    }
    assertRecord(record)
    const stageMs = timer.step()
    const [, passing] = await allEnded(
      syncStaged(parts, attemptFolder, files),
      writePassing(disk, attemptFolder, 'record', `${JSON.stringify(record)}\n`),
    )
    return { record, passing, stageMs, syncMs: timer.step() }
  } catch (error) {
    await disk.removeTree(attemptFolder).catch(() => undefined) // the attempt failed already; a start clears the rest
    throw new StageError(error)
  }
}

/** How far behind its source a batch is that was published now. */
function lagOf({ newestMs }: Range, nowMs: number): number | null {
  return newestMs === undefined ? null : nowMs - newestMs
}

/** Removes the names that a batch had while it was staged; its tables have names of their own. */
export async function dropStaged({ disk, checkpoint }: StreamParts, record: CommitRecord | undefined): Promise<void> {
  if (record !== undefined) await disk.removeTree(checkpoint.attemptFolder(record.batch, record.attempt))
}

/** Lets go of what the batch no longer needs; its staged names go while the next one is staged. */
async function cleanUp({ disk, checkpoint, name, source }: StreamParts, record: CommitRecord): Promise<void> {
  try {
    await source.finish(record)
    const oldest = record.batch - KEPT_RECORDS
    if (oldest > 0) await disk.removeFile(join(checkpoint.commits, recordName(oldest)))
  } catch (cause) {
    if (cause instanceof LakeError) throw cause
    throw new LakeError(
      'LAKE_DISK_FAILED',
      `${name} batch ${record.batch} is published, but its clean-up failed: ${messageOf(cause)}`,
      {
        cause,
        state: 'Nothing is lost: the next start cleans up.',
        remedy: 'See what the disk says, then start again.',
        canRetry: mayBeRepeated(cause),
      },
    )
  }
}

function planOf(
  { name, shape, limits, checkpoint }: StreamParts,
  { streamId, moment }: BatchStart,
  batchTime: string,
  attempt: string,
  input: Input,
): StagePlan {
  const { batch } = moment
  const id = attemptId(attempt)
  return {
    version: CONTRACT_VERSION,
    shape,
    batch,
    batchTime,
    input,
    stagingFolder: checkpoint.attemptFolder(batch, attempt),
    filePrefix: `${name}-${String(batch).padStart(10, '0')}-${id}`,
    footer: { 'lakeweir.stream': streamId, 'lakeweir.batch': String(batch), 'lakeweir.attempt': id },
    limits,
  }
}

async function stageFiles({ disk, engine }: StreamParts, plan: StagePlan, signal: AbortSignal): Promise<StageResult> {
  await disk.makeFolder(plan.stagingFolder)
  return checkedResult(engine.name, plan, await engine.stage(plan, signal))
}

/** Barrier a: the staged files, and every folder from them up to `staging`, whose name is durable since the start. */
async function syncStaged(parts: StreamParts, attemptFolder: string, staged: readonly StagedFile[]): Promise<void> {
  const files = staged.map(({ path }) => join(attemptFolder, path))
  const folders = new Set([attemptFolder])
  for (const file of files) {
    for (let folder = dirname(file); !folders.has(folder); folder = dirname(folder)) folders.add(folder)
  }
  await inParallel([
    () => syncAll(parts.disk, files, folders),
    () => syncStanding(parts.disk, [], [parts.checkpoint.staging]),
  ])
}

/**
 * Puts the record in place, and barrier b. Counts only on top of the batch before and below nothing: a process that
 * slept through its successor's work may find its number free again, because old records are pruned.
 */
async function commit(disk: Disk, checkpoint: Checkpoint, record: CommitRecord, passing: string): Promise<void> {
  const path = join(checkpoint.commits, recordName(record.batch))
  try {
    if ((await disk.link(passing, path)) === 'exists') throw supersededError(record)
    const highest = (await listBatches(checkpoint.commits)).at(-1)
    const before = record.batch === 1 ? record : await readRecord(checkpoint.commits, record.batch - 1)
    if (highest !== record.batch || before?.streamId !== record.streamId) {
      await disk.removeFile(path)
      throw supersededError(record)
    }
    await disk.syncFolder(checkpoint.commits)
  } catch (cause) {
    if (cause instanceof LakeError && cause.code === 'LAKE_BATCH_SUPERSEDED') throw cause
    const what = `batch ${record.batch}: its commit could not be made sure: ${messageOf(cause)}`
    throw new LakeError('LAKE_PUBLISH_FAILED', what, {
      cause,
      state: 'It may be committed or not; the next start finds out and loses nothing.',
      remedy: 'See what the disk says, then start the stream again.',
      canRetry: mayBeRepeated(cause),
    })
  }
}

function supersededError(record: CommitRecord): LakeError {
  return new LakeError(
    'LAKE_BATCH_SUPERSEDED',
    `another process committed batch ${record.batch} of this stream first.`,
    {
      state: 'What this process had staged was not published.',
      remedy: 'Let the other process go on, or stop it and start this one again.',
    },
  )
}

/** The error of a batch that is committed and not yet everywhere. */
export function publishError(stream: string, record: CommitRecord, cause: unknown): LakeError {
  if (cause instanceof LakeError && (cause.code === 'LAKE_PUBLISH_FAILED' || cause.code === 'LAKE_DATA_LOST'))
    return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new LakeError(
    'LAKE_PUBLISH_FAILED',
    `${stream} batch ${record.batch} is committed but not published: ${reason}`,
    {
      cause,
      state: 'Nothing is lost: the next start publishes it before anything else.',
      remedy: 'Fix what the message names, then start the stream again.',
      canRetry: mayBeRepeated(cause),
    },
  )
}

/** Batch times never run backwards, whatever the clock does. */
function batchTimeOf(nowMs: number, last: CommitRecord | undefined): string {
  const lastMs = last === undefined ? nowMs : Date.parse(last.batchTime)
  return new Date(Math.max(nowMs, lastMs)).toISOString()
}

function progressOf(
  stream: string,
  record: CommitRecord,
  durationMs: BatchDurations,
  lagMs: number | null,
): BatchProgress {
  return {
    stream,
    batch: record.batch,
    batchTime: record.batchTime,
    inputRows: record.inputRows,
    inputFiles: record.inputFiles,
    rows: rowsByTable(record),
    startOffset: record.source.start,
    endOffset: record.source.end,
    durationMs,
    rowsPerSecond: Math.round(record.inputRows / Math.max(durationMs.total / 1000, 0.0001)),
    lagMs: lagMs === null ? null : Math.max(0, tenths(lagMs)),
  }
}

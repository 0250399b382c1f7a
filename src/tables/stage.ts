import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { syncAll, syncLasting } from '../files/barriers.ts'
import { OWNER } from '../files/temporaryNames.ts'
import { allEnded, inParallel } from '../files/turns.ts'
import { writeTemporary } from '../files/wholeFiles.ts'
import { stageFailureOf } from '../stream/failures.ts'
import type { StepTimer } from '../stream/progress.ts'
import type { StageFailure } from '../stream/sink.ts'
import type { Moment, Portion } from '../stream/source.ts'
import { attemptId, dataFilePrefix } from './dataFileName.ts'
import { CONTRACT_VERSION, type StagedFile, type StagePlan } from './engine.ts'
import { type CheckedResult, checkedResult } from './engineAnswer.ts'
import type { TableParts } from './parts.ts'
import { assertRecord, type CommitRecord, rowsPartOf } from './record.ts'
import { recordedFiles } from './recordedFiles.ts'
import type { RecoveredStream } from './recover.ts'
import { dropStaged } from './staging.ts'

/** A batch that is durable, and that nothing names yet. */
export interface StagedBatch {
  readonly kind: 'staged'
  readonly record: CommitRecord
  /** The temporary file that holds the record. */
  readonly recordFile: string
  readonly stageMs: number
  readonly syncMs: number
  /** Why its engine was chosen, where nobody asked for it by name. */
  readonly engineReason: string | undefined
}

/**
 * Writes a portion's rows to a folder that no table knows, verifies that none is lost, and makes everything durable,
 * including the record. A crash leaves files that nothing names, which the next start removes; a failure leaves
 * nothing.
 * @param signal  once it is aborted, the batch fails soon
 */
export async function stageBatch(
  parts: TableParts,
  { streamId, last }: RecoveredStream,
  portion: Portion,
  moment: Moment,
  timer: StepTimer,
  signal: AbortSignal,
): Promise<StagedBatch | StageFailure> {
  const { disk, checkpoint, shape } = parts
  const { batch, nowMs } = moment
  const attempt = `${randomUUID()}.${OWNER}`
  const folder = checkpoint.attemptFolder(batch, attempt)
  try {
    const batchTime = batchTimeOf(nowMs, last)
    const plan: StagePlan = {
      version: CONTRACT_VERSION,
      shape,
      batch,
      batchTime,
      input: portion.input,
      stagingFolder: folder,
      ...namesOf(parts.stream, streamId, batch, attempt),
      limits: parts.limits,
    }
    // `secure` comes first, so that its error wins: what it failed on may be what must not be tried again.
    const [inputRows, { references, files, engine, engineReason }] = await allEnded(
      portion.secure(),
      stageFiles(parts, plan, signal),
      // Here, because nothing waits for it while the engine works: removing five folders takes a millisecond.
      turn().then(() => dropStaged(parts, last)),
    )
    const { start, end, detail, fileCount } = portion.range
    const record: CommitRecord = {
      ...rowsPartOf(shape.rows, batch, last),
      streamId,
      batch,
      attempt,
      batchTime,
      engine,
      sqlHash: parts.sqlHash,
      references,
      source: { kind: parts.sourceKind, start, end, detail },
      inputRows,
      inputFiles: fileCount,
      tables: recordedFiles(shape.tables, files),
    }
    assertRecord(record)
    const stageMs = timer.step()
    const [, recordFile] = await allEnded(
      syncStaged(parts, folder, files),
      writeTemporary(disk, folder, 'record', `${JSON.stringify(record)}\n`),
    )
    return { kind: 'staged', record, recordFile, stageMs, syncMs: timer.step(), engineReason }
  } catch (error) {
    await disk.removeTree(folder).catch(() => undefined) // the attempt has failed anyway; a start clears the rest
    return stageFailureOf(error)
  }
}

/** How the files of an attempt can be recognized: by their names and by their footers. */
function namesOf(
  stream: string,
  streamId: string,
  batch: number,
  attempt: string,
): Pick<StagePlan, 'filePrefix' | 'footer'> {
  return {
    filePrefix: dataFilePrefix(stream, batch, attempt),
    footer: { 'lakeweir.stream': streamId, 'lakeweir.batch': String(batch), 'lakeweir.attempt': attemptId(attempt) },
  }
}

async function stageFiles(
  { disk, engine, onProgress }: TableParts,
  plan: StagePlan,
  signal: AbortSignal,
): Promise<CheckedResult> {
  await disk.makeFolder(plan.stagingFolder)
  const result = await engine.stage(plan, signal, onProgress)
  return checkedResult(engine.name, plan, result)
}

/** Barrier a: the staged files and all folders from them up to `staging`, whose own name is durable since the start. */
async function syncStaged(parts: TableParts, attemptFolder: string, staged: readonly StagedFile[]): Promise<void> {
  const files = staged.map(({ path }) => join(attemptFolder, path))
  const folders = new Set([attemptFolder])
  for (const file of files) {
    for (let folder = dirname(file); !folders.has(folder); folder = dirname(folder)) folders.add(folder)
  }
  await inParallel([
    () => syncAll(parts.disk, files, folders),
    () => syncLasting(parts.disk, [], [parts.checkpoint.staging]),
  ])
}

/** Batch times never run backwards, whatever the clock does. */
function batchTimeOf(nowMs: number, last: CommitRecord | undefined): string {
  const lastMs = last === undefined ? nowMs : Date.parse(last.batchTime)
  return new Date(Math.max(nowMs, lastMs)).toISOString()
}

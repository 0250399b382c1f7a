import { join } from 'node:path'
import type { Disk } from '../files/disk.ts'
import { fittingJson, isCount, isNullOr, isNumber, isRecordOf, isTime } from '../files/json.ts'
import { readText, statOf } from '../files/read.ts'
import { replaceFile } from '../files/wholeFiles.ts'
import type { BatchDurations, BatchProgress } from '../stream/progress.ts'
import type { Checkpoint } from './checkpoint.ts'

// What a run leaves of its last batches for other processes: where their time went. No record has it, because a record
// is written before the batch is published. Nothing depends on it, so it is never synced, and lines that a power cut
// has torn are passed over.

/** What is left of one batch, as a line of JSON. */
export interface LeftProgress {
  readonly batch: number
  /** With the batch, this says which one it is: a stream that began anew counts from 1 again. */
  readonly batchTime: string
  readonly inputRows: number
  readonly inputFiles: number
  readonly durationMs: BatchDurations
  readonly lagMs: number | null
}

/** The file then keeps its newer half: some 200 batches, more than there are records. */
const MAX_BYTES = 64 * 1024

const isDurations = isRecordOf<BatchDurations>({
  plan: isNumber,
  stage: isNumber,
  sync: isNumber,
  commit: isNumber,
  publish: isNumber,
  total: isNumber,
})

const isLeftProgress = isRecordOf<LeftProgress>({
  batch: isCount,
  batchTime: isTime,
  inputRows: isCount,
  inputFiles: isCount,
  durationMs: isDurations,
  lagMs: isNullOr(isNumber),
})

function pathOf(checkpoint: Checkpoint): string {
  return join(checkpoint.folder, 'progress.ndjson')
}

/** Leaves the progress of a batch that is published. If that fails, nothing happens: the batch itself went well. */
export async function leaveProgress(disk: Disk, checkpoint: Checkpoint, progress: BatchProgress): Promise<void> {
  const { batch, batchTime, inputRows, inputFiles, durationMs, lagMs } = progress
  const left: LeftProgress = { batch, batchTime, inputRows, inputFiles, durationMs, lagMs }
  const path = pathOf(checkpoint)
  try {
    await disk.appendFile(path, `${JSON.stringify(left)}\n`)
    if (((await statOf(path))?.size ?? 0) > MAX_BYTES) await replaceFile(disk, path, newerHalf(await readText(path)))
  } catch {
    // See above.
  }
}

function newerHalf(text = ''): string {
  const half = text.slice(-MAX_BYTES / 2)
  return half.slice(half.indexOf('\n') + 1)
}

/** What runs have left of the batches of a stream, the newest first; only as many are read as are asked for. */
export async function* readLeftProgress(checkpoint: Checkpoint): AsyncGenerator<LeftProgress> {
  // Whatever is there instead of the file: nothing was left then.
  const text = (await readText(pathOf(checkpoint)).catch(() => undefined)) ?? ''
  for (let end = text.length; end > 0; ) {
    const start = text.lastIndexOf('\n', end - 1) + 1
    const left = fittingJson(text.slice(start, end), isLeftProgress)
    if (left !== undefined) yield left
    end = start - 1
  }
}

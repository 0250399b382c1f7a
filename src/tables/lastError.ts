import { join } from 'node:path'
import { LakeError, messageOf } from '../errors.ts'
import type { Disk } from '../files/disk.ts'
import { fittingJson, isLeftOutOr, isRecordOf, isText, isTime } from '../files/json.ts'
import { readText, statOf } from '../files/read.ts'
import { replaceFile } from '../files/wholeFiles.ts'
import type { Checkpoint } from './checkpoint.ts'

/** The error that a stream stopped with, kept for those who come to look when nobody runs it any more. */
export interface LastError {
  /** ISO 8601, UTC. */
  readonly time: string
  /** Undefined for an error that is not ours. */
  readonly code: string | undefined
  readonly message: string
}

const isLastError = isRecordOf<LastError>({ time: isTime, code: isLeftOutOr(isText), message: isText })

function pathOf(checkpoint: Checkpoint): string {
  return join(checkpoint.folder, 'error.json')
}

/** Keeps an error. What cannot be written is let go: the error itself is told, and must not hide behind another. */
export async function keepError(disk: Disk, checkpoint: Checkpoint, error: unknown, nowMs: number): Promise<void> {
  const kept: LastError = {
    time: new Date(nowMs).toISOString(),
    code: error instanceof LakeError ? error.code : undefined,
    message: messageOf(error),
  }
  try {
    await disk.makeFolder(checkpoint.folder) // one that was refused before its first start has none yet
    await replaceFile(disk, pathOf(checkpoint), `${JSON.stringify(kept)}\n`)
  } catch {
    // As the comment above says.
  }
}

/** Forgets it once the stream has gone on; one that cannot be removed is older than the stream's next batch. */
export async function forgetError(disk: Disk, checkpoint: Checkpoint): Promise<void> {
  if ((await statOf(pathOf(checkpoint))) === undefined) return
  await disk.removeFile(pathOf(checkpoint)).catch(() => undefined)
}

/** @param since  the time of the stream's last batch: an error before it is over */
export async function readLastError(checkpoint: Checkpoint, since: string | undefined): Promise<LastError | undefined> {
  const text = await readText(pathOf(checkpoint))
  if (text === undefined) return undefined
  const kept = fittingJson(text, isLastError) // it only says what was
  return kept === undefined || (since !== undefined && since > kept.time) ? undefined : kept
}

import { dirname } from 'node:path'
import { LakeError, messageOf } from '../errors.ts'
import type { Disk } from '../files/disk.ts'
import { fittingJson, isLeftOutOr, isRecordOf, isText, isTime } from '../files/json.ts'
import { readText, statOf } from '../files/read.ts'
import { replaceFile } from '../files/wholeFiles.ts'

/** The error that a stream stopped with, kept for people who look when it no longer runs. */
export interface LastError {
  /** ISO 8601, UTC. */
  readonly time: string
  /** Undefined for an error that is not a LakeError. */
  readonly code: string | undefined
  readonly message: string
}

const isLastError = isRecordOf<LastError>({ time: isTime, code: isLeftOutOr(isText), message: isText })

/** Keeps an error. If that fails, nothing happens: the error itself is reported, and a second one must not hide it. */
export async function keepError(disk: Disk, file: string, error: unknown, nowMs: number): Promise<void> {
  const kept: LastError = {
    time: new Date(nowMs).toISOString(),
    code: error instanceof LakeError ? error.code : undefined,
    message: messageOf(error),
  }
  try {
    await disk.makeFolder(dirname(file)) // a stream that was refused before its first start has none yet
    await replaceFile(disk, file, `${JSON.stringify(kept)}\n`)
  } catch {
    // See above.
  }
}

/** Removes it once the stream has ended well. If that fails, the stream's next batch shows that it is out of date. */
export async function forgetError(disk: Disk, file: string): Promise<void> {
  if ((await statOf(file)) === undefined) return
  await disk.removeFile(file).catch(() => undefined)
}

/** @param since  the time of the stream's last batch, which ends any earlier error */
export async function readLastError(file: string, since: string | undefined): Promise<LastError | undefined> {
  const text = await readText(file)
  if (text === undefined) return undefined
  const kept = fittingJson(text, isLastError) // torn by a power cut: no harm, it only describes the past
  return kept === undefined || (since !== undefined && since > kept.time) ? undefined : kept
}

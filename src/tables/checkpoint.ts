import { join } from 'node:path'
import { createLockFile, StreamLock } from '../duckdb/lock.ts'
import { LakeError } from '../errors.ts'
import type { Disk } from '../files/disk.ts'
import { ensureFolder } from '../files/folders.ts'
import { statOf } from '../files/read.ts'
import { temporaryName } from '../files/temporaryNames.ts'
import type { Clock } from '../stream/clock.ts'

/** How long a start waits for a lock: `status` holds one for a moment while it looks. */
const LOCK_WAIT_MS = 1_000
const LOCK_RETRY_MS = 100

/** The folder that holds all of a stream's durable state. */
export class Checkpoint {
  readonly folder: string
  /** `<batch>.json`: the commits. */
  readonly commits: string
  /** `<batch>.<attempt>/`: files that no table names yet. Temporary files are here, too. */
  readonly staging: string
  /** `<batch>/`: files taken from a landing folder. */
  readonly claimed: string
  readonly lockFile: string
  /** The error that the stream stopped with. */
  readonly errorFile: string
  /** What an engine that is a program of its own writes beside its answers. */
  readonly engineLog: string
  /** What was imported into the stream's tables. */
  readonly importFile: string

  constructor(folder: string) {
    this.folder = folder
    this.commits = join(folder, 'commits')
    this.staging = join(folder, 'staging')
    this.claimed = join(folder, 'claimed')
    this.lockFile = join(folder, 'holder.duckdb')
    this.errorFile = join(folder, 'error.json')
    this.engineLog = join(folder, 'engine.log')
    this.importFile = join(folder, 'import.json')
  }

  /** Makes the folders and the lock file, durably. */
  async make(disk: Disk, lakeFolder: string): Promise<void> {
    await ensureFolder(disk, lakeFolder, this.folder)
    for (const folder of [this.commits, this.staging, this.claimed]) await disk.makeFolder(folder)
    await disk.syncFolder(this.folder)
    if ((await statOf(this.lockFile)) !== undefined) return
    const temporary = join(this.staging, temporaryName('holder'))
    try {
      await createLockFile(temporary)
      await disk.syncFile(temporary)
      await disk.link(temporary, this.lockFile)
      await disk.removeFile(temporary)
    } catch (error) {
      // Another first start was faster: it has the lock already and has removed all temporary files.
      if ((await statOf(this.lockFile)) === undefined) throw error
    }
    await disk.syncFolder(this.folder)
  }

  /**
   * Takes the stream's lock. It saves two processes from wasted work; what keeps them from doing harm is the commit.
   * @throws LakeError LAKE_STREAM_HELD naming the process that has it
   */
  async lock(stream: string, clock: Clock): Promise<StreamLock> {
    const deadlineMs = clock.monotonicMs() + LOCK_WAIT_MS
    for (;;) {
      const lock = await StreamLock.take(this.lockFile)
      if (lock instanceof StreamLock) return lock
      if (lock.processId === process.pid || clock.monotonicMs() >= deadlineMs) throw heldError(stream, lock.processId)
      await clock.sleep(LOCK_RETRY_MS)
    }
  }

  attemptFolder(batch: number, attempt: string): string {
    return join(this.staging, `${batch}.${attempt}`)
  }

  claimFolder(batch: number): string {
    return join(this.claimed, String(batch))
  }
}

/** A stream is run by another process, or by this one. */
export class HeldError extends LakeError {
  /** Undefined where that is not known. */
  readonly processId: number | undefined

  /** @param address  where that process serves what it has, if it does */
  constructor(stream: string, processId: number | undefined, address?: string) {
    const holder = processId === undefined ? 'another process' : `process ${processId}`
    const serves = address === undefined ? '' : `, which serves it at ${address}`
    super('LAKE_STREAM_HELD', `stream ${stream} is run by ${holder}${serves}.`, {
      state: 'Nothing was changed.',
      remedy:
        address === undefined
          ? 'Stop that process, or let it run: one is enough.'
          : 'Ask that server, or stop its process first: one is enough.',
      canRetry: true,
    })
    this.processId = processId
  }
}

export function heldError(stream: string, processId: number | undefined): HeldError {
  return new HeldError(stream, processId)
}

import type { Stats } from 'node:fs'
import { join } from 'node:path'
import type { Disk } from '../files/disk.ts'
import { replaceFile } from '../files/durable.ts'
import { readText } from '../files/read.ts'
import type { Checkpoint } from '../stream/checkpoint.ts'

/** What a landing stream has to say of files that it does not take. A cache: looking again would find the same. */
export interface LandingNotes {
  /** File name → why it cannot be taken, until it changes. */
  readonly rejected: Readonly<Record<string, RejectedFile>>
  /** File name → why it is not looked at. */
  readonly ignored: Readonly<Record<string, string>>
  /** Column that no table has and was left out → a file that had it. */
  readonly extraColumns: Readonly<Record<string, string>>
}

export interface RejectedFile {
  readonly fingerprint: string
  readonly bytes: number
  readonly reason: string
}

const NO_NOTES: LandingNotes = { rejected: {}, ignored: {}, extraColumns: {} }

/** Changes whenever a file is written or replaced. */
export function fingerprintOf(stats: Stats): string {
  return [stats.ino, stats.size, stats.mtimeMs].join(':')
}

/** Whether a file is the one that was looked at, unchanged. */
export function isSameFile(now: Stats, before: Stats): boolean {
  return fingerprintOf(now) === fingerprintOf(before)
}

export async function readNotes(checkpoint: Checkpoint): Promise<LandingNotes> {
  const text = await readText(notesPath(checkpoint))
  if (text === undefined) return NO_NOTES
  try {
    return { ...NO_NOTES, ...(JSON.parse(text) as Partial<LandingNotes>) }
  } catch {
    // A cache that a power cut has torn: the next look fills it again.
    return NO_NOTES
  }
}

export async function writeNotes(disk: Disk, checkpoint: Checkpoint, notes: LandingNotes): Promise<void> {
  await replaceFile(disk, notesPath(checkpoint), `${JSON.stringify(notes, undefined, 2)}\n`)
}

/** Forgets them: the next look begins anew. */
export async function removeNotes(disk: Disk, checkpoint: Checkpoint): Promise<void> {
  await disk.removeFile(notesPath(checkpoint))
}

function notesPath(checkpoint: Checkpoint): string {
  return join(checkpoint.folder, 'notes.json')
}

import type { Stats } from 'node:fs'
import { join } from 'node:path'
import type { Disk } from '../../files/disk.ts'
import { fittingJson, isBoolean, isCount, isLeftOutOr, isMapOf, isRecordOf, isText } from '../../files/json.ts'
import { readText } from '../../files/read.ts'
import { replaceFile } from '../../files/wholeFiles.ts'
import type { Checkpoint } from '../../tables/checkpoint.ts'
import type { FileFault } from './fileNews.ts'

/**
 * What a landing stream has noted about files that it does not take. Only a cache: another look would find the same.
 */
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
  /** Its contents are fine, but it cannot be moved away: that is tried again from time to time. */
  readonly isStuck?: boolean
  /** See `judgementOf`. */
  readonly judgement: string
}

/** How long a file that cannot be moved away is left alone before that is tried again. */
const STUCK_RETRY_MS = 60_000

/** A rejected file as found on disk: older versions did not note the judgement. */
type NotedFile = Omit<RejectedFile, 'judgement'> & { readonly judgement?: string }

const isNotedFile = isRecordOf<NotedFile>({
  fingerprint: isText,
  bytes: isCount,
  reason: isText,
  isStuck: isLeftOutOr(isBoolean),
  judgement: isLeftOutOr(isText),
})

const isNotes = isRecordOf<Partial<Omit<LandingNotes, 'rejected'>> & { readonly rejected?: Record<string, NotedFile> }>(
  {
    rejected: isLeftOutOr(isMapOf(isNotedFile)),
    ignored: isLeftOutOr(isMapOf(isText)),
    extraColumns: isLeftOutOr(isMapOf(isText)),
  },
)

const NO_NOTES: LandingNotes = { rejected: {}, ignored: {}, extraColumns: {} }

/** Whether a file is the one that was looked at, unchanged. */
export function isSameFile(now: Stats, before: Stats): boolean {
  return now.ino === before.ino && now.size === before.size && now.mtimeMs === before.mtimeMs
}

/** Changes whenever a file is written, replaced, renamed or given other permissions: then it is worth another look. */
export function fingerprintOf({ ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [ino, size, mtimeMs, ctimeMs].join(':')
}

/** The notes of a running stream. */
export class NoteBook {
  readonly #disk: Disk
  readonly #checkpoint: Checkpoint
  readonly #rejected: Map<string, RejectedFile>
  readonly #extraColumns: Map<string, string>
  /** When this process last tried to take a file that is stuck. */
  readonly #triedMs = new Map<string, number>()
  readonly #judgement: string
  #ignored: ReadonlyMap<string, string>
  #saved: string

  private constructor(disk: Disk, checkpoint: Checkpoint, judgement: string, notes: LandingNotes) {
    this.#disk = disk
    this.#checkpoint = checkpoint
    this.#judgement = judgement
    const rejected = Object.entries(notes.rejected).filter(([, file]) => file.judgement === judgement)
    this.#rejected = new Map(rejected)
    this.#ignored = new Map(Object.entries(notes.ignored))
    this.#extraColumns = new Map(Object.entries(notes.extraColumns))
    this.#saved = this.#text()
  }

  /** @param judgement  the present one; files that were rejected under another are forgotten */
  static async open(disk: Disk, checkpoint: Checkpoint, judgement: string): Promise<NoteBook> {
    return new NoteBook(disk, checkpoint, judgement, await readNotes(checkpoint))
  }

  reject(name: string, stats: Stats, reason: string): void {
    const fingerprint = fingerprintOf(stats)
    this.#rejected.set(name, { fingerprint, bytes: stats.size, reason, judgement: this.#judgement })
  }

  /** Notes a file that cannot be moved away. */
  leave(name: string, stats: Stats, reason: string, nowMs: number): void {
    const fingerprint = fingerprintOf(stats)
    const judgement = this.#judgement
    this.#rejected.set(name, { fingerprint, bytes: stats.size, reason, judgement, isStuck: true })
    this.#triedMs.set(name, nowMs)
  }

  /** Notes that a file was taken after all. */
  forget(name: string): void {
    this.#rejected.delete(name)
    this.#triedMs.delete(name)
  }

  /** Whether a file stays where it is. */
  isRejected(name: string, nowMs: number): boolean {
    const rejected = this.#rejected.get(name)
    if (rejected?.isStuck !== true) return rejected !== undefined
    return nowMs - (this.#triedMs.get(name) ?? Number.NEGATIVE_INFINITY) < STUCK_RETRY_MS
  }

  /** Whether a file that was just listed stays where it is because it has not changed. */
  isRejectedAsIs({ name, stats }: { name: string; stats: Stats }, nowMs: number): boolean {
    return this.#rejected.get(name)?.fingerprint === fingerprintOf(stats) && this.isRejected(name, nowMs)
  }

  noteExtraColumns(name: string, columns: readonly string[]): void {
    for (const column of columns) this.#extraColumns.set(column, name)
  }

  /** Takes a new listing: rejected files that are gone or changed are forgotten. */
  setListing(files: readonly { name: string; stats: Stats }[], ignored: ReadonlyMap<string, string>): void {
    this.#ignored = ignored
    if (this.#rejected.size === 0) return
    const prints = new Map(files.map(({ name, stats }) => [name, fingerprintOf(stats)]))
    for (const [name, { fingerprint }] of this.#rejected) {
      if (prints.get(name) !== fingerprint) this.forget(name)
    }
  }

  /** Why files are not taken. */
  faults(): FileFault[] {
    const rejected = [...this.#rejected].map(([name, { reason, fingerprint }]) => {
      const sentence = `rejected ${name}: ${reason}`
      return { sentence, identity: `${sentence} ${fingerprint}` }
    })
    const ignored = [...this.#ignored].map(([name, reason]) => {
      const sentence = `ignores ${name}: ${reason}`
      return { sentence, identity: sentence }
    })
    return [...rejected, ...ignored]
  }

  async save(): Promise<void> {
    const text = this.#text()
    if (text === this.#saved) return
    await replaceFile(this.#disk, notesPath(this.#checkpoint), text)
    this.#saved = text
  }

  #text(): string {
    const notes: LandingNotes = {
      rejected: Object.fromEntries([...this.#rejected].sort(([a], [b]) => (a < b ? -1 : 1))),
      ignored: Object.fromEntries(this.#ignored),
      extraColumns: Object.fromEntries(this.#extraColumns),
    }
    return `${JSON.stringify(notes, undefined, 2)}\n`
  }
}

export async function readNotes(checkpoint: Checkpoint): Promise<LandingNotes> {
  const text = await readText(notesPath(checkpoint))
  if (text === undefined) return NO_NOTES
  const notes = fittingJson(text, isNotes)
  if (notes === undefined) return NO_NOTES // a power cut has torn this cache: the next look fills it again
  const rejected = Object.entries(notes.rejected ?? {}).map(([name, file]) => [
    name,
    { ...file, judgement: file.judgement ?? '' },
  ])
  return { ...NO_NOTES, ...notes, rejected: Object.fromEntries(rejected) }
}

/** Removes the notes: the next look starts from nothing. */
export async function removeNotes(disk: Disk, checkpoint: Checkpoint): Promise<void> {
  await disk.removeFile(notesPath(checkpoint))
}

function notesPath(checkpoint: Checkpoint): string {
  return join(checkpoint.folder, 'notes.json')
}

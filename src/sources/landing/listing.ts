import type { Stats } from 'node:fs'
import { join } from 'node:path'
import { LakeError } from '../../errors.ts'
import { isHidden, isParquet } from '../../files/names.ts'
import { listFolder, statOf } from '../../files/read.ts'
import { inTurns } from '../../files/turns.ts'
import type { Moment } from '../../stream/source.ts'
import { isSameFile } from './notes.ts'
import { sparkFilesOf } from './sparkMetadata.ts'

/** How long a file without a footer may stay unchanged before it counts as broken instead of unfinished. */
const UNFINISHED_MS = 30_000
/** How often an unfinished file is looked at if no event comes. */
const RECHECK_MS = 1_000

/** A file in the landing folder, as it was when it was looked at. */
export interface ListedFile {
  readonly name: string
  readonly stats: Stats
}

/** The contents of a landing folder. Names that begin with `_` or `.` are left out. */
export interface Listing {
  /** Files that may be taken, oldest first. */
  readonly files: readonly ListedFile[]
  /** Name → why it is not even opened. */
  readonly ignored: ReadonlyMap<string, string>
  /** How many names the folder has, of whatever kind. */
  readonly entries: number
}

export async function listLanding(folder: string): Promise<Listing> {
  const sparkFiles = await sparkFilesOf(folder)
  const found = new Map<string, ListedFile>()
  const ignored = new Map<string, string>()
  const entries = await listFolder(folder)
  for await (const { name } of inTurns(entries)) {
    if (isHidden(name)) continue
    // Node puts this character into names that are not UTF-8: two of them may look alike, or like a name that really
    // has it.
    if (name.includes('\uFFFD') && (ignored.has(name) || found.has(name))) {
      found.delete(name)
      ignored.set(name, 'another name looks the same, and one of them is not UTF-8')
      continue
    }
    const stats = await statOf(join(folder, name))
    if (stats === undefined) {
      if (name.includes('\uFFFD')) ignored.set(name, 'its name is not UTF-8')
      continue
    }
    const reason = reasonToIgnore(name, stats, sparkFiles)
    if (reason === undefined) found.set(name, { name, stats })
    else ignored.set(name, reason)
  }
  const files = [...found.values()].sort((a, b) => a.stats.mtimeMs - b.stats.mtimeMs || (a.name < b.name ? -1 : 1))
  return { files, ignored, entries: entries.length }
}

function reasonToIgnore(name: string, stats: Stats, sparkFiles: ReadonlySet<string> | undefined): string | undefined {
  if (stats.isSymbolicLink()) return 'a symbolic link'
  if (stats.isDirectory()) return 'a folder'
  if (!stats.isFile()) return 'not a regular file'
  if (!isParquet(name)) return 'its name does not end in .parquet'
  if (sparkFiles !== undefined && !sparkFiles.has(name)) return 'not in the _spark_metadata beside it'
  return undefined
}

/** Files without a footer yet, each with the time when it was first seen in its present state. */
export class UnfinishedFiles {
  readonly #files = new Map<string, { stats: Stats; sinceMs: number }>()

  /** @returns whether to wait for the file's writer: not if the file has not changed for a while, nor in a drain */
  awaits({ name, stats }: ListedFile, { nowMs, draining }: Moment): boolean {
    const known = this.#files.get(name)
    const sinceMs = known !== undefined && isSameFile(known.stats, stats) ? known.sinceMs : nowMs
    const isAwaited = !draining && nowMs - sinceMs < UNFINISHED_MS
    if (isAwaited) this.#files.set(name, { stats, sinceMs })
    else this.#files.delete(name)
    return isAwaited
  }

  /** Whether a file is waited for in its present state. */
  isAwaited({ name, stats }: ListedFile): boolean {
    const known = this.#files.get(name)
    return known !== undefined && isSameFile(known.stats, stats)
  }

  forget(name: string): void {
    this.#files.delete(name)
  }

  /** Forgets the files that a new listing no longer has. */
  keepOnly(files: readonly ListedFile[]): void {
    if (this.#files.size === 0) return
    const names = new Set(files.map(({ name }) => name))
    for (const name of this.#files.keys()) if (!names.has(name)) this.#files.delete(name)
  }

  /** How soon to look again even if no event comes. */
  get recheckMs(): number | undefined {
    return this.#files.size === 0 ? undefined : RECHECK_MS
  }
}

/**
 * Files that this process lacks the resources to read. They are not noted as rejected: another run tries them again.
 */
export class SetAsideFiles {
  readonly #files = new Map<string, Stats>()

  add({ name, stats }: ListedFile): void {
    this.#files.set(name, stats)
  }

  /** Whether a file was set aside in its present state. */
  has({ name, stats }: ListedFile): boolean {
    const before = this.#files.get(name)
    return before !== undefined && isSameFile(stats, before)
  }

  /** Forgets the files that are gone or changed in a new listing. */
  keepOnly(files: readonly ListedFile[]): void {
    const kept = new Set(files.filter((file) => this.has(file)).map(({ name }) => name))
    for (const name of this.#files.keys()) if (!kept.has(name)) this.#files.delete(name)
  }

  /** Called once all others are taken. @throws LakeError LAKE_RESOURCES_EXHAUSTED */
  assertNone(): void {
    const [first, ...others] = this.#files.keys()
    if (first === undefined) return
    const which = others.length === 0 ? first : `${first} and ${others.length} more`
    throw new LakeError('LAKE_RESOURCES_EXHAUSTED', `${which} could not be read with what this process may use.`, {
      state: 'Nothing of it was taken and nothing is noted against it; the other files were taken.',
      remedy: 'Run fewer streams at once, or raise memory in the config; the next start tries it again.',
      canRetry: true,
    })
  }
}

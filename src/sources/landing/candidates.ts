import { join } from 'node:path'
import { statOf } from '../../files/read.ts'
import { inTurns } from '../../files/turns.ts'
import { FooterReader } from '../../parquet/footer.ts'
import { POLL_MS } from '../../stream/refusedWatch.ts'
import type { Limits, Moment } from '../../stream/source.ts'
import { admit } from '../admit.ts'
import type { ColumnMatcher } from './foreignColumns.ts'
import { type ListedFile, listLanding, SetAsideFiles, UnfinishedFiles } from './listing.ts'
import type { NoteBook } from './notes.ts'
import { matchWhole, type ReadyFile } from './readyFile.ts'

/**
 * A folder with more names than this, of whatever kind, is polled: opening a watch takes 20 to 40 ms for so many names
 * and 150 ms and more for 10,000, and is needed after every batch. A look takes a fifth of that.
 */
const MAX_WATCHED_ENTRIES = 1_000

/** The files of a landing folder that may be taken, from when they are listed until they are taken. */
export class Candidates {
  readonly #folder: string
  readonly #matcher: ColumnMatcher
  readonly #notes: NoteBook
  readonly #unfinished = new UnfinishedFiles()
  /** Files, as they were, that this process lacks the resources to read: another run may take them. */
  readonly #setAside = new SetAsideFiles()
  /** Names from the last listing whose files have not been looked at yet. */
  #names: readonly string[] = []
  /** Files that were looked at and have not been taken yet. */
  #ready: readonly ReadyFile[] = []
  /** How many names the last listing found. */
  #entries = 0
  /** Whether the folder is not listed any more. */
  #isPinned = false
  /** A lower limit of files per batch while the file at fault is searched for. */
  #maxFiles = Number.POSITIVE_INFINITY

  /** @param notes  get every file that cannot be taken */
  constructor(folder: string, matcher: ColumnMatcher, notes: NoteBook) {
    this.#folder = folder
    this.#matcher = matcher
    this.#notes = notes
  }

  /** Lists the folder once everything that was found before has been taken. */
  async refill(nowMs: number): Promise<void> {
    if (!this.#isPinned && this.#names.length === 0 && this.#ready.length === 0) await this.#list(nowMs)
  }

  /** The next files, within the limits, that are complete and fit; none if nothing is left. */
  async next(limits: Limits, moment: Moment): Promise<ReadyFile[]> {
    const capped = { ...limits, maxFiles: Math.min(limits.maxFiles, this.#maxFiles) }
    while (this.#ready.length === 0 && this.#names.length > 0) {
      const names = this.#names.slice(0, capped.maxFiles)
      this.#names = this.#names.slice(names.length)
      this.#ready = await this.#readyFiles(names, moment)
    }
    const admitted = admit(this.#ready, capped)
    this.#ready = this.#ready.slice(admitted.length)
    return admitted
  }

  /** From now on, returns only what is there by now. */
  async pin(nowMs: number): Promise<void> {
    await this.#list(nowMs)
    this.#ready = [] // they are among the names again
    this.#isPinned = true
  }

  /** Whether something came since the last listing. */
  async hasNews(nowMs: number): Promise<boolean> {
    const { files } = await listLanding(this.#folder)
    return files.some((file) => {
      const isKnown = this.#notes.isRejectedAsIs(file, nowMs) || this.#unfinished.isAwaited(file)
      return !isKnown && !this.#setAside.has(file)
    })
  }

  /** Makes these files come next, at most `maxFiles` at once until the next listing. */
  putFirst(names: readonly string[], maxFiles = this.#maxFiles): void {
    this.#names = [...names, ...this.#names]
    this.#maxFiles = maxFiles
  }

  /** Makes these files be looked at again, after all others. */
  putLast(names: readonly string[]): void {
    this.#names = [...this.#names, ...names]
  }

  /** The file at fault has been found: again, only the limits decide how many files are taken together. */
  endCut(): void {
    this.#maxFiles = Number.POSITIVE_INFINITY
  }

  /** Remembers a file that this process lacks the resources to read. */
  setAside(file: ListedFile): void {
    this.#setAside.add(file)
  }

  /** Called once all others are taken. @throws LakeError LAKE_RESOURCES_EXHAUSTED */
  assertNoneSetAside(): void {
    this.#setAside.assertNone()
  }

  /** How soon to look again even if no event comes. */
  get recheckMs(): number | undefined {
    return this.#unfinished.recheckMs
  }

  /** How often to look instead of watching. */
  get pollMs(): number | undefined {
    return this.#entries > MAX_WATCHED_ENTRIES ? POLL_MS : undefined
  }

  async #list(nowMs: number): Promise<void> {
    this.endCut() // files that failed together have all been tried by now
    const { files, ignored, entries } = await listLanding(this.#folder)
    this.#entries = entries
    this.#notes.setListing(files, ignored)
    this.#unfinished.keepOnly(files)
    this.#setAside.keepOnly(files)
    this.#names = files
      .filter((file) => !this.#notes.isRejected(file.name, nowMs) && !this.#setAside.has(file))
      .map(({ name }) => name)
  }

  async #readyFiles(names: readonly string[], moment: Moment): Promise<ReadyFile[]> {
    const files: ListedFile[] = []
    for await (const name of inTurns(names)) {
      const stats = await statOf(join(this.#folder, name))
      if (stats?.isFile() === true) files.push({ name, stats })
    }
    const footers = new FooterReader()
    const ready: ReadyFile[] = []
    for await (const file of inTurns(files)) {
      const path = join(this.#folder, file.name)
      const footer = footers.read(path)
      if ('reason' in footer) {
        if (!this.#unfinished.awaits(file, moment)) this.#notes.reject(file.name, file.stats, footer.reason)
        continue
      }
      this.#unfinished.forget(file.name)
      const match = await matchWhole(this.#matcher, path, footer)
      if ('reason' in match) this.#notes.reject(file.name, file.stats, match.reason)
      else ready.push({ ...file, ...match, rows: footer.rows, bytes: file.stats.size })
    }
    return ready
  }
}

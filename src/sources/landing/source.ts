import { basename, join } from 'node:path'
import { firstUnfitValue } from '../../duckdb/parquet.ts'
import { unreadableReason } from '../../duckdb/reasons.ts'
import { isResourceError } from '../../duckdb/resourceErrors.ts'
import type { Session } from '../../duckdb/session.ts'
import type { ForeignColumn } from '../../duckdb/sql/foreignFiles.ts'
import type { Columns } from '../../duckdb/sql/literals.ts'
import { LakeError, messageOf, systemCodeOf, UnfitValueError } from '../../errors.ts'
import { isCount, isRecordOf } from '../../files/json.ts'
import { statOf } from '../../files/read.ts'
import { inTurns } from '../../files/turns.ts'
import { type Column, type Footer, FooterReader, plainEndOf } from '../../parquet/footer.ts'
import { mismatchedColumn } from '../../parquet/pageChecksums.ts'
import type { BatchMoment, ForeignGroup, Input, Limits, Offset, Plan, Range, Source } from '../../stream/source.ts'
import { POLL_MS, type WatchedFolders } from '../../stream/watcher.ts'
import { type CommitRecord, endOf } from '../../tables/record.ts'
import { admit } from '../admit.ts'
import { type ClaimPlaces, LandingClaims } from './claims.ts'
import { ColumnMatcher, type Fit, type Match } from './foreignColumns.ts'
import { judgementOf } from './judgement.ts'
import { type ListedFile, listLanding, SetAsideFiles, UnfinishedFiles } from './listing.ts'
import { isSameFile, NoteBook } from './notes.ts'
import { PlainNames } from './plainNames.ts'

/**
 * With more names than these in the folder, rejected, ignored or archived ones too, it is polled: opening a watch takes
 * 20 to 40 ms for so many and 150 and more for 10,000, and is due after every batch. A look takes a fifth of that.
 */
const MAX_WATCHED_ENTRIES = 1_000

export interface LandingFolderOptions extends ClaimPlaces {
  readonly columns: Columns
  readonly session: Session
}

/** What a batch needs to know of a file. */
interface FittingFile extends ListedFile {
  readonly rows: number
  readonly bytes: number
  readonly columns: readonly ForeignColumn[]
}

/** A file in the landing folder that is whole and fits. */
interface ReadyFile extends FittingFile, Fit {}

/** A file that was taken from the landing folder. */
interface ClaimedFile extends FittingFile {
  readonly file: string
  /** Where DuckDB finds it. */
  readonly plainPath: string
}

/** How many files were taken so far; the claimed files themselves are the range. */
interface LandingOffset extends Offset {
  readonly files: number
}

const isLandingOffset = isRecordOf({ files: isCount })

/**
 * Takes Parquet files that any program drops into a folder. A file with a footer is claimed for the next batch by a
 * rename, so that nobody else can change it by its name; after the batch it is archived.
 */
export class LandingFolderSource implements Source {
  readonly kind = 'landing'
  readonly relation = 'landing'
  readonly columns: Columns
  readonly watched: WatchedFolders
  readonly #options: LandingFolderOptions
  readonly #plainNames: PlainNames
  readonly #unfinished = new UnfinishedFiles()
  readonly #matcher: ColumnMatcher
  #claimed: LandingClaims | undefined
  #noteBook: NoteBook | undefined
  /** From the last listing, still to be looked at. */
  #candidates: readonly string[] = []
  /** How many names the last listing found. */
  #entries = 0
  /** When the last plan was asked for. */
  #nowMs = 0
  /** Whether there was a last listing. */
  #isPinned = false
  /** Looked at, and still to be taken. */
  #ready: readonly ReadyFile[] = []
  /** The range of the next batch. */
  #claims: readonly ClaimedFile[] = []
  /** Files that this process has not the means to read, as they were: another run may take them. */
  readonly #setAside = new SetAsideFiles()
  /** A cut in the batch size, while files that fail together are being told apart. */
  #maxFiles = Number.POSITIVE_INFINITY

  constructor(options: LandingFolderOptions) {
    this.#options = options
    this.columns = options.columns
    this.#matcher = new ColumnMatcher(options.columns)
    this.watched = { kind: 'drops', folders: [options.folder] }
    this.#plainNames = new PlainNames(options.disk, options.checkpoint.staging)
  }

  /** Claims that a record names are done with; those of the batch to come are its range; others go back. */
  async recover(last: CommitRecord | undefined): Promise<void> {
    const { disk, checkpoint, columns } = this.#options
    if (last !== undefined) endOf(last, isLandingOffset)
    this.#claimed = await LandingClaims.open(this.#options)
    this.#noteBook = await NoteBook.open(disk, checkpoint, judgementOf(columns))
    const next = (last?.batch ?? 0) + 1
    await this.#claimed.settle(last, next)
    await this.#resume(next)
  }

  async plan(after: Offset | null, limits: Limits, moment: BatchMoment): Promise<Plan> {
    this.#nowMs = moment.nowMs
    if (this.#claims.length === 0) await this.#claim(limits, moment)
    await this.#notes.save()
    // A run that takes what is there names them in the end.
    const notes = moment.draining ? undefined : this.#notes.news()
    if (this.#claims.length === 0) {
      this.#setAside.assertNone()
      const pollMs = this.#entries > MAX_WATCHED_ENTRIES ? POLL_MS : undefined
      return { range: undefined, recheckMs: this.#unfinished.recheckMs, pollMs, notes }
    }
    const end: LandingOffset = { files: ((after as LandingOffset | null)?.files ?? 0) + this.#claims.length }
    const files = this.#claims.map(({ name, rows, bytes }) => ({ name, rows, bytes }))
    return { range: { start: after, end, detail: { files }, fileCount: files.length }, notes }
  }

  async hasNews(): Promise<boolean> {
    const { files } = await listLanding(this.#options.folder)
    return files.some((file) => {
      const isKnown = this.#notes.isRejectedAsIs(file, this.#nowMs) || this.#unfinished.isAwaited(file)
      return !isKnown && !this.#setAside.has(file)
    })
  }

  async pin(): Promise<void> {
    await this.#list()
    this.#ready = [] // they are among the candidates again
    this.#isPinned = true
  }

  inputOf(): Input {
    return { kind: 'foreign', groups: bySchema(this.#claims) }
  }

  /**
   * Makes the claims durable, and with them that the claims of the batch before are gone. What is in the files is
   * their writers' to sync: once the batch is committed, nobody reads them any more.
   */
  async hold(_range: Range, moment: BatchMoment): Promise<number> {
    await this.#taken.sync(moment.batch)
    return this.#claims.reduce((sum, claim) => sum + claim.rows, 0)
  }

  async finish(record: CommitRecord): Promise<void> {
    await this.#taken.drop(record)
    await this.#plainNames.clear()
    this.#claims = []
  }

  /**
   * What a file's writer changed after all goes back. Otherwise the file that an error names, or that is found by
   * halving those that fail together, is rejected.
   */
  async refuse(error: unknown, failures: number): Promise<boolean> {
    if (await this.#putChangedBack()) return true
    const isOfRow = error instanceof UnfitValueError
    if (error instanceof LakeError && !isOfRow) return false
    // What the system says is no fault of a file.
    if (!isOfRow && systemCodeOf(error) !== undefined) return false
    const [only] = this.#claims
    if (only === undefined) return false
    if (failures === 1) return true
    if (this.#claims.length > 1) {
      const named = this.#claims.find(({ plainPath }) => messageOf(error).includes(`"${plainPath}"`))
      const half = Math.ceil(this.#claims.length / 2)
      if (named === undefined) this.#maxFiles = half
      const back = await this.#putBack(new Set(named === undefined ? this.#claims.slice(0, half) : [named]))
      this.#candidates = [...back, ...this.#candidates]
      return true
    }
    await this.#rejectClaim(only, isOfRow ? messageOf(error) : await this.#reasonOf(only, error))
    this.#maxFiles = Number.POSITIVE_INFINITY
    return true
  }

  /** Puts half of the claims back, and the last one once it has been tried often enough. */
  async spare(isLast: boolean): Promise<boolean> {
    const [only, ...others] = this.#claims
    if (only === undefined || (others.length === 0 && !isLast)) return false
    const kept = others.length === 0 ? [] : this.#claims.slice(0, Math.ceil(this.#claims.length / 2))
    const back = await this.#putBack(new Set(kept))
    if (others.length > 0) this.#candidates = [...back, ...this.#candidates]
    else for (const name of back) this.#setAside.add({ name, stats: only.stats })
    return true
  }

  get #taken(): LandingClaims {
    if (this.#claimed === undefined) throw new RangeError('a source is recovered first')
    return this.#claimed
  }

  get #notes(): NoteBook {
    if (this.#noteBook === undefined) throw new RangeError('a source is recovered first')
    return this.#noteBook
  }

  /** Puts the claims back that were written to after they were taken. @returns whether there were any */
  async #putChangedBack(): Promise<boolean> {
    const unchanged = new Set<ClaimedFile>()
    for await (const claim of inTurns(this.#claims)) {
      const stats = await statOf(claim.file)
      if (stats !== undefined && isSameFile(stats, claim.stats)) unchanged.add(claim)
    }
    const back = await this.#putBack(unchanged)
    this.#lookAgain(back)
    return back.length > 0
  }

  #lookAgain(names: readonly string[]): void {
    this.#candidates = [...this.#candidates, ...names]
  }

  /** Why a file cannot be taken that fails alone: a value of it by its place, or whatever DuckDB says. */
  async #reasonOf({ plainPath, columns }: ClaimedFile, error: unknown): Promise<string> {
    try {
      return (await firstUnfitValue(this.#options.session, plainPath, columns)) ?? unreadableReason(error)
    } catch (unreadable) {
      if (isResourceError(unreadable)) throw unreadable
      return unreadableReason(unreadable)
    }
  }

  /** Puts all claims back but some. @returns their names in the landing folder */
  async #putBack(kept: ReadonlySet<ClaimedFile>): Promise<string[]> {
    const back = this.#claims.filter((claim) => !kept.has(claim))
    if (back.length === 0) return []
    const names = await this.#taken.putBack(back)
    this.#claims = this.#claims.filter((claim) => kept.has(claim))
    return names
  }

  async #rejectClaim(claim: ClaimedFile, reason: string): Promise<void> {
    const [name = claim.name] = await this.#taken.putBack([claim])
    this.#claims = this.#claims.filter((other) => other !== claim)
    const stats = await statOf(join(this.#options.folder, name))
    // Where it has been written to meanwhile, the next listing looks at it anew.
    if (stats !== undefined && isSameFile(stats, claim.stats)) this.#notes.reject(name, stats, reason)
  }

  async #claim(limits: Limits, moment: BatchMoment): Promise<void> {
    if (!this.#isPinned && this.#candidates.length === 0 && this.#ready.length === 0) await this.#list()
    const capped = { ...limits, maxFiles: Math.min(limits.maxFiles, this.#maxFiles) }
    while (this.#claims.length === 0 && this.#candidates.length + this.#ready.length > 0) {
      if (this.#ready.length === 0) {
        const names = this.#candidates.slice(0, capped.maxFiles)
        this.#candidates = this.#candidates.slice(names.length)
        this.#ready = await this.#readyFiles(names, moment)
      }
      const admitted = admit(this.#ready, capped)
      this.#ready = this.#ready.slice(admitted.length)
      await this.#take(admitted, moment.batch)
    }
  }

  async #list(): Promise<void> {
    // Files that failed together have all been tried by now.
    this.#maxFiles = Number.POSITIVE_INFINITY
    const { files, ignored, entries } = await listLanding(this.#options.folder)
    this.#entries = entries
    this.#notes.setListing(files, ignored)
    this.#unfinished.keepOnly(files)
    this.#setAside.keepOnly(files)
    this.#candidates = files
      .filter((file) => !this.#notes.isRejected(file.name, this.#nowMs) && !this.#setAside.has(file))
      .map(({ name }) => name)
  }

  async #readyFiles(names: readonly string[], moment: BatchMoment): Promise<ReadyFile[]> {
    const { folder } = this.#options
    const files: ListedFile[] = []
    for await (const name of inTurns(names)) {
      const stats = await statOf(join(folder, name))
      if (stats?.isFile() === true) files.push({ name, stats })
    }
    const footers = new FooterReader()
    const ready: ReadyFile[] = []
    for await (const file of inTurns(files)) {
      const footer = footers.read(join(folder, file.name))
      if ('reason' in footer) {
        if (!this.#unfinished.awaits(file, moment)) this.#notes.reject(file.name, file.stats, footer.reason)
        continue
      }
      this.#unfinished.forget(file.name)
      const match = await matchWhole(this.#matcher, join(folder, file.name), footer)
      if ('reason' in match) this.#notes.reject(file.name, file.stats, match.reason)
      else ready.push({ ...file, ...match, rows: footer.rows, bytes: file.stats.size })
    }
    return ready
  }

  async #take(files: readonly ReadyFile[], batch: number): Promise<void> {
    if (files.length === 0) return
    await this.#taken.begin(batch)
    try {
      this.#claims = await this.#takeEach(files, batch)
    } finally {
      if (this.#claims.length === 0) await this.#taken.removeEmpty(batch)
    }
  }

  async #takeEach(files: readonly ReadyFile[], batch: number): Promise<ClaimedFile[]> {
    const claims: ClaimedFile[] = []
    for await (const { name, stats, rows, bytes, columns, extra, plain } of inTurns(files)) {
      const taken = await this.#taken.take(name, batch)
      if (taken === undefined) continue
      if ('reason' in taken) {
        this.#notes.leave(name, stats, taken.reason, this.#nowMs)
        continue
      }
      if (!isSameFile(taken.stats, stats)) {
        // Replaced since its footer was read: it goes back, to be looked at again.
        this.#lookAgain(await this.#taken.putBack([{ file: taken.file, name }]))
        continue
      }
      this.#notes.forget(name)
      this.#notes.noteExtraColumns(name, extra)
      const plainPath = await this.#readablePath(taken.file, plain)
      claims.push({ name: basename(taken.file), file: taken.file, plainPath, stats: taken.stats, rows, bytes, columns })
    }
    return claims
  }

  /** Takes over the claims that an earlier process left for the batch to come. */
  async #resume(batch: number): Promise<void> {
    const resumed = await this.#taken.resume(batch)
    const footers = new FooterReader()
    const claims: ClaimedFile[] = []
    for (const { file, name } of resumed) {
      const stats = await statOf(file)
      const footer = footers.read(file)
      const match = 'reason' in footer ? footer : await matchWhole(this.#matcher, file, footer)
      if (stats === undefined || 'reason' in footer || 'reason' in match) {
        await this.#taken.putBack([{ file, name }])
        continue
      }
      const plainPath = await this.#readablePath(file, match.plain)
      claims.push({ name, file, plainPath, stats, rows: footer.rows, bytes: stats.size, columns: match.columns })
    }
    this.#claims = claims
  }

  /** Where DuckDB reads a claimed file: a copy, where it must not see some columns as they are annotated. */
  #readablePath(file: string, plain: readonly Column[]): Promise<string> {
    return plain.length === 0 ? this.#plainNames.pathOf(file) : this.#plainNames.copyOf(file, plainEndOf(file, plain))
  }
}

/** Matches the columns of a file, and the pages of those that are taken with their checksums. */
async function matchWhole(matcher: ColumnMatcher, path: string, footer: Footer): Promise<Match> {
  const match = matcher.match(footer)
  if ('reason' in match || footer.rows === 0) return match
  const taken = new Set(match.columns.map(({ found }) => found?.name))
  const mismatched = await mismatchedColumn(
    path,
    footer,
    footer.columns.filter(({ name }) => taken.has(name)),
  )
  return mismatched === undefined
    ? match
    : { reason: `column ${mismatched}: a page does not match its checksum, so the file is damaged` }
}

/** Files that map to the declared columns in the same way are read together; what has no rows is not read. */
function bySchema(claims: readonly ClaimedFile[]): ForeignGroup[] {
  const groups = new Map<string, { files: string[]; columns: readonly ForeignColumn[] }>()
  /** Most files share the very array, which needs no comparing. */
  const keys = new Map<readonly ForeignColumn[], string>()
  for (const { plainPath, columns, rows } of claims) {
    if (rows === 0) continue
    const key = keys.get(columns) ?? JSON.stringify(columns)
    keys.set(columns, key)
    const group = groups.get(key) ?? { files: [], columns }
    group.files.push(plainPath)
    groups.set(key, group)
  }
  return [...groups.values()]
}

import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { countRowGroups, type Footer, readFooters } from '../duckdb/parquet.ts'
import type { Columns, ForeignColumn } from '../duckdb/render.ts'
import type { Session } from '../duckdb/session.ts'
import { LakeError, messageOf, systemCodeOf, UnfitValueError } from '../errors.ts'
import { ensureFolder, putBackFile, syncStanding, takeFile } from '../files/durable.ts'
import { listFolder, statOf } from '../files/read.ts'
import type { CommitRecord } from '../stream/record.ts'
import type { BatchMoment, ForeignGroup, Input, Limits, Offset, Plan, Range, Source } from '../stream/types.ts'
import { admit } from './admit.ts'
import { matchColumns } from './foreignColumns.ts'
import { archiveOf, type ClaimPlaces, dropClaims, settleClaims } from './landingClaims.ts'
import { fingerprintOf, isSameFile, type LandingNotes, readNotes, writeNotes } from './landingNotes.ts'
import { sparkFilesOf } from './sparkMetadata.ts'

/** How long a file without a footer may stand unchanged before it is taken for broken and not for unfinished. */
const UNFINISHED_MS = 30_000
/** How often an unfinished file is looked at when no event tells of it. */
const RECHECK_MS = 1_000

export interface LandingFolderOptions extends ClaimPlaces {
  readonly columns: Columns
  readonly lakeFolder: string
  readonly session: Session
}

/** A file that was taken from the landing folder. */
interface ClaimedFile {
  readonly name: string
  readonly file: string
  readonly rows: number
  readonly bytes: number
  readonly columns: readonly ForeignColumn[]
}

/** How many files were taken so far; the claimed files themselves are the range. */
interface LandingOffset extends Offset {
  readonly files: number
}

/**
 * Takes Parquet files that any program drops into a folder. A file with a footer is claimed for the next batch by a
 * rename into the checkpoint, so that nobody else can change it by its name; after the batch it is archived.
 */
export class LandingFolderSource implements Source {
  readonly kind = 'landing'
  readonly relation = 'landing'
  readonly columns: Columns
  readonly watchFolders: readonly string[]
  readonly #options: LandingFolderOptions
  readonly #archive: string
  /** Names from the last listing that are still to be looked at. */
  #candidates: string[] = []
  #claims: ClaimedFile[] = []
  /** A cut in the batch size, while files that fail together are being told apart. */
  #maxFiles = Number.POSITIVE_INFINITY
  #notes: LandingNotes = { rejected: {}, ignored: {}, extraColumns: {} }
  #savedNotes = ''
  readonly #unfinished = new Map<string, { print: string; sinceMs: number }>()

  constructor(options: LandingFolderOptions) {
    this.#options = options
    this.columns = options.columns
    this.watchFolders = [options.folder]
    this.#archive = archiveOf(options.folder)
  }

  /** Claims that a record names are done with; those of the batch to come are its range; others go back. */
  async recover(last: CommitRecord | undefined): Promise<void> {
    const { disk, lakeFolder, checkpoint } = this.#options
    await ensureFolder(disk, lakeFolder, this.#archive)
    await this.#assertOneFileSystem()
    this.#notes = await readNotes(checkpoint)
    this.#savedNotes = JSON.stringify(this.#notes)
    const next = (last?.batch ?? 0) + 1
    await settleClaims(this.#options, last, next)
    const names = (await listFolder(checkpoint.claimFolder(next))).map(({ name }) => name)
    this.#claims = await this.#examineClaims(next, names)
  }

  /** A claim is a rename, and a rename does not leave its file system. */
  async #assertOneFileSystem(): Promise<void> {
    const { folder, checkpoint } = this.#options
    const [landing, claimed] = await Promise.all([stat(folder), stat(checkpoint.claimed)])
    if (landing.dev === claimed.dev) return
    throw new LakeError('LAKE_DISK_UNSUITABLE', `${folder} is on another file system than the lake.`, {
      state: 'Nothing was taken.',
      remedy: 'Make it a folder of the lake, and let its writers rename or copy files into it.',
    })
  }

  async plan(after: Offset | null, limits: Limits, moment: BatchMoment): Promise<Plan> {
    if (this.#claims.length === 0) await this.#claim(limits, moment)
    await this.#saveNotes()
    if (this.#claims.length === 0) return { range: undefined, recheckMs: this.#recheckMs() }
    const end: LandingOffset = { files: ((after as LandingOffset | null)?.files ?? 0) + this.#claims.length }
    const files = this.#claims.map(({ name, rows, bytes }) => ({ name, rows, bytes }))
    return { range: { start: after, end, detail: { files }, fileCount: files.length } }
  }

  inputOf(): Input {
    return { kind: 'foreign', groups: bySchema(this.#claims) }
  }

  /**
   * Makes the claims durable, and with them that the claims of the batch before are gone. What is in the files is
   * their writers' to sync: once the batch is committed, nobody reads them any more.
   */
  async hold(_range: Range, moment: BatchMoment): Promise<number> {
    const { disk, checkpoint, folder, lakeFolder } = this.#options
    await ensureFolder(disk, lakeFolder, this.#archive) // somebody may have tidied it away
    await syncStanding(disk, [], [folder, this.#archive, checkpoint.claimed, checkpoint.claimFolder(moment.batch)])
    return this.#claims.reduce((sum, claim) => sum + claim.rows, 0)
  }

  async finish(record: CommitRecord): Promise<void> {
    const { disk, checkpoint } = this.#options
    await dropClaims(this.#options, record)
    this.#claims = []
    // What the record does not name is not ours to delete: the next start puts it back.
    const folder = checkpoint.claimFolder(record.batch)
    if ((await listFolder(folder)).length === 0) await disk.removeTree(folder)
  }

  /** Files that fail together are halved until one is left, and that one is rejected. */
  async refuse(error: unknown, failures: number): Promise<boolean> {
    const isOfRow = error instanceof UnfitValueError
    if (error instanceof LakeError && !isOfRow) return error.code === 'LAKE_SPLIT_FAILED' && this.#rejectMiscounted()
    // What the system says is no fault of a file.
    if (!isOfRow && systemCodeOf(error) !== undefined) return false
    const [only] = this.#claims
    if (only === undefined) return false
    if (failures === 1) return true
    const keep = Math.ceil(this.#claims.length / 2)
    if (this.#claims.length > 1) {
      const back = this.#claims.splice(keep)
      for (const { file, name } of back) await this.#restore(file, name)
      this.#candidates.unshift(...back.map(({ name }) => name))
      this.#maxFiles = keep
      return true
    }
    // Without the line of a statement that nobody outside has written.
    const [reason = ''] = messageOf(error).split('\n')
    await this.#reject(await this.#restore(only.file, only.name), reason)
    this.#claims = []
    this.#maxFiles = Number.POSITIVE_INFINITY
    return true
  }

  /** Rejects claimed files whose footers count other rows than they hold. @returns whether there were any */
  async #rejectMiscounted(): Promise<boolean> {
    const { session } = this.#options
    const counts = await countRowGroups(
      session,
      this.#claims.map(({ file }) => file),
    )
    const wrong = this.#claims.filter(({ file, rows }) => (counts.get(file) ?? 0) !== rows)
    this.#claims = this.#claims.filter((claim) => !wrong.includes(claim))
    for (const { file, name, rows } of wrong) {
      const reason = `its footer counts ${rows} rows, its row groups ${counts.get(file) ?? 0}`
      await this.#reject(await this.#restore(file, name), reason)
    }
    return wrong.length > 0
  }

  async #claim(limits: Limits, moment: BatchMoment): Promise<void> {
    if (this.#candidates.length === 0) {
      // Files that failed together have all been tried by now.
      this.#maxFiles = Number.POSITIVE_INFINITY
      this.#candidates = await this.#list()
    }
    const capped = { ...limits, maxFiles: Math.min(limits.maxFiles, this.#maxFiles) }
    while (this.#candidates.length > 0 && this.#claims.length === 0) {
      const names = this.#candidates.splice(0, capped.maxFiles)
      const ready = await this.#readyFiles(names, moment)
      const taken = admit(ready, capped)
      this.#candidates.unshift(...ready.slice(taken.length).map(({ name }) => name))
      await this.#takeFiles(taken, moment.batch)
    }
  }

  /** The names that may be files to take, oldest first; notes what is neither that nor hidden. */
  async #list(): Promise<string[]> {
    const { folder } = this.#options
    const listed = await sparkFilesOf(folder)
    const files: { name: string; stats: Stats }[] = []
    const ignored: Record<string, string> = {}
    for (const entry of await listFolder(folder)) {
      if (/^[_.]/.test(entry.name)) continue
      const stats = await statOf(join(folder, entry.name))
      if (stats === undefined) {
        if (entry.name.includes('\uFFFD')) ignored[entry.name] = 'its name is not UTF-8'
        continue
      }
      const reason = reasonToIgnore(entry.name, stats, listed)
      if (reason === undefined) files.push({ name: entry.name, stats })
      else ignored[entry.name] = reason
    }
    this.#notes = { ...this.#notes, ignored, rejected: this.#stillRejected(files) }
    for (const name of this.#unfinished.keys())
      if (!files.some((file) => file.name === name)) this.#unfinished.delete(name)
    files.sort((a, b) => a.stats.mtimeMs - b.stats.mtimeMs || (a.name < b.name ? -1 : 1))
    return files.map(({ name }) => name).filter((name) => this.#notes.rejected[name] === undefined)
  }

  /** A rejected file that has changed is looked at again. */
  #stillRejected(files: readonly { name: string; stats: Stats }[]): LandingNotes['rejected'] {
    const prints = new Map(files.map(({ name, stats }) => [name, fingerprintOf(stats)]))
    return Object.fromEntries(
      Object.entries(this.#notes.rejected).filter(([name, rejected]) => prints.get(name) === rejected.fingerprint),
    )
  }

  async #readyFiles(names: readonly string[], moment: BatchMoment): Promise<ReadyFile[]> {
    const { folder, session, columns } = this.#options
    const files: { name: string; stats: Stats }[] = []
    for (const name of names) {
      const stats = await statOf(join(folder, name))
      if (stats?.isFile() === true) files.push({ name, stats })
    }
    const footers = await readFooters(
      session,
      files.map(({ name }) => join(folder, name)),
    )
    const ready: ReadyFile[] = []
    for (const { name, stats } of files) {
      const footer = footers.get(join(folder, name))
      if (footer === undefined) continue
      if ('reason' in footer) {
        await this.#noteUnfinished(name, stats, footer.reason, moment)
        continue
      }
      this.#unfinished.delete(name)
      const match = matchColumns(columns, footer.columns)
      if ('reason' in match) await this.#reject(join(folder, name), match.reason)
      else ready.push({ name, stats, rows: footer.rows, bytes: stats.size, columns: match.columns, extra: match.extra })
    }
    return ready
  }

  async #noteUnfinished(name: string, stats: Stats, reason: string, { nowMs, draining }: BatchMoment): Promise<void> {
    const print = fingerprintOf(stats)
    const known = this.#unfinished.get(name)
    const sinceMs = known?.print === print ? known.sinceMs : nowMs
    if (!draining && nowMs - sinceMs < UNFINISHED_MS) {
      this.#unfinished.set(name, { print, sinceMs })
      return
    }
    this.#unfinished.delete(name)
    await this.#reject(join(this.#options.folder, name), reason)
  }

  #recheckMs(): number | undefined {
    return this.#unfinished.size === 0 ? undefined : RECHECK_MS
  }

  async #takeFiles(files: readonly ReadyFile[], batch: number): Promise<void> {
    const { disk, folder, checkpoint } = this.#options
    const target = checkpoint.claimFolder(batch)
    if (files.length > 0) {
      // Before anything is in it: a power cut must not keep a rename into a folder that it has not kept.
      await disk.makeFolder(target)
      await disk.syncFolder(checkpoint.claimed)
    }
    for (const { name, stats, rows, bytes, columns, extra } of files) {
      let file: string
      try {
        file = await takeFile(disk, join(folder, name), target, name)
      } catch (error) {
        if (systemCodeOf(error) === 'ENOENT') continue // its writer took it away again
        throw error
      }
      const taken = await statOf(file)
      if (taken === undefined || !isSameFile(taken, stats)) {
        // Replaced since its footer was read: it goes back, and the next listing finds it.
        await this.#restore(file, name)
        continue
      }
      if (extra.length > 0) this.#notes = noteExtra(this.#notes, name, extra)
      this.#claims.push({ name: basename(file), file, rows, bytes, columns })
    }
  }

  /** Claims that an earlier process left for the batch to come. */
  async #examineClaims(batch: number, names: readonly string[]): Promise<ClaimedFile[]> {
    const { session, checkpoint, columns } = this.#options
    const folder = checkpoint.claimFolder(batch)
    const footers = await readFooters(
      session,
      names.map((name) => join(folder, name)),
    )
    const landed = await this.#landedInodes(names.length)
    const claims: ClaimedFile[] = []
    for (const name of names) {
      const file = join(folder, name)
      const stats = await statOf(file)
      if (stats !== undefined && landed.has(inodeOf(stats))) {
        // Its putting back was cut short between link and removal: with both names it would be taken twice.
        await this.#options.disk.syncFolder(this.#options.folder)
        await this.#options.disk.removeFile(file)
        continue
      }
      const footer = footers.get(file)
      const match = footer !== undefined && 'rows' in footer ? matchColumns(columns, footer.columns) : undefined
      if (match === undefined || 'reason' in match) {
        await this.#restore(file, name)
        continue
      }
      claims.push({ name, file, rows: (footer as Footer).rows, bytes: stats?.size ?? 0, columns: match.columns })
    }
    return claims
  }

  /** What stands in the landing folder, whatever its names; not looked for where there are no claims. */
  async #landedInodes(claims: number): Promise<Set<string>> {
    const inodes = new Set<string>()
    if (claims === 0) return inodes
    for (const { name } of await listFolder(this.#options.folder)) {
      const stats = await statOf(join(this.#options.folder, name))
      if (stats?.isFile() === true) inodes.add(inodeOf(stats))
    }
    return inodes
  }

  async #restore(file: string, name: string): Promise<string> {
    return putBackFile(this.#options.disk, file, this.#options.folder, name)
  }

  async #reject(file: string, reason: string): Promise<void> {
    const stats = await statOf(file)
    if (stats === undefined) return
    const name = file.slice(this.#options.folder.length + 1)
    const rejected = { fingerprint: fingerprintOf(stats), bytes: stats.size, reason }
    this.#notes = { ...this.#notes, rejected: { ...this.#notes.rejected, [name]: rejected } }
  }

  async #saveNotes(): Promise<void> {
    const text = JSON.stringify(this.#notes)
    if (text === this.#savedNotes) return
    await writeNotes(this.#options.disk, this.#options.checkpoint, this.#notes)
    this.#savedNotes = text
  }
}

/** A file in the landing folder that is whole and fits. */
interface ReadyFile {
  readonly name: string
  readonly stats: Stats
  readonly rows: number
  readonly bytes: number
  readonly columns: readonly ForeignColumn[]
  readonly extra: readonly string[]
}

function reasonToIgnore(name: string, stats: Stats, sparkFiles: ReadonlySet<string> | undefined): string | undefined {
  if (stats.isSymbolicLink()) return 'a symbolic link'
  if (stats.isDirectory()) return 'a folder'
  if (!stats.isFile()) return 'not a regular file'
  if (!name.endsWith('.parquet')) return 'its name does not end in .parquet'
  if (sparkFiles !== undefined && !sparkFiles.has(name)) return 'not in the _spark_metadata beside it'
  return undefined
}

function inodeOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`
}

function noteExtra(notes: LandingNotes, name: string, extra: readonly string[]): LandingNotes {
  const column = Object.fromEntries(extra.map((columnName) => [columnName, name]))
  return { ...notes, extraColumns: { ...notes.extraColumns, ...column } }
}

/** Files that map to the declared columns in the same way are read together. */
function bySchema(claims: readonly ClaimedFile[]): ForeignGroup[] {
  const groups = new Map<string, { files: string[]; columns: readonly ForeignColumn[] }>()
  for (const { file, columns } of claims) {
    const key = JSON.stringify(columns)
    const group = groups.get(key) ?? { files: [], columns }
    group.files.push(file)
    groups.set(key, group)
  }
  return [...groups.values()]
}

import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { LakeError, systemCodeOf } from '../../errors.ts'
import { syncAll, syncLasting } from '../../files/barriers.ts'
import type { Disk } from '../../files/disk.ts'
import { ensureFolder } from '../../files/folders.ts'
import { fits, isLeftOutOr, isListOf, isMatching, isRecordOf } from '../../files/json.ts'
import { putBackFiles, type TakenFile, type TakenName, takeFile } from '../../files/moves.ts'
import { listFolder, mayChange, statOf } from '../../files/read.ts'
import { inTurns } from '../../files/turns.ts'
import { detailOf } from '../../stream/position.ts'
import type { Position, Range } from '../../stream/source.ts'
import { positionOf, readRecord } from '../../tables/record.ts'
import { archiveOf, BatchArchive, listArchive } from './archive.ts'
import { clearIntent, makeAway, readAway } from './awayFolder.ts'
import type { ClaimPlaces } from './places.ts'

/**
 * The claims of a landing stream: files that were renamed out of their writers' reach, in a folder for each batch,
 * until they are archived or deleted.
 *
 * A claim is one rename, so claims are on the landing folder's file system: in the checkpoint if that is also the
 * lake's, otherwise in `_claimed.<id>/` in the landing folder itself. DuckDB reads them where they are: nothing is
 * copied, so there is no second copy that could be taken again. A batch commits only after its folder of claims and the
 * landing folder are synced, whichever disk they are on. After a crash or a power cut:
 *
 * - before the commit, a file is in the landing folder or among the claims of the next batch, which takes it once;
 * - after it, the file may also be in the archive: the record names it, and the next start archives what is still
 * claimed;
 * - a disk that is not mounted at a start is noticed, because `claims.json` in the checkpoint names a folder that must
 * be on it: the stream does not continue past batches whose claims it cannot reach.
 */
export class LandingClaims {
  readonly #places: ClaimPlaces
  #root: string
  /** The archive's folder that the last batch went to; it becomes durable with the claims of the next one. */
  #archived: string | undefined

  private constructor(places: ClaimPlaces, root: string) {
    this.#places = places
    this.#root = root
  }

  /** @throws LakeError LAKE_DISK_UNSUITABLE where claims and landing folder are on two file systems */
  static async open(places: ClaimPlaces): Promise<LandingClaims> {
    const { disk, folder, checkpoint, lakeFolder } = places
    const away = await readAway(places)
    const root = away === undefined ? checkpoint.claimed : join(folder, away)
    await clearIntent(places, away)
    if (away !== undefined && (await statOf(root)) === undefined) throw missingError(folder, away)
    for (const place of [checkpoint.staging, folder]) await disk.removeFile(join(place, PROBE))
    // Claims must be able to go back, which only a trial shows. Without claims, the first file that is taken shows it.
    if (away === undefined && (await holdsFiles(root)) && !(await canRename(disk, checkpoint.staging, folder))) {
      throw movedError(places)
    }
    await ensureFolder(disk, lakeFolder, archiveOf(folder))
    if (!(await isOneFileSystem(archiveOf(folder), folder))) {
      throw new LakeError('LAKE_DISK_UNSUITABLE', `${archiveOf(folder)} is on another file system than ${folder}.`, {
        state: 'Nothing was taken.',
        remedy: 'Make it a plain folder: files are moved there by a rename.',
      })
    }
    return new LandingClaims(places, root)
  }

  folderOf(batch: number): string {
    return join(this.#root, String(batch))
  }

  /** Makes a batch's folder and makes it durable: a power cut must not keep a rename into it and lose the folder. */
  async begin(batch: number): Promise<void> {
    const { disk, folder } = this.#places
    try {
      await disk.makeFolder(this.folderOf(batch))
    } catch (error) {
      if ((await statOf(this.#root)) === undefined) throw missingError(folder, basename(this.#root))
      throw error
    }
    await disk.syncFolder(this.#root)
  }

  /** Removes the folder of a batch that has no claims. */
  async removeEmpty(batch: number): Promise<void> {
    const folder = this.folderOf(batch)
    const isEmpty = (await statOf(folder)) !== undefined && (await listFolder(folder)).length === 0
    if (isEmpty) await this.#places.disk.removeTree(folder)
  }

  /**
   * Claims a file as it is now. The claim is durable after `sync`.
   * @returns undefined if its writer has removed it; a reason if this one file cannot be moved
   */
  async take(name: string, batch: number): Promise<TakenFile | { readonly reason: string } | undefined> {
    const { disk, folder, checkpoint } = this.#places
    try {
      return await takeFile(disk, join(folder, name), this.folderOf(batch), name)
    } catch (error) {
      const code = systemCodeOf(error) ?? ''
      if (code === 'ENOENT' && (await statOf(join(folder, name))) === undefined) return undefined
      if (code === 'EXDEV' && this.#root === checkpoint.claimed) {
        await this.#moveAway(batch)
        return this.take(name, batch)
      }
      const says = UNMOVABLE[code]
      // If no file of the folder may be moved, the cause is not this one.
      if (says === undefined || !mayChange(folder) || !mayChange(this.folderOf(batch))) throw error
      return { reason: `it cannot be moved away: ${says} (${code})` }
    }
  }

  /** From now on, claims are made in the landing folder: it is on another file system than the lake. */
  async #moveAway(batch: number): Promise<void> {
    await this.removeEmpty(batch)
    if (await holdsFiles(this.#root)) throw movedError(this.#places)
    this.#root = await makeAway(this.#places)
    await this.begin(batch)
  }

  /** Claims cannot go back or to the archive if the landing folder has moved: no rename leaves a file system. */
  async #orMoved<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (systemCodeOf(error) === 'EXDEV') throw movedError(this.#places, error)
      throw error
    }
  }

  /** Makes the claims of a batch durable, and also that those of the batch before are gone. */
  async sync(batch: number): Promise<void> {
    const { disk, folder } = this.#places
    const archived = this.#archived
    // Somebody may have removed the archive: what is gone needs no sync.
    const isArchiveThere = archived !== undefined && (await statOf(archived)) !== undefined
    await syncLasting(disk, [], [folder, ...(isArchiveThere ? [archived] : []), this.#root, this.folderOf(batch)])
  }

  /** Puts files back into the landing folder. @returns the names that they have there, in order */
  async putBack(files: readonly TakenName[]): Promise<string[]> {
    const { disk, folder } = this.#places
    return (await this.#orMoved(() => putBackFiles(disk, files, folder))).map((path) => basename(path))
  }

  /** Archives or deletes the claimed files of a committed batch. */
  async drop(at: Position): Promise<void> {
    const { disk, folder, afterCommit } = this.#places
    const names = claimedNames(at)
    const claims = this.folderOf(at.batch)
    if ((await statOf(claims)) === undefined) return
    const archive = new BatchArchive(disk, folder, at)
    if (afterCommit === 'archive' && names.length > 0) await this.#openArchive(archive.folder)
    for await (const [index, { name }] of inTurns(names.entries())) {
      if (afterCommit === 'delete') await disk.removeFile(join(claims, name))
      else await this.#orMoved(() => archive.take(join(claims, name), name, index))
    }
    // A file that the record does not name must not be deleted: the next start puts it back.
    if ((await listFolder(claims)).length === 0) await disk.removeTree(claims)
  }

  /**
   * Finishes or undoes the claims that an earlier process left: files that their batch's record names are archived or
   * deleted, the others are put back.
   * @param last  the last batch that counts
   * @param keep  the batch whose claims stay: the next one
   */
  async recover(last: { readonly batch: number } | undefined, keep: number | undefined): Promise<void> {
    const { disk, checkpoint } = this.#places
    for (const { name } of await listFolder(this.#root)) {
      const batch = Number(name)
      if (batch === keep) {
        await this.removeEmpty(batch)
        continue
      }
      const isCommitted = last !== undefined && batch <= last.batch
      const record = isCommitted ? await readRecord(checkpoint.commits, batch) : undefined
      if (record !== undefined) await this.drop(positionOf(record))
      const left = await this.#claimedIn(batch)
      if (left.length > 0) await this.putBack(left)
      await disk.removeTree(this.folderOf(batch))
    }
  }

  /**
   * Makes durable what `recover` did: first that files are where they went, then that they are gone from the claims.
   */
  async syncRecovered(): Promise<void> {
    const { disk, folder } = this.#places
    const archive = archiveOf(folder)
    const days = (await listFolder(archive)).filter((entry) => entry.isDirectory())
    await syncAll(disk, [], [archive, ...days.map(({ name }) => join(archive, name))])
    await disk.syncFolder(this.#root)
  }

  /**
   * Moves every archived file back into the landing folder, to be taken again. May be cut short and started again: a
   * file that already has both names keeps the new one.
   */
  async reland(): Promise<void> {
    const { disk, folder } = this.#places
    const archived = await listArchive(folder)
    const files = archived.map(({ path, name }) => ({ file: path, name }))
    await putBackFiles(disk, files, folder)
    // On a file system without hard links they were renamed: the new names must be durable before the old are lost.
    await disk.syncFolder(folder)
    await syncAll(
      disk,
      [],
      files.map(({ file }) => dirname(file)),
    )
  }

  /** The claims of the next batch, except files whose putting back was cut short between link and removal. */
  async resume(batch: number): Promise<TakenName[]> {
    const { disk, folder } = this.#places
    const claimed = await this.#claimedIn(batch)
    if (claimed.length === 0) return []
    const landed = await namesByInode(folder)
    const isHalfBack = async ({ file, name }: TakenName): Promise<boolean> => {
      const stats = await statOf(file)
      const names = stats === undefined ? [] : (landed.get(inodeOf(stats)) ?? [])
      return names.includes(name)
    }
    const resumed: TakenName[] = []
    for await (const claim of inTurns(claimed)) {
      if (!(await isHalfBack(claim))) {
        resumed.push(claim)
        continue
      }
      // It has both names, and would be taken twice.
      await disk.syncFolder(folder)
      await disk.removeFile(claim.file)
    }
    return resumed
  }

  /** Makes the archive's folder for a day. Checks first whether it is there: making it costs several syncs in a row. */
  async #openArchive(folder: string): Promise<void> {
    const { disk, lakeFolder } = this.#places
    if (folder === this.#archived && (await statOf(folder)) !== undefined) return
    await ensureFolder(disk, lakeFolder, folder)
    this.#archived = folder
  }

  async #claimedIn(batch: number): Promise<TakenName[]> {
    const folder = this.folderOf(batch)
    return (await listFolder(folder)).map(({ name }) => ({ file: join(folder, name), name }))
  }
}

/** A plain name, which cannot lead out of its folder. */
const isClaimedFile = isRecordOf<{ readonly name: string }>({ name: isMatching(/^[^/]+$/, 'the name of a file') })

const isClaimedFiles = isLeftOutOr(isListOf(isClaimedFile))

/** The names of the files that a batch took, from what its record keeps of its range. */
export function namesIn(detail: Range['detail']): readonly string[] {
  const { files } = detail
  return fits(files, isClaimedFiles) ? (files ?? []).map(({ name }) => name) : []
}

function claimedNames(at: Position): readonly { readonly name: string }[] {
  return detailOf(at, 'files', isClaimedFiles) ?? []
}

/** System errors for a single file that cannot be moved although others in its folder can. */
const UNMOVABLE: Readonly<Record<string, string>> = {
  EPERM: 'operation not permitted',
  EACCES: 'permission denied',
  EBUSY: 'it is in use, or something is mounted on it',
  EXDEV: 'it belongs to another file system',
}

/** Whether a folder of claims holds any file. */
async function holdsFiles(root: string): Promise<boolean> {
  for (const { name } of await listFolder(root)) if ((await listFolder(join(root, name))).length > 0) return true
  return false
}

/** A file that is moved to see whether that works. */
const PROBE = '.lakeweir-probe'

/** Tries it, because device numbers do not tell: two mounts of one device share its number, but not renames. */
async function canRename(disk: Disk, from: string, to: string): Promise<boolean> {
  await disk.writeFile(join(from, PROBE), '')
  try {
    await disk.rename(join(from, PROBE), join(to, PROBE))
    await disk.removeFile(join(to, PROBE))
    return true
  } catch (error) {
    await disk.removeFile(join(from, PROBE))
    if (systemCodeOf(error) === 'EXDEV') return false
    throw error
  }
}

async function isOneFileSystem(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([stat(one), stat(other)])
  return a.dev === b.dev
}

function movedError({ folder, checkpoint }: ClaimPlaces, cause?: unknown): LakeError {
  return new LakeError('LAKE_DISK_UNSUITABLE', `${folder} has moved to another file system.`, {
    cause,
    state: `Files that were taken from it before are still in ${checkpoint.claimed}.`,
    remedy: 'Move the folder back to where it was, run the stream once, then move it again.',
  })
}

function missingError(folder: string, away: string): LakeError {
  return new LakeError('LAKE_DISK_UNSUITABLE', `${folder} is not the folder that files were taken from before.`, {
    state: `Nothing was taken: it has no ${away}, in which taken files are kept until their rows are committed.`,
    remedy: `Mount the file system that it was on. If that is gone for good: mkdir '${join(folder, away)}'`,
  })
}

async function namesByInode(folder: string): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>()
  for await (const { name } of inTurns(await listFolder(folder))) {
    const stats = await statOf(join(folder, name))
    if (stats?.isFile() === true) names.set(inodeOf(stats), [...(names.get(inodeOf(stats)) ?? []), name])
  }
  return names
}

function inodeOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`
}

import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { LakeError, systemCodeOf } from '../../errors.ts'
import { syncAll, syncLasting } from '../../files/barriers.ts'
import type { Disk } from '../../files/disk.ts'
import { ensureFolder } from '../../files/folders.ts'
import { isLeftOutOr, isListOf, isMatching, isRecordOf } from '../../files/json.ts'
import { putBackFiles, type TakenFile, type TakenName, takeFile } from '../../files/moves.ts'
import { listFolder, mayChange, statOf } from '../../files/read.ts'
import { inTurns } from '../../files/turns.ts'
import { detailOf } from '../../stream/position.ts'
import type { Position } from '../../stream/source.ts'
import { positionOf, readRecord } from '../../tables/record.ts'
import { archiveOf, BatchArchive, listArchive } from './archive.ts'
import { clearIntent, makeAway, readAway } from './awayFolder.ts'
import type { ClaimPlaces } from './places.ts'

/**
 * The files that a landing stream has taken and not let go of yet, in a folder for each batch.
 *
 * A claim is one rename, so claims stand on the file system of the landing folder: in the checkpoint where that is the
 * lake's, else in `_claimed.<id>/` of the landing folder itself, and DuckDB reads them from there. Nothing is copied,
 * so there is no second copy that could be taken again. A batch commits only after its folder of claims and the landing
 * folder are synced, whichever disk they are on. What a crash or a power cut leaves:
 *
 * - before the commit, a file is in the landing folder or among the claims of the batch to come: taken once, then;
 * - after it, it may also be in the archive: its record names it, and the next start archives what is still claimed;
 * - a disk that is not mounted at a start is missed, because `claims.json` in the checkpoint names the folder that must
 *   be on it: the stream does not go on past batches whose claims it cannot settle.
 */
export class LandingClaims {
  readonly #places: ClaimPlaces
  #root: string
  /** The archive's folder that the last batch went to; its names are durable with the next one's claims. */
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
    // What was taken must be able to go back, which only a trial shows; where nothing was, the first file to come does.
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

  /** Makes a batch's folder, before anything is in it: no power cut may keep a rename into a folder and lose that. */
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

  /** Removes the folder of a batch that has taken nothing: a later start would wonder what it is. */
  async removeEmpty(batch: number): Promise<void> {
    const folder = this.folderOf(batch)
    const isEmpty = (await statOf(folder)) !== undefined && (await listFolder(folder)).length === 0
    if (isEmpty) await this.#places.disk.removeTree(folder)
  }

  /**
   * Takes the file of a name as it stands. Durable after `sync`.
   * @returns undefined where its writer has taken it away, and a reason where it is one that cannot be moved
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
      // Where no file of the folder may be moved, it is not this one's fault.
      if (says === undefined || !mayChange(folder) || !mayChange(this.folderOf(batch))) throw error
      return { reason: `it may not be moved away: ${says} (${code})` }
    }
  }

  /** From now on claims stand in the landing folder: it is on another file system than the lake. */
  async #moveAway(batch: number): Promise<void> {
    await this.removeEmpty(batch)
    if (await holdsFiles(this.#root)) throw movedError(this.#places)
    this.#root = await makeAway(this.#places)
    await this.begin(batch)
  }

  /** What of ours is to go where the landing folder no longer is cannot: no rename leaves a file system. */
  async #orMoved<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (systemCodeOf(error) === 'EXDEV') throw movedError(this.#places, error)
      throw error
    }
  }

  /** Makes the claims of a batch durable, and with them that those of the batch before are gone. */
  async sync(batch: number): Promise<void> {
    const { disk, folder } = this.#places
    const archived = this.#archived
    // Somebody may have tidied the archive away: what is gone needs no sync.
    const isArchiveThere = archived !== undefined && (await statOf(archived)) !== undefined
    await syncLasting(disk, [], [folder, ...(isArchiveThere ? [archived] : []), this.#root, this.folderOf(batch)])
  }

  /** Gives files back to the landing folder. @returns the names that they have there, in order */
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
    // What the record does not name is not ours to delete: the next start puts it back.
    if ((await listFolder(claims)).length === 0) await disk.removeTree(claims)
  }

  /**
   * Settles the claims that an earlier process left: files that their batch's record names are done with, the others go
   * back under their names.
   * @param last  the last batch that counts
   * @param keep  a batch whose claims stay: the one to come
   */
  async settle(last: { readonly batch: number } | undefined, keep: number | undefined): Promise<void> {
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

  /** Makes what `settle` has done durable: first where files went to, then that they are gone from the claims. */
  async syncSettled(): Promise<void> {
    const { disk, folder } = this.#places
    const archive = archiveOf(folder)
    const days = (await listFolder(archive)).filter((entry) => entry.isDirectory())
    await syncAll(disk, [], [archive, ...days.map(({ name }) => join(archive, name))])
    await disk.syncFolder(this.#root)
  }

  /**
   * Moves every archived file back into the landing folder, to be taken again. May be cut short and begun again: a file
   * that has both names already keeps the new one.
   */
  async reland(): Promise<void> {
    const { disk, folder } = this.#places
    const archived = await listArchive(folder)
    const files = archived.map(({ path, name }) => ({ file: path, name }))
    await putBackFiles(disk, files, folder)
    // Where files cannot have two names they were renamed: the new name is made sure before the old one's absence.
    await disk.syncFolder(folder)
    await syncAll(
      disk,
      [],
      files.map(({ file }) => dirname(file)),
    )
  }

  /** The claims of the batch to come, without those whose putting back was cut short between link and removal. */
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
      // With both names it would be taken twice.
      await disk.syncFolder(folder)
      await disk.removeFile(claim.file)
    }
    return resumed
  }

  /** Makes the archive's folder of a day; looked up first, because making it sure costs syncs one after another. */
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

/** A name in a folder, and no way out of it. */
const isClaimedFile = isRecordOf<{ readonly name: string }>({ name: isMatching(/^[^/]+$/, 'the name of a file') })

const isClaimedFiles = isLeftOutOr(isListOf(isClaimedFile))

function claimedNames(at: Position): readonly { readonly name: string }[] {
  return detailOf(at, 'files', isClaimedFiles) ?? []
}

/** What the system says of a single file that it does not let go of, though others of its folder may be moved. */
const UNMOVABLE: Readonly<Record<string, string>> = {
  EPERM: 'operation not permitted',
  EACCES: 'permission denied',
  EBUSY: 'it is in use, or something is mounted on it',
  EXDEV: 'it belongs to another file system',
}

/** Whether a folder of claims by batch has any. */
async function holdsFiles(root: string): Promise<boolean> {
  for (const { name } of await listFolder(root)) if ((await listFolder(join(root, name))).length > 0) return true
  return false
}

/** A file that is moved to see whether that goes. */
const PROBE = '.lakeweir-probe'

/** Tried and not looked up: two mounts of one device have its number, and no rename leaves either of them. */
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
    remedy: 'Put it back where it was, run the stream once, then move it.',
  })
}

function missingError(folder: string, away: string): LakeError {
  return new LakeError('LAKE_DISK_UNSUITABLE', `${folder} is not the folder that files were taken from before.`, {
    state: `Nothing was taken: it has no ${away}, in which taken files stand until their rows are committed.`,
    remedy: `Mount the file system that it was on; if that is gone for good: mkdir '${join(folder, away)}'`,
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

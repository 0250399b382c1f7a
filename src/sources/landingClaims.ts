import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { LakeError, systemCodeOf } from '../errors.ts'
import type { Disk } from '../files/disk.ts'
import {
  ensureFolder,
  inTurns,
  putBackFiles,
  putIfAbsent,
  syncAll,
  syncStanding,
  type TakenFile,
  type TakenName,
  takeFile,
} from '../files/durable.ts'
import { listFolder, readText, statOf } from '../files/read.ts'
import type { Checkpoint } from '../stream/checkpoint.ts'
import { type CommitRecord, readRecord } from '../stream/record.ts'
import { archiveOf, BatchArchive, listArchive } from './landingArchive.ts'

/** Where the claims of a landing stream come from, stand and go. */
export interface ClaimPlaces {
  readonly disk: Disk
  readonly lakeFolder: string
  /** The landing folder. */
  readonly folder: string
  readonly checkpoint: Checkpoint
  /** What becomes of a file once its rows are in the table. */
  readonly afterwards: 'archive' | 'delete'
}

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
  readonly #root: string
  /** The archive's folder that the last batch went to; its names are durable with the next one's claims. */
  #archived: string | undefined

  private constructor(places: ClaimPlaces, root: string) {
    this.#places = places
    this.#root = root
  }

  /** @throws LakeError LAKE_DISK_UNSUITABLE where claims and landing folder are on two file systems */
  static async open(places: ClaimPlaces): Promise<LandingClaims> {
    const { disk, folder, checkpoint, lakeFolder } = places
    const away = await readAway(checkpoint)
    const root = away === undefined ? await chooseRoot(places) : join(folder, away)
    if (away !== undefined && (await statOf(root)) === undefined) throw missingError(folder, away)
    await ensureFolder(disk, lakeFolder, archiveOf(folder))
    if (!(await isOneFileSystem(archiveOf(folder), root))) {
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
    const { disk } = this.#places
    await disk.makeFolder(this.folderOf(batch))
    await disk.syncFolder(this.#root)
  }

  /**
   * Takes the file of a name as it stands. Durable after `sync`.
   * @returns undefined where its writer has taken it away
   */
  async take(name: string, batch: number): Promise<TakenFile | undefined> {
    const { disk, folder } = this.#places
    try {
      return await takeFile(disk, join(folder, name), this.folderOf(batch), name)
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT' && (await statOf(join(folder, name))) === undefined) return undefined
      throw error
    }
  }

  /** Makes the claims of a batch durable, and with them that those of the batch before are gone. */
  async sync(batch: number): Promise<void> {
    const { disk, folder } = this.#places
    const archived = this.#archived
    // Somebody may have tidied the archive away: what is gone needs no sync.
    const isArchiveThere = archived !== undefined && (await statOf(archived)) !== undefined
    await syncStanding(disk, [], [folder, ...(isArchiveThere ? [archived] : []), this.#root, this.folderOf(batch)])
  }

  /** Gives files back to the landing folder. @returns the names that they have there, in order */
  async putBack(files: readonly TakenName[]): Promise<string[]> {
    const { disk, folder } = this.#places
    return (await putBackFiles(disk, files, folder)).map((path) => basename(path))
  }

  /** Archives or deletes the claimed files that a record names. */
  async drop(record: CommitRecord): Promise<void> {
    const { disk, folder, afterwards } = this.#places
    const names = (record.source.detail.files as readonly { name: string }[] | undefined) ?? []
    const claims = this.folderOf(record.batch)
    if ((await statOf(claims)) === undefined) return
    const archive = new BatchArchive(disk, folder, record)
    if (afterwards === 'archive' && names.length > 0) await this.#openArchive(archive.folder)
    for await (const [index, { name }] of inTurns(names.entries())) {
      if (afterwards === 'delete') await disk.removeFile(join(claims, name))
      else await archive.take(join(claims, name), name, index)
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
  async settle(last: CommitRecord | undefined, keep: number | undefined): Promise<void> {
    const { disk, checkpoint } = this.#places
    for (const { name } of await listFolder(this.#root)) {
      const batch = Number(name)
      if (batch === keep) continue
      const isCommitted = last !== undefined && batch <= last.batch
      const record = isCommitted ? await readRecord(checkpoint.commits, batch) : undefined
      if (record !== undefined) await this.drop(record)
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

/** Where claims stand that a rename from the landing folder cannot bring into the checkpoint; names their folder. */
interface AwayFolder {
  readonly folder: string
}

function awayPath(checkpoint: Checkpoint): string {
  return join(checkpoint.folder, 'claims.json')
}

async function readAway(checkpoint: Checkpoint): Promise<string | undefined> {
  const text = await readText(awayPath(checkpoint))
  return text === undefined ? undefined : (JSON.parse(text) as AwayFolder).folder
}

/**
 * The folder of claims for a landing folder that has none of its own yet. The folder is durable before the file that
 * names it; a crash in between leaves an empty folder. From that file on the choice stands, also where the landing
 * folder comes to the lake's file system later: its claims come with it.
 */
async function chooseRoot({ disk, folder, checkpoint }: ClaimPlaces): Promise<string> {
  if (await canRename(disk, checkpoint.staging, folder)) return checkpoint.claimed
  if ((await listFolder(checkpoint.claimed)).length > 0) {
    throw new LakeError('LAKE_DISK_UNSUITABLE', `${folder} has moved to another file system.`, {
      state: `Files that were taken from it before are still in ${checkpoint.claimed}.`,
      remedy: 'Put it back where it was, run the stream once, then move it.',
    })
  }
  const away: AwayFolder = { folder: `_claimed.${randomUUID()}` }
  await disk.makeFolder(join(folder, away.folder))
  await disk.syncFolder(folder)
  await putIfAbsent(disk, checkpoint.staging, awayPath(checkpoint), `${JSON.stringify(away)}\n`)
  await disk.syncFolder(checkpoint.folder)
  return join(folder, away.folder)
}

/** Tried and not looked up: two mounts of one device have its number, and no rename leaves either of them. */
async function canRename(disk: Disk, from: string, to: string): Promise<boolean> {
  const probe = '.lakeweir-probe'
  await disk.removeFile(join(from, probe))
  await disk.writeFile(join(from, probe), '')
  try {
    await disk.rename(join(from, probe), join(to, probe))
    await disk.removeFile(join(to, probe))
    return true
  } catch (error) {
    await disk.removeFile(join(from, probe))
    if (systemCodeOf(error) === 'EXDEV') return false
    throw error
  }
}

async function isOneFileSystem(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([stat(one), stat(other)])
  return a.dev === b.dev
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

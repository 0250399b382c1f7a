import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { extname, join } from 'node:path'
import { LakeError, systemCodeOf } from '../errors.ts'
import type { Disk } from './disk.ts'
import { statOf } from './read.ts'
import { inTurns } from './turns.ts'

/**
 * Moves the file at `from` into `folder` under `name`, or where that is taken under `name` with `suffix`; never
 * replaces a file. No name is searched for: a folder may hold any number of files of one name. Link, then remove: a
 * crash in between leaves both names on one file, and a second call finds that out. Only for files that nobody else
 * writes: a name replaced in between would be removed unseen.
 * @param suffix  the same for a second call, and of no other file of that name
 * @returns the path it has now
 */
export async function moveWithoutReplacing(
  disk: Disk,
  from: string,
  folder: string,
  name: string,
  suffix: string,
): Promise<string> {
  for (const given of [name, suffixedName(name, suffix)]) {
    const target = join(folder, given)
    const outcome = await linkUnlessTaken(disk, from, target)
    if (outcome === 'no links') return (await takeFile(disk, from, folder, name, suffix)).file
    if (outcome === 'taken') continue
    await disk.removeFile(from)
    return target
  }
  throw inTheWay(`${join(folder, suffixedName(name, suffix))} stands where ${from} is to go.`)
}

function inTheWay(what: string): LakeError {
  return new LakeError('LAKE_VALUE_UNEXPECTED', what, {
    state: 'Nothing is lost: both names are as they were.',
    remedy: 'Move one of the two elsewhere, then start again.',
  })
}

/** A file that goes back to where it was taken. */
export interface TakenName {
  readonly file: string
  /** The name that it had there. */
  readonly name: string
}

/**
 * Moves files that nobody has a copy of: their new names are durable before the old ones go. A name that is taken
 * meanwhile stays its owner's; the file then comes back by one rename, under a name that nobody else gives.
 * @returns the path that each has now, in order
 */
export async function putBackFiles(disk: Disk, files: readonly TakenName[], folder: string): Promise<string[]> {
  const targets: string[] = []
  const linked: string[] = []
  for await (const { file, name } of inTurns(files)) {
    const target = join(folder, name)
    if ((await linkUnlessTaken(disk, file, target)) === 'linked') {
      targets.push(target)
      linked.push(file)
    } else {
      targets.push(await renameToNewName(disk, file, folder, name))
    }
  }
  if (linked.length > 0) await disk.syncFolder(folder)
  for await (const file of inTurns(linked)) await disk.removeFile(file)
  return targets
}

/** What systems say where a file cannot have two names: vfat, FUSE, and Linux of the files of other users. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/** Gives a file its second name, or finds that it has it already. */
async function linkUnlessTaken(disk: Disk, from: string, target: string): Promise<'linked' | 'taken' | 'no links'> {
  try {
    if ((await disk.link(from, target)) === 'linked') return 'linked'
  } catch (error) {
    if (NO_LINKS.has(systemCodeOf(error) ?? '')) return 'no links'
    throw error
  }
  return isOneFile(await statOf(from), await statOf(target)) ? 'linked' : 'taken'
}

/** Whether two names stand for one file. Numbers of files are given on each file system anew. */
export function isOneFile(
  one: Pick<Stats, 'dev' | 'ino'> | undefined,
  other: Pick<Stats, 'dev' | 'ino'> | undefined,
): boolean {
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev
}

/**
 * Into a folder where others write, without a link: only a name that nobody else would ever give is sure to be free
 * when the rename comes.
 */
async function renameToNewName(disk: Disk, from: string, folder: string, name: string): Promise<string> {
  const target = join(folder, suffixedName(name.replace(PUT_BACK, ''), ` (put back ${randomUUID()})`))
  await disk.rename(from, target)
  return target
}

const PUT_BACK = / \(put back [0-9a-f-]{36}\)(?=\.[^.]*$|$)/

/** The most bytes that a name may have, on every file system that matters. */
const MAX_NAME_BYTES = 255

/** `name` with something put before its extension; what is then too long loses the end of its stem. */
function suffixedName(name: string, suffix: string): string {
  const extension = extname(name)
  const characters = [...name.slice(0, name.length - extension.length)]
  const suffixed = (): string => characters.join('') + suffix + extension
  while (characters.length > 0 && Buffer.byteLength(suffixed()) > MAX_NAME_BYTES) characters.pop()
  return suffixed()
}

/** A file that was taken, and what stood at its name in that instant. */
export interface TakenFile {
  readonly file: string
  readonly stats: Stats
}

/**
 * Takes the file at `from`, which other programs may still replace or delete, into a folder of ours. One rename: what
 * stands at the name in that instant is what is taken, and a replacement that comes later stays where it is.
 * @param suffix  what the name gets where it is taken; of no other file of that name
 */
export async function takeFile(
  disk: Disk,
  from: string,
  folder: string,
  name: string,
  suffix = ` (${randomUUID()})`,
): Promise<TakenFile> {
  const isTaken = (await statOf(join(folder, name))) !== undefined
  const target = join(folder, isTaken ? suffixedName(name, suffix) : name)
  await disk.rename(from, target)
  const stats = await statOf(target)
  if (stats === undefined) {
    throw new LakeError('LAKE_VALUE_UNEXPECTED', `${target} is gone, to which ${from} was renamed just now.`, {
      state: 'Its rows are in no table.',
      remedy: 'See which other program works in that folder: none but the stream may.',
    })
  }
  // POSIX: renaming one name of a file onto another name of the same file does nothing and says so to nobody.
  if (stats.nlink > 1 && isOneFile(await statOf(from), stats)) {
    throw inTheWay(`${from} is still there after it was renamed to ${target}.`)
  }
  return { file: target, stats }
}

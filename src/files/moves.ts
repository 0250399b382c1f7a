import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { extname, join } from 'node:path'
import { LakeError, systemCodeOf } from '../errors.ts'
import type { Disk } from './disk.ts'
import { statOf } from './read.ts'
import { inTurns } from './turns.ts'

/**
 * Moves the file at `from` into `folder` as `name`, or as `name` with `suffix` if that name is taken; never replaces a
 * file. It does not search for a free name, because a folder may hold any number of files of one name. It links, then
 * removes: a crash in between leaves both names on one file, which a second call recognizes. Only for files that nobody
 * else writes: a file put at `from` in between would be removed unseen.
 * @param suffix  the same when the call is repeated, and given to no other file of that name
 * @returns the new path
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
  throw inTheWay(`${from} cannot be moved to ${join(folder, suffixedName(name, suffix))}: that name is taken.`)
}

function inTheWay(what: string): LakeError {
  return new LakeError('LAKE_VALUE_UNEXPECTED', what, {
    state: 'Nothing is lost: both names are as they were.',
    remedy: 'Move one of the two elsewhere, then start again.',
  })
}

/** A file that goes back to the folder from which it was taken. */
export interface TakenName {
  readonly file: string
  /** The name that it had there. */
  readonly name: string
}

/**
 * Moves files back. There is no copy of them, so the new names are durable before the old ones are removed. If another
 * file has taken a name in the meantime, that file is left alone, and ours is renamed to a name that nobody else uses.
 * @returns the new path of each file, in order
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

/** Errors where a file cannot have a second name: on vfat, on FUSE, and on Linux for the files of other users. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/** Gives a file its second name, or finds that the file has it already. */
async function linkUnlessTaken(disk: Disk, from: string, target: string): Promise<'linked' | 'taken' | 'no links'> {
  try {
    if ((await disk.link(from, target)) === 'linked') return 'linked'
  } catch (error) {
    if (NO_LINKS.has(systemCodeOf(error) ?? '')) return 'no links'
    throw error
  }
  return isOneFile(await statOf(from), await statOf(target)) ? 'linked' : 'taken'
}

/** Whether two names belong to one file. Inode numbers are unique only within a file system. */
export function isOneFile(
  one: Pick<Stats, 'dev' | 'ino'> | undefined,
  other: Pick<Stats, 'dev' | 'ino'> | undefined,
): boolean {
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev
}

/**
 * For a folder where others write, and a file that could not be linked: only a name that nobody else would ever use is
 * sure to be free at the moment of the rename.
 */
async function renameToNewName(disk: Disk, from: string, folder: string, name: string): Promise<string> {
  const target = join(folder, suffixedName(name.replace(PUT_BACK, ''), ` (put back ${randomUUID()})`))
  await disk.rename(from, target)
  return target
}

const PUT_BACK = / \(put back [0-9a-f-]{36}\)(?=\.[^.]*$|$)/

/** A name of this many bytes is allowed on every file system that matters. */
const MAX_NAME_BYTES = 255

/** `name` with `suffix` before its extension. If that is too long, the end of the stem is cut off. */
function suffixedName(name: string, suffix: string): string {
  const extension = extname(name)
  const characters = [...name.slice(0, name.length - extension.length)]
  const suffixed = (): string => characters.join('') + suffix + extension
  while (characters.length > 0 && Buffer.byteLength(suffixed()) > MAX_NAME_BYTES) characters.pop()
  return suffixed()
}

/** A file that was taken, and what it was at that moment. */
export interface TakenFile {
  readonly file: string
  readonly stats: Stats
}

/**
 * Moves the file at `from`, which other programs may still replace or delete, into a folder of ours by one rename: the
 * file that has the name at that moment is taken, and one that replaces it later stays where it is.
 * @param suffix  added if the name is taken; given to no other file of that name
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
    throw new LakeError('LAKE_VALUE_UNEXPECTED', `${target} is gone, although ${from} was renamed to it just now.`, {
      state: 'Its rows are in no table.',
      remedy: 'Find out which other program works in that folder: only the stream may.',
    })
  }
  // POSIX: renaming one name of a file to another name of the same file does nothing, and reports success.
  if (stats.nlink > 1 && isOneFile(await statOf(from), stats)) {
    throw inTheWay(`${from} is still there after it was renamed to ${target}.`)
  }
  return { file: target, stats }
}

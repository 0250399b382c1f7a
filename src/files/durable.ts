import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { LakeError, messageOf, systemCodeOf } from '../errors.ts'
import type { Disk } from './disk.ts'
import { statOf, targetOf } from './read.ts'
import { temporaryName } from './temporaryNames.ts'

/**
 * Makes `path` and every missing folder above it, and makes each name below `top` durable in its parent, also of
 * folders that exist already: who made them may have died before the sync. `top` and what is above it are synced only
 * where they are made here; others may not be ours to open.
 */
export async function ensureFolder(disk: Disk, top: string, path: string): Promise<void> {
  const isBelow = path !== top && path.startsWith(top)
  if (isBelow || (await statOf(dirname(path))) === undefined) await ensureFolder(disk, top, dirname(path))
  const isMade = (await disk.makeFolder(path)) === 'made'
  if (!isMade && !isBelow) return
  if (!isMade && (await targetOf(path))?.isDirectory() !== true) throw notAFolder(path)
  const known = durableFolders.get(disk) ?? new Map<string, string>()
  durableFolders.set(disk, known)
  const identity = identityOf(await statOf(path))
  if (!isMade && known.get(path) === identity) return
  await disk.syncFolder(dirname(path))
  known.set(path, identity)
}

/** The system says of a name only that it is taken. */
function notAFolder(path: string): Error {
  return Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`), { code: 'ENOTDIR', path })
}

/**
 * Folders whose names this process has made durable, and which they were: a start comes by the same ones many times,
 * and one that is still the same keeps its name.
 */
const durableFolders = new WeakMap<Disk, Map<string, string>>()

function identityOf(stats: Stats | undefined): string {
  return [stats?.dev, stats?.ino, stats?.birthtimeMs].join(':')
}

/**
 * Writes a whole file under a temporary name in `staging` and makes its contents durable.
 * @returns its path, to be linked to the name it is meant for and then removed
 */
export async function writePassing(disk: Disk, staging: string, name: string, text: string): Promise<string> {
  const passing = join(staging, temporaryName(name))
  try {
    await disk.writeFile(passing, text)
    await disk.syncFile(passing)
  } catch (error) {
    await disk.removeFile(passing).catch(() => undefined) // what failed is told, not that it also stays
    throw error
  }
  return passing
}

/**
 * Puts a whole file at `path`, or nothing: it is written under a temporary name in `staging` (same file system), then
 * linked. Of several writers one wins and the others see 'exists'. The name itself is durable only after the caller
 * has synced the folder.
 */
export async function putIfAbsent(
  disk: Disk,
  staging: string,
  path: string,
  text: string,
): Promise<'linked' | 'exists'> {
  const passing = await writePassing(disk, staging, basename(path), text)
  const outcome = await disk.link(passing, path)
  await disk.removeFile(passing)
  return outcome
}

/**
 * Replaces a small file whose loss would do no harm: readers see the old or the new text, a power cut may bring back
 * the old one.
 */
export async function replaceFile(disk: Disk, path: string, text: string): Promise<void> {
  const passing = join(dirname(path), temporaryName(basename(path)))
  try {
    await disk.writeFile(passing, text)
    await disk.rename(passing, path)
  } catch (error) {
    await disk.removeFile(passing).catch(() => undefined) // what failed is told, not that it also stays
    throw error
  }
}

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

/** Syncs files and folders in parallel: one barrier. Every path is synced once. */
export async function syncAll(disk: Disk, files: Iterable<string>, folders: Iterable<string>): Promise<void> {
  const syncs = [
    ...[...new Set(files)].map((path) => () => disk.syncFile(path)),
    ...[...new Set(folders)].map((path) => () => disk.syncFolder(path)),
  ]
  await inParallel(syncs)
}

/** A file or folder that stands, and stays, could not be made durable. */
export class StandingSyncError extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause })
    this.name = 'StandingSyncError'
  }
}

/**
 * `syncAll` for what is not dropped after a failure. The kernel may tell of a failed fsync only once: a second one on
 * the same file would succeed and mean nothing, so nobody may try again.
 * @throws StandingSyncError
 */
export async function syncStanding(disk: Disk, files: Iterable<string>, folders: Iterable<string>): Promise<void> {
  try {
    await syncAll(disk, files, folders)
  } catch (cause) {
    throw new StandingSyncError(cause)
  }
}

/** How many system calls of one barrier are under way at once; libuv's pool is the real limit. */
const PARALLEL_CALLS = 16

/** Runs every call, a bounded number at once; fails with the first error after all that had begun have ended. */
export async function inParallel(calls: readonly (() => Promise<unknown>)[]): Promise<void> {
  const queue = calls.values()
  const work = async (): Promise<void> => {
    for (const call of queue) await call()
  }
  const workers = Array.from({ length: Math.min(PARALLEL_CALLS, calls.length) }, work)
  for (const outcome of await Promise.allSettled(workers)) if (outcome.status === 'rejected') throw outcome.reason
}

/** Waits until all have ended, also where one fails; throws the first one's error before the second's. */
export async function allEnded<Each extends readonly Promise<unknown>[]>(
  ...all: Each
): Promise<{ -readonly [Index in keyof Each]: Awaited<Each[Index]> }> {
  await Promise.allSettled(all)
  return Promise.all(all)
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

/** After how many items of a long list signals and timers get their turn. */
const ITEMS_A_TURN = 100

/** The items of a list that may be long; calls that end in place would otherwise keep Ctrl-C waiting to its end. */
export async function* inTurns<T>(items: Iterable<T>): AsyncGenerator<T> {
  let count = 0
  for (const item of items) {
    yield item
    count += 1
    if (count % ITEMS_A_TURN === 0) await new Promise<void>((resolve) => setImmediate(resolve))
  }
}

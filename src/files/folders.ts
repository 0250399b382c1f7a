import type { Stats } from 'node:fs'
import { dirname } from 'node:path'
import type { Disk } from './disk.ts'
import { statOf, targetOf } from './read.ts'

/**
 * Makes `path` and every missing folder above it. Each name below `top` is made durable in its parent, even if the
 * folder exists already: the process that made it may have died before the sync. The names of `top` and of folders
 * above it are synced only if they are made here; we may not be allowed to open the parents of others.
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

/** The system only says that the name is taken, not that a file has it. */
function notAFolder(path: string): Error {
  return Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`), { code: 'ENOTDIR', path })
}

/**
 * The folders whose names this process has made durable, with their identity. A start passes the same folders many
 * times; a folder that is still the same need not be synced again.
 */
const durableFolders = new WeakMap<Disk, Map<string, string>>()

function identityOf(stats: Stats | undefined): string {
  return [stats?.dev, stats?.ino, stats?.birthtimeMs].join(':')
}

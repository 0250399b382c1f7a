import type { Stats } from 'node:fs'
import { dirname } from 'node:path'
import type { Disk } from './disk.ts'
import { statOf, targetOf } from './read.ts'

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

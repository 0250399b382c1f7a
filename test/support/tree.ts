import { createHash } from 'node:crypto'
import {
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  type Stats,
  utimesSync,
} from 'node:fs'
import { join } from 'node:path'
import { systemCodeOf } from '../../src/errors.ts'

/** A name in a tree of folders. */
export interface TreeEntry {
  /** Below the top. */
  readonly path: string
  readonly kind: 'file' | 'folder' | 'other'
}

/** Every name below `top`, folders before what they hold, in name order; none where `top` is missing. */
export function listTree(top: string): TreeEntry[] {
  const entries: TreeEntry[] = []
  const walk = (below: string): void => {
    for (const entry of readdirSync(join(top, below), { withFileTypes: true }).sort(byName)) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      const kind = entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other'
      entries.push({ path, kind })
      if (kind === 'folder') walk(path)
    }
  }
  if (lstatSync(top, { throwIfNoEntry: false }) !== undefined) walk('')
  return entries
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1
}

/**
 * Makes `to` what `from` is, hard links and times included; a missing `from` makes a missing `to`. A file that goes
 * meanwhile, as DuckDB removes what a failed COPY has written, is left out: a crash may come after that.
 */
export function copyTree(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true })
  if (lstatSync(from, { throwIfNoEntry: false }) === undefined) return
  mkdirSync(to, { recursive: true })
  const copies = new Map<number, string>()
  for (const { path, kind } of listTree(from)) {
    if (kind === 'folder') mkdirSync(join(to, path))
    const stats = kind === 'file' ? lstatSync(join(from, path), { throwIfNoEntry: false }) : undefined
    if (stats === undefined) continue
    const copied = copies.get(stats.ino)
    if (copied !== undefined) linkSync(copied, join(to, path))
    else copyIfThere(join(from, path), join(to, path), stats)
    if (stats.nlink > 1) copies.set(stats.ino, join(to, path))
  }
}

function copyIfThere(from: string, to: string, { atimeMs, mtimeMs }: Stats): void {
  try {
    copyFileSync(from, to)
    utimesSync(to, atimeMs / 1000, mtimeMs / 1000)
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error
  }
}

/** Changes whenever a name, a link or a file below `top` does; cheap, for one tree over a short time. */
export function treeFingerprint(top: string): string {
  return listTree(top)
    .map(({ path }) => {
      const stats = lstatSync(join(top, path), { bigint: true, throwIfNoEntry: false })
      if (stats === undefined) return ''
      return stats.isDirectory() ? `${path}/` : `${path}:${stats.ino}:${stats.size}:${stats.mtimeNs}`
    })
    .join('\n')
}

/** Path → hash of the contents, for every file that `isCounted`: equal maps are equal trees. */
export function fileHashes(top: string, isCounted: (path: string) => boolean = () => true): Record<string, string> {
  return Object.fromEntries(
    listTree(top)
      .filter(({ path, kind }) => kind === 'file' && isCounted(path))
      .map(({ path }) => [
        path,
        createHash('sha256')
          .update(readFileSync(join(top, path)))
          .digest('hex'),
      ]),
  )
}

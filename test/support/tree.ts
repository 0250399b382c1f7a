import { createHash } from 'node:crypto'
import { copyFileSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

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

/** Makes `to` what `from` is, hard links and times included; a missing `from` makes a missing `to`. */
export function copyTree(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true })
  if (lstatSync(from, { throwIfNoEntry: false }) === undefined) return
  mkdirSync(to, { recursive: true })
  const copies = new Map<number, string>()
  for (const { path, kind } of listTree(from)) {
    if (kind === 'folder') mkdirSync(join(to, path))
    if (kind !== 'file') continue
    const { ino, nlink } = lstatSync(join(from, path))
    const copied = copies.get(ino)
    if (copied !== undefined) linkSync(copied, join(to, path))
    else copyFileSync(join(from, path), join(to, path))
    if (nlink > 1) copies.set(ino, join(to, path))
  }
}

/** Changes whenever a name, a link or a file below `top` does; cheap, for one tree over a short time. */
export function treeFingerprint(top: string): string {
  return listTree(top)
    .map(({ path }) => {
      const { ino, size, mtimeNs } = lstatSync(join(top, path), { bigint: true })
      return lstatSync(join(top, path)).isDirectory() ? `${path}/` : `${path}:${ino}:${size}:${mtimeNs}`
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

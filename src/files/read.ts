import {
  closeSync,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  type Stats,
} from 'node:fs'
import { systemCodeOf } from '../errors.ts'

// In place, not by libuv's pool: see nodeDisk.

/** The entries of a folder in name order; none where the folder is missing. */
export async function listFolder(path: string): Promise<Dirent[]> {
  const entries = orMissing(() => readdirSync(path, { withFileTypes: true }), [])
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The text of a file, or undefined where it is missing. */
export async function readText(path: string): Promise<string | undefined> {
  return orMissing(() => readFileSync(path, 'utf8'), undefined)
}

/** What stands at a path itself (links are not followed), or undefined where nothing does. */
export async function statOf(path: string): Promise<Stats | undefined> {
  return orMissing(() => lstatSync(path, { throwIfNoEntry: false }), undefined)
}

/** The first and the last bytes of a file, and how many it has. */
export async function readEnds(path: string, bytes: number): Promise<{ size: number; first: string; last: string }> {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const read = (position: number): string => {
      const buffer = Buffer.alloc(Math.min(bytes, size))
      return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, position))
    }
    return { size, first: read(0), last: read(Math.max(0, size - bytes)) }
  } finally {
    closeSync(file)
  }
}

function orMissing<T, M>(read: () => T, missing: M): T | M {
  try {
    return read()
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ENOTDIR') return missing
    throw error
  }
}

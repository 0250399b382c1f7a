import type { Dirent, Stats } from 'node:fs'
import { lstat, readdir, readFile } from 'node:fs/promises'
import { systemCodeOf } from '../errors.ts'

/** The entries of a folder in name order; none where the folder is missing. */
export async function listFolder(path: string): Promise<Dirent[]> {
  const entries = await orMissing(readdir(path, { withFileTypes: true }), [])
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The text of a file, or undefined where it is missing. */
export async function readText(path: string): Promise<string | undefined> {
  return orMissing(readFile(path, 'utf8'), undefined)
}

/** What stands at a path itself (links are not followed), or undefined where nothing does. */
export async function statOf(path: string): Promise<Stats | undefined> {
  return orMissing(lstat(path), undefined)
}

async function orMissing<T, M>(read: Promise<T>, missing: M): Promise<T | M> {
  try {
    return await read
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ENOTDIR') return missing
    throw error
  }
}

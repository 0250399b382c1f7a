import { basename, join } from 'node:path'
import { listTree } from './tree.ts'

/** Paths of the files in the archive of a landing folder, each below the folder of its day. */
export function archivedPaths(landing: string): string[] {
  const archive = join(landing, '_archive')
  return listTree(archive)
    .filter(({ kind }) => kind === 'file')
    .map(({ path }) => join(archive, path))
}

/** Their names in order; a suffix is left out, since a crash may put a file into a later batch: `daily (*).parquet`. */
export function archivedNames(landing: string): string[] {
  return archivedPaths(landing)
    .map((path) => basename(path).replace(/ \(\d+\.\d+\.[0-9a-f]{8}\)/, ' (*)'))
    .sort()
}

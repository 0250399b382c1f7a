import { type AddFile, type Commit, decodePath } from '../../delta/actions.ts'
import type { TableOffset } from './offset.ts'

// What the commits of a table mean to a stream that follows it, decided from the commits alone.

/** A file that a commit appends. */
export type AppendedFile = Pick<AddFile, 'size' | 'partitionValues' | 'deletionVector'> & {
  readonly version: number
  /** Decoded, relative to the table's folder. */
  readonly path: string
  /** From the log; undefined if its writer left it out. */
  readonly rows: number | undefined
}

/**
 * The files that a commit appends, in its own order. A commit that only moves rows between files appends none.
 * @param done  if the version was read in part: the path up to which it was read, in name order
 */
export function appendedFiles(commit: Commit, done: string | null = null): AppendedFile[] {
  return commit.adds
    .filter(({ dataChange }) => dataChange)
    .map(({ path, size, rows, partitionValues, deletionVector }) => ({
      version: commit.version,
      path: decodePath(path),
      size,
      rows,
      partitionValues,
      deletionVector,
    }))
    .filter(({ path }) => done === null || path > done)
}

/** The first path that is among `known`, or occurs in `paths` for the second time. */
export function firstTwice(paths: readonly string[], known: ReadonlySet<string>): string | undefined {
  const seen = new Set<string>()
  return paths.find((path) => {
    if (known.has(path) || seen.has(path)) return true
    seen.add(path)
    return false
  })
}

/** A file's place in the log. */
interface PlacedFile {
  readonly version: number
  readonly path: string
  readonly isSnapshot: boolean
}

/** The place after the last file of a range. @param next  the file after it, if it has been read ahead */
export function offsetAfter(
  last: PlacedFile,
  next: PlacedFile | undefined,
): Pick<TableOffset, 'version' | 'path' | 'isSnapshot'> {
  const isWholeVersion = next === undefined || next.version !== last.version
  return {
    version: last.version,
    path: isWholeVersion ? null : last.path,
    isSnapshot: last.isSnapshot && !isWholeVersion,
  }
}

/** Files of one version are read in name order. */
export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0
}

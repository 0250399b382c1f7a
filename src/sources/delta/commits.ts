import { type AddFile, type Commit, decodePath, ENGINE_INFO } from '../../delta/actions.ts'
import { streamOf } from '../../stream/streamId.ts'
import type { TableOffset } from './offset.ts'

// What the commits of a table mean to a stream that follows it, decided from the commits alone.

/** A file that a commit appends. */
export type AppendedFile = Pick<AddFile, 'size'> & {
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
    .map(({ path, size, rows }) => ({ version: commit.version, path: decodePath(path), size, rows }))
    .filter(({ path }) => done === null || path > done)
}

/** Whether a stream of ours wrote a commit and counted its rows; the counts of other writers are only hints. */
export function isCounted({ engineInfo }: Commit): boolean {
  return engineInfo?.startsWith(ENGINE_INFO) === true
}

/** What a commit does to rows that were there before; undefined if it only appends or moves rows. */
export function changeIn(commit: Commit): string | undefined {
  if (commit.operation === 'RESTORE') return 'restores an older version'
  const removed = commit.removes.find(({ dataChange }) => dataChange)
  return removed === undefined ? undefined : `removes rows (file ${removed.path})`
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

/** What is wrong with a commit of ours that repeats a batch: it is a copy. `snapshot.sql` rejects it, too. */
export function copiedBatch(commit: Commit, newestBatches: ReadonlyMap<string, number>): string | undefined {
  if (!isCounted(commit)) return undefined
  const newest = new Map(newestBatches)
  for (const { appId, version: batch } of commit.txns) {
    const before = newest.get(appId)
    if (before !== undefined && batch <= before) {
      return `has batch ${batch} of stream ${streamOf(appId)}, but an earlier commit has batch ${before}`
    }
    newest.set(appId, batch)
  }
  return undefined
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

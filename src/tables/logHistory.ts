import type { Commit, TableIdentity } from '../delta/actions.ts'
import type { DeltaLog } from '../delta/log.ts'
import { commitHash } from './logCommits.ts'

/** A place in the log of a table up to which somebody has read it. */
export interface LogPlace {
  readonly tableId: string
  readonly version: number
  /** Hash of the JSON of `version`: if it differs later, the table has another history. */
  readonly commitHash: string | null
}

/** How a log compares with a place up to which it was read. */
export type History =
  /** It goes on from there. `first`: as the table began; undefined if not both ends of what was read prove that. */
  | { readonly kind: 'continued'; readonly first: TableIdentity | undefined }
  | { readonly kind: 'gone' }
  | { readonly kind: 'behind'; readonly newest: number }
  /** Another commit has the number of the one that was read last. */
  | { readonly kind: 'rewritten' }
  /** The commit after that one is gone, although there are newer ones. */
  | { readonly kind: 'cleaned up' }

export async function historyOf(log: DeltaLog, place: LogPlace): Promise<History> {
  const newest = await log.newestVersion()
  if (newest === undefined) return { kind: 'gone' }
  if (newest < place.version) return { kind: 'behind', newest }
  const text = await log.readCommitText(place.version)
  const hash = text === undefined ? null : commitHash(text)
  if (hash !== null && place.commitHash !== null && hash !== place.commitHash) return { kind: 'rewritten' }
  const next = await log.readCommitText(place.version + 1)
  if (newest > place.version && next === undefined) return { kind: 'cleaned up' }
  const first = await log.readCommit(0)
  const isSure = hash !== null && place.commitHash !== null && first?.metaData?.id === place.tableId
  return { kind: 'continued', first: isSure ? first.metaData : undefined }
}

/**
 * The last version whose rows are those of this one: the commits in between only moved rows from file to file, or
 * changed settings, so that nobody has to read them.
 * @param last  where to stop; the end of the log where left out
 */
export async function lastOfSameRows(log: DeltaLog, version: number, last = Number.POSITIVE_INFINITY): Promise<number> {
  let same = version
  while (same < last) {
    const commit = await log.readCommit(same + 1)
    if (commit === undefined || isNews(commit)) break
    same += 1
  }
  return same
}

function isNews({ adds, removes, txns }: Commit): boolean {
  return txns.length > 0 || [...adds, ...removes].some(({ dataChange }) => dataChange)
}

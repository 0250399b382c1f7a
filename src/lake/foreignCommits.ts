import { commitFacts } from '../delta/commitFacts.ts'
import type { LakeTable } from '../tables/table.ts'
import { commitEntry, type HistoryEntry } from './history.ts'
import type { OpenLake } from './openLake.ts'
import { logOf } from './tableLogs.ts'

/**
 * The commits by which other programs changed rows that belong to a stream, newest first, as far as the log still has
 * them. A table that several streams may write takes appends of others too; that they take rows away is told there.
 * @param newest  look at so many commits; at all where left out
 */
export async function foreignCommitsIn(
  lake: OpenLake,
  table: LakeTable,
  newest = Number.POSITIVE_INFINITY,
): Promise<HistoryEntry[]> {
  const log = logOf(lake, table)
  const versions = (await log.versionsUpTo(Number.POSITIVE_INFINITY)).toReversed()
  const found: HistoryEntry[] = []
  for (const version of versions.slice(0, newest)) {
    // Only the first line of most commits is read: there may be ten thousand.
    if ((await commitFacts(log, version))?.isForeign !== true) continue
    const entry = await commitEntry(lake.config, log, version)
    if (entry !== undefined && concerns(table, entry)) found.push(entry)
  }
  return found
}

/** Whether a commit of another program changed rows that are no other program's. */
function concerns({ owner }: LakeTable, { changesRows, removedFiles, operation }: HistoryEntry): boolean {
  if (changesRows !== true) return false
  return owner !== null || (removedFiles ?? 0) > 0 || operation === 'RESTORE'
}

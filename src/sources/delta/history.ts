import { commitHash } from '../../tables/logCommits.ts'
import { differenceOf } from '../../tables/logTail.ts'
import type { TableOffset } from './offset.ts'
import { changedError, type SourceTable, tailedTable } from './sourceTable.ts'

/**
 * Asserts that the log still begins with what the stream has read.
 * @returns whether that is certain, and that the table is the declared one. It is not if the first commit or the last
 * one read, which would prove it, was cleaned up, or if columns were added in between
 * @throws LakeError LAKE_SOURCE_CHANGED
 */
export async function isSameHistory(of: SourceTable, offset: TableOffset): Promise<boolean> {
  const { log, table } = of
  const newest = await log.newestVersion()
  if (newest === undefined) throw changedError(table.name, 'its Delta log is gone')
  if (newest < offset.version) {
    throw changedError(table.name, `its newest version is ${newest}, but the stream has read up to ${offset.version}`)
  }
  const text = await log.readCommitText(offset.version)
  const hash = text === undefined ? null : commitHash(text)
  if (hash !== null && offset.commitHash !== null && hash !== offset.commitHash) {
    throw changedError(table.name, `version ${offset.version} is not the commit that the stream has read`)
  }
  const next = await log.readCommitText(offset.version + 1)
  if (newest > offset.version && next === undefined) {
    const version = offset.version + 1
    throw changedError(table.name, `version ${version} is gone from its log, but the stream has not read it`)
  }
  const first = await log.readCommit(0)
  const isSure = hash !== null && offset.commitHash !== null && first?.metaData?.id === offset.tableId
  return isSure && first?.metaData !== undefined && differenceOf(tailedTable(of), first.metaData) === undefined
}

import { createHash } from 'node:crypto'
import type { TableOffset } from './offset.ts'
import { changedError, differenceOf, type SourceTable } from './sourceTable.ts'

/** The hash by which a commit is known again. */
export function commitHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/**
 * That the log still begins as it was read.
 * @returns whether that is sure, and the table the declared one: the first commit and the last one read, which would
 *     tell, may be cleaned up, and columns that came later stand in neither
 * @throws LakeError LAKE_SOURCE_CHANGED
 */
export async function isSameHistory(of: SourceTable, offset: TableOffset): Promise<boolean> {
  const { log, table } = of
  const newest = await log.newestVersion()
  if (newest === undefined) throw changedError(table.name, 'its Delta log is gone')
  if (newest < offset.version) {
    throw changedError(table.name, `its newest version is ${newest}, the stream has read up to ${offset.version}`)
  }
  const text = await log.readCommitText(offset.version)
  const hash = text === undefined ? null : commitHash(text)
  if (hash !== null && offset.commitHash !== null && hash !== offset.commitHash) {
    throw changedError(table.name, `version ${offset.version} is not the commit that the stream has read`)
  }
  const next = await log.readCommitText(offset.version + 1)
  if (newest > offset.version && next === undefined) {
    const version = offset.version + 1
    throw changedError(table.name, `version ${version} is gone from its log, and the stream has not read it`)
  }
  const first = await log.readCommit(0)
  const isSure = hash !== null && offset.commitHash !== null && first?.metaData?.id === offset.tableId
  return isSure && first?.metaData !== undefined && differenceOf(of, first.metaData) === undefined
}

import { historyOf } from '../../tables/logHistory.ts'
import type { TableOffset } from './offset.ts'
import { changedError, differenceIn, type SourceTable } from './sourceTable.ts'

/**
 * Asserts that the log still begins with what the stream has read.
 * @returns whether that is certain, and that the table is the declared one. It is not if the first commit or the last
 * one read, which would prove it, was cleaned up, or if columns were added in between
 * @throws LakeError LAKE_SOURCE_CHANGED
 */
export async function isSameHistory(of: SourceTable, offset: TableOffset): Promise<boolean> {
  const { log } = of
  const history = await historyOf(log, offset)
  switch (history.kind) {
    case 'gone':
      throw changedError(of, 'its Delta log is gone')
    case 'behind': {
      const what = `its newest version is ${history.newest}, but the stream has read up to ${offset.version}`
      throw changedError(of, what)
    }
    case 'rewritten':
      throw changedError(of, `version ${offset.version} is not the commit that the stream has read`)
    case 'cleaned up': {
      const version = offset.version + 1
      throw changedError(of, `version ${version} is gone from its log, but the stream has not read it`)
    }
    case 'continued':
      return history.first !== undefined && differenceIn(of, history.first) === undefined
  }
}

import type { Session } from '../../duckdb/session.ts'
import type { SourceFile, SourceNow } from '../kind.ts'
import { inputOf } from './deltaFiles.ts'
import type { SourceTable } from './sourceTable.ts'
import { filesNow } from './tail.ts'

/** A table as it is now, as a stream that begins would read it. */
export async function sourceNow(of: SourceTable, session: Session): Promise<SourceNow> {
  const { version, files } = await filesNow(of, async () => session)
  return {
    version,
    log: of.log,
    columns: of.columns,
    skipsChanges: of.skipChangeCommits,
    files,
    inputOf: (isCounted: (file: SourceFile) => boolean) => {
      const counted = files.filter(isCounted)
      return counted.length === 0 ? undefined : inputOf(of, counted, of.isOfLake ? 'table' : 'delta')
    },
  }
}

import type { Session } from '../../duckdb/session.ts'
import { endOf } from '../../stream/position.ts'
import { type CommitRecord, positionOf } from '../../tables/record.ts'
import type { UnreadFiles } from '../kind.ts'
import { isTableOffset } from './offset.ts'
import type { SourceTable } from './sourceTable.ts'
import { TableTail } from './tail.ts'

/** The files of a table that a stream has not read after its last batch. */
export async function unreadFiles(
  of: SourceTable,
  last: CommitRecord | undefined,
  session: Session,
): Promise<UnreadFiles> {
  const after = last === undefined ? undefined : endOf(positionOf(last), isTableOffset)
  const files = await (await TableTail.open(of, after, async () => session)).all()
  return {
    paths: new Set(files.map(({ path }) => path)),
    rows: files.reduce((sum, file) => sum + file.rows, 0),
    files: files.length,
  }
}

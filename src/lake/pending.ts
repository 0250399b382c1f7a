import type { Session } from '../duckdb/session.ts'
import type { CommitRecord } from '../tables/record.ts'
import type { LakeStream } from './config/resolve.ts'
import type { OpenLake } from './openLake.ts'
import { deltaSourceOf } from './sources.ts'

/** What a stream has not read yet. */
export interface Pending {
  /** Paths as the source table's log names them. */
  readonly paths: ReadonlySet<string>
  readonly rows: number
  readonly files: number
}

/** The files of a stream's source table that come after a record. */
export async function pendingAfter(
  lake: OpenLake,
  stream: LakeStream,
  record: CommitRecord | undefined,
  session: Session,
): Promise<Pending> {
  const source = deltaSourceOf(lake, stream, session)
  await source.recover(record)
  const files = await source.filesAhead()
  return {
    paths: new Set(files.map(({ path }) => path)),
    rows: files.reduce((sum, file) => sum + file.rows, 0),
    files: files.length,
  }
}

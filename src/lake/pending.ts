import type { Session } from '../duckdb/session.ts'
import { type CommitRecord, readRecord, readTail } from '../tables/record.ts'
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

/** The last batch that a stream has committed, as its folder shows it; nothing is locked or repaired. */
export async function lastRecord(lake: OpenLake, stream: LakeStream): Promise<CommitRecord | undefined> {
  return (await readTail(lake.layout.checkpoint(stream).commits)).last
}

/** The record of one batch of a stream, if it is kept. */
export async function recordOf(lake: OpenLake, stream: LakeStream, batch: number): Promise<CommitRecord | undefined> {
  return readRecord(lake.layout.checkpoint(stream).commits, batch)
}

/** Tables that the config gave a stream after its last batch: it does not start until it is told to begin anew. */
export function neverWritten(stream: LakeStream, last: CommitRecord | undefined): string[] {
  if (last === undefined) return []
  const added = stream.into.filter(({ name }) => !Object.hasOwn(last.tables, name))
  return added.map(
    ({ name }) =>
      `table ${name} is in its \`into\`, but batch ${last.batch} was not split over it; ` +
      `build the stream's tables again: lakeweir run ${stream.name} --fresh`,
  )
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

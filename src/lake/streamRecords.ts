import { type CommitRecord, readRecord, readTail } from '../tables/record.ts'
import type { LakeStream } from './config/resolve.ts'
import type { OpenLake } from './openLake.ts'

/** The last batch that a stream has committed, as its folder shows it; locks and repairs nothing. */
export async function lastRecord(lake: OpenLake, stream: LakeStream): Promise<CommitRecord | undefined> {
  return (await readTail(lake.layout.checkpoint(stream).commits)).last
}

/** The record of one batch of a stream, if it is kept. */
export async function recordOf(lake: OpenLake, stream: LakeStream, batch: number): Promise<CommitRecord | undefined> {
  return readRecord(lake.layout.checkpoint(stream).commits, batch)
}

/** Tables that the config added to a stream after its last batch: it starts again only with `--fresh`. */
export function neverWritten(stream: LakeStream, last: CommitRecord | undefined): string[] {
  if (last === undefined) return []
  const added = stream.into.filter(({ name }) => !Object.hasOwn(last.tables, name))
  return added.map(
    ({ name }) =>
      `table ${name} is in its \`into\`, but batch ${last.batch} was made without it; ` +
      `rebuild the stream's tables: lakeweir run ${stream.name} --fresh`,
  )
}

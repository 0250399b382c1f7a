import type { TracedStream } from '../serving/follow/traced.ts'
import type { LakeStream } from './config/resolve.ts'
import type { OpenLake } from './openLake.ts'
import { logOf } from './tableLogs.ts'

/** A stream with the streams that feed it, for whoever looks up what its batches were made of. */
export function tracedStream(lake: OpenLake, stream: LakeStream): TracedStream {
  const { follows, landedFiles } = stream.source
  return {
    name: stream.name,
    checkpoint: lake.layout.checkpoint(stream),
    landedFiles,
    follows: follows && {
      name: follows.table.name,
      log: logOf(lake, follows.table),
      writers: lake.config.streams
        .filter(({ into }) => into.includes(follows.table))
        .map((writer) => tracedStream(lake, writer)),
      versionsIn: (start, end) => follows.versionsIn(start, end),
    },
  }
}

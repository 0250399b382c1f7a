import type { SourcePlace, SourceStatus } from '../sources/kind.ts'
import type { LakeStream } from './config/resolve.ts'
import type { OpenLake } from './openLake.ts'
import { logOf } from './tableLogs.ts'

/** The surroundings of a stream's source: its lake, its checkpoint and how to read tables. */
export function placeOf(lake: OpenLake, stream: LakeStream): SourcePlace {
  const { config, disk, clock, database, layout } = lake
  return {
    disk,
    clock,
    connect: () => database.connect(),
    root: config.root,
    checkpoint: layout.checkpoint(stream),
    below: (path) => layout.below(path),
    tableRef: (table) => ({ name: table.name, folder: layout.dataFolder(table), stream: null }),
    log: (table) => logOf(lake, table),
  }
}

/** What the sources of all streams show now, in the order of the config. */
export async function lookAtSources(lake: OpenLake): Promise<ReadonlyMap<LakeStream, SourceStatus>> {
  const found = new Map<LakeStream, SourceStatus>()
  for (const stream of lake.config.streams) found.set(stream, await stream.source.look(placeOf(lake, stream)))
  return found
}

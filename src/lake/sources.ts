import type { SourcePlace } from '../sources/kind.ts'
import type { LakeStream } from './config/resolve.ts'
import type { OpenLake } from './openLake.ts'
import { logOf } from './tableLogs.ts'

/** Where the source of a stream stands. */
export function placeOf(lake: OpenLake, stream: LakeStream): SourcePlace {
  const { config, disk, layout } = lake
  return {
    disk,
    root: config.root,
    checkpoint: layout.checkpoint(stream),
    below: (path) => layout.below(path),
    tableRef: (table) => ({ name: table.name, folder: layout.dataFolder(table), stream: null }),
    log: (table) => logOf(lake, table),
  }
}

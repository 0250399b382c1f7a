import { listBatches } from '../tables/record.ts'
import type { LakeTable } from '../tables/table.ts'
import type { OpenLake } from './openLake.ts'
import { lastRecord } from './streamRecords.ts'
import { logOf } from './tableLogs.ts'

/**
 * Whether a table is gone that a stream has written or read. A new, empty table in its place would hide the loss from
 * streams that begin there; without one, each stream refuses to start.
 */
export async function isLost(lake: OpenLake, table: LakeTable): Promise<boolean> {
  if ((await logOf(lake, table).newestVersion()) !== undefined) return false
  for (const stream of lake.config.streams) {
    if ((await listBatches(lake.layout.checkpoint(stream).commits)).length === 0) continue
    if (stream.into.includes(table)) return true
    // If the end of its last batch cannot be read, assume that it needs everything that it may read.
    const last = await lastRecord(lake, stream).catch(() => undefined)
    if (stream.source.needs(last?.source.end).some((need) => need.table === table)) return true
  }
  return false
}

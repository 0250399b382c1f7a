import { listBatches } from '../tables/record.ts'
import type { LakeTable } from './config/resolve.ts'
import type { OpenLake } from './openLake.ts'
import { logOf } from './tableLogs.ts'

/**
 * Whether a table is gone that a stream has written or read. An empty one in its place would hide the loss from
 * streams that begin there; without it each refuses to start.
 */
export async function isLost(lake: OpenLake, table: LakeTable): Promise<boolean> {
  if ((await logOf(lake, table).newestVersion()) !== undefined) return false
  const users = lake.config.streams.filter(({ into, from }) => {
    return into.includes(table) || (from.kind === 'deltaTable' && from.table === table.name)
  })
  const batches = await Promise.all(users.map((stream) => listBatches(lake.layout.checkpoint(stream).commits)))
  return batches.some((numbers) => numbers.length > 0)
}

import { statOf } from '../../files/read.ts'
import type { LakeTable } from '../../tables/table.ts'
import type { OpenLake } from '../openLake.ts'
import { lastRecord } from '../streamRecords.ts'

/**
 * The lowest version of a table that a stream which follows it still needs: it reads on from there, and compares that
 * commit with the one that it has read. −1: it is not known, so all of them are.
 */
export async function lowestNeeded(lake: OpenLake, table: LakeTable): Promise<number> {
  const { config, layout } = lake
  // How far the live aggregates are, only their own store says.
  if (config.live?.follows.into.includes(table) === true) return -1
  let lowest = Number.MAX_SAFE_INTEGER
  for (const stream of config.streams) {
    if (stream.source.follows?.table !== table) continue
    const last = await lastRecord(lake, stream)
    // One that has never run begins with what is there then.
    if (last === undefined && (await statOf(layout.checkpoint(stream).lockFile)) !== undefined) return -1
    if (last === undefined) continue
    for (const need of stream.source.needs(last.source.end)) {
      if (need.table === table) lowest = Math.min(lowest, need.fromVersion)
    }
  }
  return lowest
}

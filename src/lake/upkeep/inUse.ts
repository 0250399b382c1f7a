import { LakeError } from '../../errors.ts'
import { readerBelow } from '../../files/openFiles.ts'
import { realPathOf } from '../../files/read.ts'
import type { LakeTable } from '../../tables/table.ts'
import type { OpenLake } from '../openLake.ts'
import { isRunning } from './needs.ts'

/**
 * Asserts that nothing on this machine may be reading a table right now: no stream or server runs that reads or writes
 * it, and, where the system tells (Linux), no other program has one of its files open.
 * @throws LakeError LAKE_TABLE_HELD
 */
export async function assertUnused(lake: OpenLake, table: LakeTable): Promise<void> {
  for (const stream of lake.config.streams) {
    const isConcerned = stream.into.includes(table) || stream.source.follows?.table === table
    if (isConcerned && (await isRunning(lake, stream))) throw usedError(table, `stream ${stream.name} is running`)
  }
  const { live } = lake.config
  if (live?.follows.into.includes(table) === true) {
    const kind = await lake.storeReads.use(async (store) => store.kind)
    if (kind === 'held' || kind === 'own') throw usedError(table, 'the live aggregates are being kept or served')
  }
  const reader = readerBelow(realPathOf(lake.layout.data(table)) ?? lake.layout.data(table))
  if (reader !== undefined) throw usedError(table, `process ${reader} has a file of it open`)
}

function usedError({ name }: LakeTable, why: string): LakeError {
  return new LakeError('LAKE_TABLE_HELD', `replaced files of table ${name} may still be needed: ${why}.`, {
    state: 'Nothing was changed.',
    remedy: 'End it, then try again; or leave out --vacuum: the files go by themselves once their time is over.',
    canRetry: true,
  })
}

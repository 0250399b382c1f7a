import { createTable } from '../delta/table.ts'
import { retentionProperties } from '../delta/upkeep/logProperties.ts'
import { ensureFolder } from '../files/folders.ts'
import { removeDeadNames } from '../files/temporaryNames.ts'
import { knownError } from '../stream/failures.ts'
import { assertNotNewer } from '../tables/record.ts'
import { finishEmptying } from './emptyingList.ts'
import { isLost } from './lostTable.ts'
import type { OpenLake } from './openLake.ts'
import { logOf } from './tableLogs.ts'
import { removeLeftJoins } from './upkeep/tendedTable.ts'

/**
 * Prepares a lake and does work on it; closing the lake waits for the end. If the disk fails outside a batch, the error
 * says what is left.
 */
export async function withPrepared<T>(lake: OpenLake, work: () => Promise<T>): Promise<T> {
  return lake.lifetime.call(async () => {
    try {
      await prepare(lake)
      return await work()
    } catch (error) {
      const state = 'What was committed stays; the next run continues from there.'
      throw knownError(error, { state, after: ', then start again.' })
    }
  })
}

/** Finishes what was interrupted, an emptying or a joining of files, and makes tables that do not exist yet. */
export async function prepare(lake: OpenLake): Promise<void> {
  const { config, layout, disk, clock } = lake
  for (const stream of config.streams) await assertNotNewer(layout.checkpoint(stream).commits)
  await ensureFolder(disk, config.root, config.root)
  await finishEmptying(lake)
  await removeDeadNames(disk, config.root, clock.nowMs())
  const properties = retentionProperties(config.upkeep)
  for (const table of config.tables) {
    const staging = layout.checkpoints(table)
    await ensureFolder(disk, config.root, staging)
    await removeDeadNames(disk, staging, clock.nowMs())
    if (await isLost(lake, table)) continue
    await createTable(disk, config.root, logOf(lake, table), table, clock.nowMs(), staging, properties)
  }
  await removeLeftJoins(lake)
}

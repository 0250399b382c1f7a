import { join } from 'node:path'
import type { Session } from '../../duckdb/session.ts'
import { statOf } from '../../files/read.ts'
import { replaceFile } from '../../files/wholeFiles.ts'
import type { LakeTable } from '../../tables/table.ts'
import type { OpenLake } from '../openLake.ts'
import { TendedTable } from './tendedTable.ts'
import { vacuumArchives, vacuumTable } from './vacuum.ts'

/** Replaced files wait for at most so much longer than their time. */
const VACUUM_EVERY_MS = 86_400_000

/** Removes what is past its time, once a day and table. The first day begins when a table's files are first joined. */
export async function vacuumIfDue(lake: OpenLake, table: LakeTable, session: Session): Promise<void> {
  const { clock, config, disk, layout } = lake
  const everyMs = Math.min(VACUUM_EVERY_MS, config.upkeep.keepFilesMs)
  const folder = join(layout.checkpoints(table), '.upkeep')
  const mark = join(folder, 'vacuumed')
  const [markedMs, madeMs] = [(await statOf(mark))?.mtimeMs, (await statOf(folder))?.birthtimeMs]
  const lastMs = markedMs ?? madeMs
  if (lastMs === undefined || clock.nowMs() - lastMs < everyMs) return
  await TendedTable.alone(lake, table, async () => {
    await vacuumTable(lake, table, session, { retainMs: config.upkeep.keepFilesMs, isDry: false })
    await replaceFile(disk, mark, '')
  })
  await vacuumArchives(lake, false)
}

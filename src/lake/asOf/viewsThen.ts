import { READ_FEATURES } from '../../delta/features.ts'
import { type LiveFile, Snapshot } from '../../delta/snapshot.ts'
import type { Session } from '../../duckdb/session.ts'
import { leaveOutAfter, leaveOutFiles } from '../../duckdb/sql/asOf.ts'
import type { Sql } from '../../duckdb/sql/sql.ts'
import { LakeError } from '../../errors.ts'
import { targetOf } from '../../files/read.ts'
import type { LakeTable } from '../../tables/table.ts'
import { LIVE } from '../config/resolveLive.ts'
import { mayNameModels, modelsNamed } from '../live/namedModels.ts'
import type { OpenLake } from '../openLake.ts'
import { logOf, tableRefs } from '../tableLogs.ts'
import { type AsOf, type Floors, type Moment, noMoment, refsThen } from './asOf.ts'
import { momentAtBatch } from './atBatch.ts'
import { momentAtTime } from './atTime.ts'
import { keptOf, oldestWithFiles } from './kept.ts'

/**
 * Finds which version each table had then, replays their logs up to there in the session, and makes sure that their
 * files are still there.
 * @throws LakeError LAKE_ARGUMENT_INVALID with the oldest moment possible
 */
export async function replayMoment(lake: OpenLake, session: Session, asOf: AsOf): Promise<Moment> {
  const floors = new Map<LakeTable, number>()
  for (;;) {
    const moment = await resolved(lake, asOf, floors)
    const gone = await tableWithoutFiles(lake, session, moment)
    if (gone === undefined) return moment
    // Again, with what is known now: it throws, with the oldest moment that is possible.
    const floor = await floorOf(lake, gone.table)
    if (floor <= (floors.get(gone.table) ?? 0)) throw lostFile(gone.table, gone.file)
    floors.set(gone.table, floor)
  }
}

function resolved(lake: OpenLake, asOf: AsOf, floors: Floors): Promise<Moment> {
  if (!(asOf instanceof Date)) return momentAtBatch(lake, asOf, floors)
  const timeMs = asOf.getTime()
  if (Number.isNaN(timeMs)) throw noMoment('asOf is not a time: the Date is invalid.', 'Pass a valid Date.')
  return momentAtTime(lake, timeMs, floors)
}

/** A table of which a file is gone that it had then. */
async function tableWithoutFiles(
  lake: OpenLake,
  session: Session,
  moment: Moment,
): Promise<{ readonly table: LakeTable; readonly file: LiveFile } | undefined> {
  const { config, layout } = lake
  const snapshot = await Snapshot.load(session, config.root, refsThen(moment, tableRefs(config, layout)), READ_FEATURES)
  for (const [table] of moment.tables) {
    if (!snapshot.heads.has(table.name)) continue
    for (const file of await snapshot.liveFiles(table.name)) {
      if ((await targetOf(file.file)) === undefined) return { table, file }
    }
  }
  return undefined
}

async function floorOf(lake: OpenLake, table: LakeTable): Promise<number> {
  const { config, layout } = lake
  const log = logOf(lake, table)
  const kept = await keptOf(log)
  const ref = tableRefs(config, layout).find(({ name }) => name === table.name)
  return kept === undefined || ref === undefined ? 0 : oldestWithFiles(log, kept, config.root, ref)
}

function lostFile({ name }: LakeTable, { path, version }: LiveFile): LakeError {
  return new LakeError('LAKE_DATA_LOST', `table ${name}: file ${path} of version ${version} is gone from the disk.`, {
    state: 'Nothing was run.',
    remedy: 'No commit has removed it: put it back from a backup.',
  })
}

/** Leaves out what a stream had not read of its source; runs between the replay and the views. */
export function leaveOutStatements({ tables }: Moment): Sql[] {
  return [...tables].flatMap(([{ name }, then]) => {
    if (then.kind !== 'version' || then.leftOut === undefined) return []
    const { leftOut } = then
    return 'after' in leftOut ? [leaveOutAfter(name, leftOut.after)] : [leaveOutFiles(name, leftOut.paths)]
  })
}

/** @throws LakeError LAKE_ARGUMENT_INVALID for a query over live models, which are kept as they are now alone */
export async function assertNoModels({ config }: OpenLake, session: Session, sql: string): Promise<void> {
  if (config.live === undefined || !mayNameModels(sql)) return
  const named = await modelsNamed(session, sql)
  const model = config.live.relations.find((name) => named?.has(name.slice(LIVE.length + 1).toLowerCase()))
  if (model === undefined) return
  throw noMoment(
    `${model} cannot be had as of then: live models are kept as of their newest batch alone.`,
    `Query the tables instead; what a model selects from them is in its .sql file.`,
  )
}

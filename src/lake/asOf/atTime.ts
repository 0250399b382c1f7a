import type { DeltaLog } from '../../delta/log.ts'
import type { LakeTable } from '../../tables/table.ts'
import type { OpenLake } from '../openLake.ts'
import { logOf } from '../tableLogs.ts'
import { type Floors, type Moment, noMoment, type TableThen } from './asOf.ts'
import { commitTime, type Kept, keptOf } from './kept.ts'

/** A table at a time. */
interface Found {
  readonly table: LakeTable
  readonly state: TableThen
  /** The time of the oldest commit that is kept, in milliseconds since 1970; undefined for a table without a log. */
  readonly beginsMs: number | undefined
  /** Whether the table was older at that time than what is kept of it. */
  readonly isTooOld: boolean
}

/**
 * The lake as it was at a time: of each table the last version before the first commit that is later. Batches take a
 * while, so a commit may say an earlier time than the one before it; it was not there yet then.
 * @throws LakeError LAKE_ARGUMENT_INVALID with the oldest time possible
 */
export async function momentAtTime(lake: OpenLake, timeMs: number, floors: Floors): Promise<Moment> {
  const name = timeName(timeMs)
  if (timeMs > lake.clock.nowMs()) throw noMoment(`${name} is still to come.`, 'Leave it out to see the lake as it is.')
  const found: Found[] = []
  for (const table of lake.config.tables) found.push(await tableAt(lake, table, timeMs, floors))
  const begun = found.flatMap(({ beginsMs }) => beginsMs ?? [])
  const tooOld = found.filter(({ isTooOld }) => isTooOld)
  const [first] = tooOld
  if (first !== undefined) {
    const oldest = timeName(Math.max(...tooOld.flatMap(({ beginsMs }) => beginsMs ?? [])))
    throw noMoment(
      `${name} is older than what is kept: what ${first.table.name} was then is no longer there.`,
      `The oldest possible is ${oldest}.`,
    )
  }
  if (begun.length > 0 && found.every(({ state }) => state.kind === 'not yet')) {
    throw noMoment(`${name} is before the lake began.`, `The oldest possible is ${timeName(Math.min(...begun))}.`)
  }
  return { name, tables: new Map(found.map(({ table, state }) => [table, state])) }
}

async function tableAt(lake: OpenLake, table: LakeTable, timeMs: number, floors: Floors): Promise<Found> {
  const log = logOf(lake, table)
  const kept = await keptOf(log, floors.get(table))
  if (kept === undefined) return { table, state: { kind: 'not yet' }, beginsMs: undefined, isTooOld: false }
  const version = await versionAt(log, kept, timeMs)
  const [first] = kept.commits
  const beginsMs = first === undefined ? undefined : await commitTime(log, first)
  const state: TableThen = version < 0 ? { kind: 'not yet' } : { kind: 'version', version }
  return { table, state, beginsMs, isTooOld: version < kept.oldest && kept.oldest > 0 }
}

/** The last version before the first commit that is later than a time. */
async function versionAt(log: DeltaLog, { commits, newest }: Kept, timeMs: number): Promise<number> {
  for (const version of commits) {
    const ownMs = await commitTime(log, version)
    if (ownMs !== undefined && ownMs > timeMs) return version - 1
  }
  return newest
}

function timeName(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

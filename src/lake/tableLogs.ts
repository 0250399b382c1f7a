import { READ_FEATURES } from '../delta/features.ts'
import { DeltaLog } from '../delta/log.ts'
import { Snapshot, type TableRef } from '../delta/snapshot.ts'
import { assertTableMatches } from '../delta/table.ts'
import type { Session } from '../duckdb/session.ts'
import type { LakeTable } from '../tables/table.ts'
import type { ResolvedLake } from './config/resolve.ts'
import type { Layout } from './layout.ts'
import type { OpenLake } from './openLake.ts'
import { withRunSession } from './sessions.ts'

/** The log of a table, to which its streams append. */
export function logOf(lake: OpenLake, table: LakeTable): DeltaLog {
  return new DeltaLog(lake.disk, lake.layout.data(table), () =>
    withRunSession(lake, async (session) => {
      const head = (await newestOf(lake, session, [table])).head(table.name)
      assertTableMatches(table, head)
      return head
    }),
  )
}

/** The lake's tables in the form that a snapshot takes. */
export function tableRefs(lake: ResolvedLake, layout: Layout): TableRef[] {
  return lake.tables.map((table) => ({ name: table.name, folder: layout.dataFolder(table), stream: table.owner }))
}

/** The newest state of some tables, each by its own log, whatever batch the other tables of its stream have. */
export function newestOf(lake: OpenLake, session: Session, tables: readonly LakeTable[]): Promise<Snapshot> {
  const refs = tables.map((table) => ({ name: table.name, folder: lake.layout.dataFolder(table), stream: null }))
  return Snapshot.load(session, lake.config.root, refs, READ_FEATURES)
}

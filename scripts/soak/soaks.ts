import { soakDashboardMemory } from './dashboardMemory.ts'
import { soakFirstRows } from './firstRows.ts'
import type { Soak } from './soak.ts'
import { soakTables } from './tables.ts'
import { soakOf } from './testRuns.ts'

export const soaks: Readonly<Record<string, Soak>> = {
  firstRows: soakFirstRows,
  dashboardMemory: soakDashboardMemory,
  tables: soakTables,
  tinyFiles: soakOf('test/lake/upkeep/tinyFiles.test.ts', 100_000),
  storeSteps: soakOf('test/serving/store/liveStore.property.test.ts', 30),
  storeKills: soakOf('test/serving/store/kill.test.ts', 5),
  copyKills: soakOf('test/serving/copies/copyKills.test.ts', 3),
  serverAttacks: soakOf('test/server/guard/randomRequests.test.ts', 3_000),
  streamHub: soakOf('test/server/stream/randomVisits.test.ts', 200),
}

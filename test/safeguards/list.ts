import { delta } from './delta.ts'
import { duckdb } from './duckdb.ts'
import { emptying } from './emptying.ts'
import { enginePrograms } from './enginePrograms.ts'
import { engines } from './engines.ts'
import { files } from './files.ts'
import { firstRows } from './firstRows.ts'
import { following } from './following.ts'
import { guard } from './guard.ts'
import { lakeLive } from './lakeLive.ts'
import { landing } from './landing.ts'
import { landingClaims } from './landingClaims.ts'
import { liveStore } from './liveStore.ts'
import { liveModels } from './models.ts'
import { past } from './past.ts'
import { running } from './running.ts'
import type { Safeguard } from './safeguard.ts'
import { server } from './server.ts'
import { sourceTable } from './sourceTable.ts'
import { spark } from './spark.ts'
import { starting } from './starting.ts'
import { stream } from './stream.ts'
import { streamHub } from './streamHub.ts'
import { upkeep } from './upkeep.ts'
import { watching } from './watching.ts'

/** Every safeguard that we know of. `scripts/takeOut.ts` takes them out one at a time. */
export const safeguards: readonly Safeguard[] = [
  ...files,
  ...duckdb,
  ...delta,
  ...stream,
  ...starting,
  ...past,
  ...running,
  ...sourceTable,
  ...landing,
  ...landingClaims,
  ...lakeLive,
  ...engines,
  ...enginePrograms,
  ...spark,
  ...emptying,
  ...watching,
  ...liveModels,
  ...firstRows,
  ...following,
  ...guard,
  ...streamHub,
  ...liveStore,
  ...server,
  ...upkeep,
]

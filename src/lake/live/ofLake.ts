import type { Session } from '../../duckdb/session.ts'
import { LakeError } from '../../errors.ts'
import { readHead, readStoreCursor } from '../../serving/store/head.ts'
import { otherLakeError } from '../../serving/store/storeErrors.ts'
import type { ResolvedLive } from '../config/resolve.ts'
import { LIVE } from '../config/resolveLive.ts'
import type { OpenLake } from '../openLake.ts'
import { lastRecord } from '../streamRecords.ts'

/**
 * Asserts that an attached store has rows of this lake's stream: a run would find that it has not, but a query may
 * come first.
 * @throws LakeError LAKE_STORE_INVALID for a store of another lake, or of a stream that began anew
 */
export async function assertOfLake(lake: OpenLake, live: ResolvedLive, session: Session): Promise<void> {
  const { taken } = await readStoreCursor(session, live.store)
  const last = await lastRecord(lake, live.follows)
  if (taken === undefined || last === undefined || taken.streamId === last.streamId) return
  const head = await readHead(session)
  // A store moves with its lake; it is another's if its rows are.
  if (typeof head !== 'string' && head.lakeFolder !== lake.config.root)
    throw otherLakeError(live.store, head.lakeFolder)
  const what = `the store ${live.store} has rows of ${taken.streamId}, but the stream of this lake is ${last.streamId}.`
  throw new LakeError('LAKE_STORE_INVALID', what, {
    state: 'Nothing was run.',
    remedy: `If the tables are right as they are, build the models from them: lakeweir run ${LIVE}`,
  })
}

import { FollowSource } from '../../serving/follow/source.ts'
import type { LiveModel } from '../../serving/model.ts'
import { LiveStore } from '../../serving/store/liveStore.ts'
import type { StoreStart } from '../../serving/store/parts.ts'
import { HeldError } from '../../tables/checkpoint.ts'
import type { ResolvedLive } from '../config/resolve.ts'
import type { OpenLake } from '../openLake.ts'
import { soundModels } from './liveModels.ts'
import { heldWithServer } from './modelServer.ts'
import { noteSound } from './notedModels.ts'
import { followedBy, storePartsOf } from './storeParts.ts'

/** The live aggregates of a lake, whose store this process has open: nobody else can. */
export interface OpenedLive {
  readonly store: LiveStore
  readonly models: readonly LiveModel[]
  readonly source: FollowSource
  close(): Promise<void>
}

/**
 * Opens the live aggregates, to keep them or to serve them.
 * @param start  `rebuild`: makes the store anew
 * @throws LakeError LAKE_SQL_INVALID for a model that cannot be kept, LAKE_STREAM_HELD, LAKE_STORE_INVALID
 */
export async function openLive(lake: OpenLake, live: ResolvedLive, start: StoreStart): Promise<OpenedLive> {
  const models = await soundModels(lake.liveModels)
  await noteSound(lake, live)
  const source = new FollowSource(followedBy(lake, live))
  const parts = storePartsOf(lake, live, models, source)
  const [store, closed] = await lake.storeReads
    .own(() => LiveStore.open(parts, start))
    .catch(async (error: unknown) => {
      throw error instanceof HeldError ? await heldWithServer(lake, live, error) : error
    })
  return {
    store,
    models,
    source,
    close: async () => {
      closed()
      await store.close()
    },
  }
}

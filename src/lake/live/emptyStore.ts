import { statOf } from '../../files/read.ts'
import { FollowSource } from '../../serving/follow/source.ts'
import { removeStore } from '../../serving/store/storeFile.ts'
import { heldError } from '../../tables/checkpoint.ts'
import type { ResolvedLive } from '../config/resolve.ts'
import { LIVE } from '../config/resolveLive.ts'
import type { OpenLake } from '../openLake.ts'
import { followedBy, storePartsOf } from './storeParts.ts'

/** The store of live aggregates that an emptying removes: it is made again from the tables. */
export interface EmptiedStore {
  /** Its file, absolute. */
  readonly store: string
  readonly bytes: number
}

/** @throws LakeError LAKE_STREAM_HELD if a process keeps the live aggregates */
export function assertStoreFree(lake: OpenLake): Promise<void> {
  return lake.storeReads.use(async (store) => {
    if (store.kind === 'held') throw heldError(LIVE, store.processId)
    if (store.kind === 'own') throw heldError(LIVE, process.pid)
  })
}

/** What there is to remove, if anything is. */
export async function storeToEmpty({ store }: ResolvedLive): Promise<EmptiedStore | undefined> {
  const file = await statOf(store)
  return file === undefined ? undefined : { store, bytes: file.size + ((await statOf(`${store}.wal`))?.size ?? 0) }
}

/** Removes the store; does nothing where it is gone already. @throws LakeError LAKE_STREAM_HELD, LAKE_STORE_INVALID */
export function emptyStore(lake: OpenLake, live: ResolvedLive): Promise<void> {
  const parts = storePartsOf(lake, live, [], new FollowSource(followedBy(lake, live)))
  return lake.storeReads.alone(() => removeStore(parts))
}

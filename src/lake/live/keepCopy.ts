import type { CopyTarget } from '../../serving/copies/copy.ts'
import { type CopyState, Publisher } from '../../serving/copies/publisher.ts'
import { fromEnvironment } from '../../serving/environment.ts'
import type { LiveStore } from '../../serving/store/liveStore.ts'
import type { ResolvedLive } from '../config/resolve.ts'
import type { OpenLake } from '../openLake.ts'

/** The copy of a store, as long as a process keeps both. */
export interface KeptCopy {
  /** Undefined where the config names no copy. */
  readonly state: CopyState | undefined
  /** Ends it once it has what the store has, unless it cannot be reached. */
  end(): Promise<void>
}

/**
 * Keeps the copy that a config names beside the store.
 * @param onNote  told when it begins to fail, and when it works again
 * @throws LakeError LAKE_CONFIG_INVALID if its address is not in the environment
 */
export async function keepCopy(
  lake: OpenLake,
  { publishTo }: ResolvedLive,
  store: LiveStore,
  onNote: (text: string) => void,
): Promise<KeptCopy> {
  if (publishTo === undefined) return { state: undefined, end: async () => undefined }
  const target = await targetAt(fromEnvironment(publishTo.url, 'live.publishTo.url', lake.environment))
  const publisher = new Publisher({ source: store.changes, target, clock: lake.clock, onNote })
  const stop = new AbortController()
  const ended = publisher.run(stop.signal)
  return {
    get state() {
      return publisher.state
    },
    end: async () => {
      stop.abort()
      await ended
    },
  }
}

/** Loaded only here: few lakes have a copy. */
async function targetAt(url: string): Promise<CopyTarget> {
  const { postgresTarget } = await import('../../serving/copies/postgres/target.ts')
  return postgresTarget(url)
}

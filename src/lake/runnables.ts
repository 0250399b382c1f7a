import type { ResolvedLake } from './config/resolve.ts'
import { liveStream } from './live/liveStream.ts'
import type { OpenedLive } from './live/openLive.ts'
import type { Runnable } from './runnable.ts'
import { tableStream } from './tableStream.ts'

/**
 * All that a lake can run, in the order of the config.
 * @param opened  its live aggregates, where they are open already
 */
export function runnablesOf({ streams, live }: ResolvedLake, opened?: OpenedLive): readonly Runnable[] {
  return [...streams.map(tableStream), ...(live === undefined ? [] : [liveStream(live, opened)])]
}

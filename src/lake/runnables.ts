import type { ResolvedLake } from './config/resolve.ts'
import type { Runnable } from './runnable.ts'
import { tableStream } from './tableStream.ts'

/** All that a lake can run, in the order of the config. */
export function runnablesOf({ streams }: ResolvedLake): readonly Runnable[] {
  return streams.map(tableStream)
}

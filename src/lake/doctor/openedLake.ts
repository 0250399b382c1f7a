import { closeLake, type OpenLakeOptions, openLake } from '../openLake.ts'
import { LAKE_CHECKS } from './checks/index.ts'
import type { Check } from './finding.ts'
import { LakePlace } from './place.ts'

/** An open lake with the checks that look at it. */
export interface OpenedLake {
  readonly place: LakePlace
  readonly checks: readonly Check<LakePlace>[]
  close(): Promise<void>
}

export async function openForChecks(options: OpenLakeOptions, machine: string): Promise<OpenedLake> {
  const lake = await openLake(options)
  return { place: new LakePlace(lake, machine), checks: LAKE_CHECKS, close: () => closeLake(lake) }
}

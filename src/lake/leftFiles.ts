import { knownError } from '../stream/failures.ts'
import type { OpenLake } from './openLake.ts'
import { lookAtSources } from './sources.ts'

/** A file that is still in a landing folder. */
export interface LeftFile {
  readonly stream: string
  readonly name: string
  /** It cannot be taken, is not of the kind that is taken, or has not been taken yet. */
  readonly why: 'rejected' | 'ignored' | 'waiting'
  /** Empty for one that waits. */
  readonly reason: string
}

/** Every file that is left in the folder of a source, except names that begin with `_` or `.`. */
export async function leftFiles(lake: OpenLake): Promise<LeftFile[]> {
  lake.lifetime.assertOpen()
  const looks = await lookAtSources(lake).catch((cause: unknown) => {
    throw knownError(cause)
  })
  return [...looks].flatMap(([{ name: stream }, { rejected, ignored, waiting }]) => [
    ...rejected.map(({ name, reason }) => ({ stream, name, why: 'rejected' as const, reason })),
    ...ignored.map(({ name, reason }) => ({ stream, name, why: 'ignored' as const, reason })),
    ...waiting.map((name) => ({ stream, name, why: 'waiting' as const, reason: '' })),
  ])
}

/** Those that cannot be taken, as their streams last saw them. */
export async function rejectedFiles(lake: OpenLake): Promise<{ stream: string; name: string; reason: string }[]> {
  const left = await leftFiles(lake)
  return left.flatMap(({ why, stream, name, reason }) => (why === 'rejected' ? [{ stream, name, reason }] : []))
}

import type { SourceView } from '../sources/kind.ts'
import { knownError } from '../stream/failures.ts'
import type { LakeStream } from './config/resolve.ts'
import type { LeftFile } from './leftFile.ts'
import type { OpenLake } from './openLake.ts'
import { placeOf } from './sources.ts'

/** What the sources of all streams show, in the order of the config. */
export async function lookAtSources(lake: OpenLake): Promise<ReadonlyMap<LakeStream, SourceView>> {
  const views = new Map<LakeStream, SourceView>()
  for (const stream of lake.config.streams) views.set(stream, await stream.source.look(placeOf(lake, stream)))
  return views
}

/** Every file that is left in the folder of a source, but for names that begin with `_` or `.`. */
export async function leftFiles(lake: OpenLake): Promise<LeftFile[]> {
  lake.lifetime.assertOpen()
  const views = await lookAtSources(lake).catch((cause: unknown) => {
    throw knownError(cause)
  })
  return [...views].flatMap(([{ name: stream }, { rejected, ignored, waiting }]) => [
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

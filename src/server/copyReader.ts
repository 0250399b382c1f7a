import { LakeError } from '../errors.ts'
import type { ResolvedLive } from '../lake/config/resolve.ts'
import type { OpenLake } from '../lake/openLake.ts'
import { fromEnvironment } from '../serving/environment.ts'
import { suggestion } from '../words.ts'
import type { DialectReader } from './lakeDashboard.ts'

/**
 * Opens the copy of a lake's live aggregates.
 * @param kind  as the user says it: `postgres`
 * @throws LakeError LAKE_ARGUMENT_INVALID for a kind that there is no copy of, LAKE_COPY_FAILED, LAKE_CONFIG_INVALID
 */
export async function openCopy(lake: OpenLake, { publishTo }: ResolvedLive, kind: string): Promise<DialectReader> {
  if (publishTo === undefined || publishTo.kind !== kind) {
    const copies = publishTo === undefined ? [] : [publishTo.kind]
    throw new LakeError('LAKE_ARGUMENT_INVALID', `the lake has no copy "${kind}" to serve from.`, {
      remedy:
        copies.length === 0
          ? "Its config says where one is kept: live: { publishTo: postgres({ url: env('DATABASE_URL') }) }"
          : suggestion(kind, copies),
    })
  }
  const { PostgresReader } = await import('../serving/copies/postgres/reader.ts') // it needs a package that few have
  const url = fromEnvironment(publishTo.url, 'live.publishTo.url', lake.environment)
  return { reader: await PostgresReader.open(url, lake.clock), dialect: kind }
}

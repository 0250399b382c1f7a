import { tmpdir } from 'node:os'
import { spillFolder } from '../../duckdb/spillFolder.ts'
import type { Followed } from '../../serving/follow/followed.ts'
import type { FollowSource } from '../../serving/follow/source.ts'
import type { LiveModel } from '../../serving/model.ts'
import type { StoreParts } from '../../serving/store/parts.ts'
import type { ResolvedLive } from '../config/resolve.ts'
import { LIVE } from '../config/resolveLive.ts'
import { targetsOf } from '../engine.ts'
import type { OpenLake } from '../openLake.ts'
import { tracedStream } from '../tracedStream.ts'

/** DuckDB reads Parquet files with no less than this. */
const LEAST_DUCKDB_BYTES = 64e6

/** The stream whose batches the live aggregates take, and with what it is followed. */
export function followedBy(lake: OpenLake, { follows, eventTime }: ResolvedLive): Followed {
  const { config, disk, database } = lake
  return {
    follower: LIVE,
    stream: tracedStream(lake, follows),
    tables: targetsOf(lake, follows),
    lakeFolder: config.root,
    eventTime,
    disk,
    connect: () => database.connect(),
  }
}

/** What the store of a lake's live aggregates needs. */
export function storePartsOf(
  lake: OpenLake,
  live: ResolvedLive,
  models: readonly LiveModel[],
  source: FollowSource,
): StoreParts {
  const { config, disk, clock, database, layout } = lake
  const { follows, store, memoryBytes } = live
  const duckdbBytes = Math.max(LEAST_DUCKDB_BYTES, Math.floor(memoryBytes / 2))
  const references = new Set(models.flatMap((model) => model.references.map(({ file }) => file)))
  return {
    stream: LIVE,
    file: store,
    lakeFolder: config.root,
    follows: follows.name,
    sourceKind: source.kind,
    tables: follows.into,
    models,
    readable: { folders: follows.into.map((table) => layout.data(table)), files: [...references] },
    limits: { threads: database.limits.threads, memoryLimit: `${duckdbBytes}B` },
    spillFolder: spillFolder(tmpdir()),
    indexBytes: Math.max(0, memoryBytes - duckdbBytes),
    disk,
    clock,
    filesUpTo: (position) => source.filesUpTo(position),
  }
}

import type { Database, DatabaseOptions } from '../duckdb/session.ts'
import { SharedPrograms } from '../engines/program/keptProgram.ts'
import { type Disk, nodeDisk } from '../files/disk.ts'
import type { Environment } from '../serving/environment.ts'
import { type Clock, systemClock } from '../stream/clock.ts'
import { type LoadOptions, loadLake } from './config/load.ts'
import type { ResolvedLake } from './config/resolve.ts'
import { openDatabase } from './database.ts'
import { Layout } from './layout.ts'
import { Lifetime } from './lifetime.ts'
import { modelsOnce, type ReadModels } from './live/liveModels.ts'
import { openStoreFile } from './live/openStoreFile.ts'
import { StoreReads } from './live/storeReads.ts'
import { assertRootFits } from './root.ts'

/** An open lake: what all work on it shares. A plain value without methods, which functions take. */
export interface OpenLake {
  readonly config: ResolvedLake
  readonly layout: Layout
  readonly disk: Disk
  readonly clock: Clock
  readonly database: Database
  /** The models of its live aggregates; read when they are first asked for. */
  readonly liveModels: () => Promise<ReadModels>
  /** How the store of its live aggregates is read; nothing is there to read where it keeps none. */
  readonly storeReads: StoreReads
  /** Programs that streams and reports use together; each ends with the last that uses it. */
  readonly programs: SharedPrograms
  /** What `env('NAME')` in the config reads from. */
  readonly environment: Environment
  /** Which calls are under way, and whether it is still open. */
  readonly lifetime: Lifetime
}

export interface OpenLakeOptions extends LoadOptions {
  readonly database?: Partial<DatabaseOptions>
  readonly disk?: Disk
  readonly clock?: Clock
  /** That of the process where left out. */
  readonly environment?: Environment
}

/** Loads a config and opens its lake; writes nothing. @throws LakeError LAKE_CONFIG_INVALID, LAKE_SQL_INVALID */
export async function openLake(options: OpenLakeOptions = {}): Promise<OpenLake> {
  const { config, database } = await openDatabase(loadFitting(options), options.database)
  return {
    config,
    layout: new Layout(config.root),
    disk: options.disk ?? nodeDisk,
    clock: options.clock ?? systemClock,
    database,
    liveModels: modelsOnce(config, database),
    storeReads: new StoreReads(async () =>
      config.live === undefined ? { kind: 'missing' } : openStoreFile(config.live.store, database.limits),
    ),
    programs: new SharedPrograms(),
    environment: options.environment ?? process.env,
    lifetime: new Lifetime(),
  }
}

/** Loads a config and checks that a lake can be where it says. */
async function loadFitting(options: LoadOptions): Promise<ResolvedLake> {
  const config = await loadLake(options)
  await assertRootFits(config)
  return config
}

/**
 * Closes a lake. Interrupts queries that are under way, stops runs as their signal would, and waits for both to end.
 * Every later call fails with LAKE_CLOSED, except another `closeLake`.
 */
export function closeLake({ lifetime, database, storeReads }: OpenLake): Promise<void> {
  return lifetime.end(async () => {
    await storeReads.end()
    database.close()
  })
}

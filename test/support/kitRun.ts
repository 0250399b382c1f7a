import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Database } from '../../src/duckdb/session.ts'
import { duckdbEngine } from '../../src/engines/duckdb/kind.ts'
import type { EngineMeans } from '../../src/engines/kind.ts'
import { type KitOptions, type KitReport, tryEngine } from '../../src/engines/kit/kit.ts'
import { nodeDisk } from '../../src/files/disk.ts'
import { systemClock } from '../../src/stream/clock.ts'
import type { Engine } from '../../src/tables/engine.ts'
import { engineMeans } from './engineMeans.ts'
import { temporaryFolder } from './temporaryFolder.ts'

export interface KitRun {
  /** Where the cases have their folders. */
  readonly folder: string
  /** What an engine in this process works with. */
  readonly means: EngineMeans
  run(open: () => Promise<Engine>, options?: Partial<KitOptions>): Promise<KitReport>
}

/** All that the kit needs, for one test. */
export async function openKit(): Promise<KitRun> {
  const own = temporaryFolder()
  const database = await Database.open({ threads: 2, memoryLimit: '1GB', tempFolder: join(own, '.temp') })
  const session = await database.connect()
  onTestFinished(() => {
    session.close()
    database.close()
  })
  const folder = join(own, 'cases')
  mkdirSync(folder)
  const kitMeans = { session, disk: nodeDisk, clock: systemClock, folder }
  return {
    folder,
    means: engineMeans(database, own),
    run: (open, options) => tryEngine(open, kitMeans, { patienceMs: 60_000, ...options }),
  }
}

/** DuckDB in this process, with something about it changed. */
export async function changedEngine(means: EngineMeans, change: (engine: Engine) => Partial<Engine>): Promise<Engine> {
  const engine = await duckdbEngine.open(means)
  const unchanged: Engine = {
    name: engine.name,
    check: (plan) => engine.check(plan),
    stage: (plan, signal) => engine.stage(plan, signal),
    close: () => engine.close(),
  }
  return { ...unchanged, ...change(engine) }
}

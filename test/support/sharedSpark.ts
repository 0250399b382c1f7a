import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Database } from '../../src/duckdb/session.ts'
import type { BoundEngine } from '../../src/engines/kind.ts'
import { SparkEngine } from '../../src/engines/spark/engine.ts'
import type { Engine } from '../../src/tables/engine.ts'
import { engineMeans } from './engineMeans.ts'
import { SPARK_PYTHON } from './spark.ts'
import { makeTemporaryFolder, removeFolder } from './temporaryFolder.ts'

/** One session of Spark for the tests of a file: a start takes seconds. */
export interface SharedSpark {
  readonly spark: SparkEngine
  /** Gives it to a test, which does not end it. */
  readonly engine: Pick<BoundEngine, 'open'>
  readonly logFile: string
  end(): Promise<void>
}

export async function shareSpark(more: readonly string[] = [], master = 'local[2]'): Promise<SharedSpark> {
  const top = makeTemporaryFolder()
  // Its own files are in a folder with an awkward name, too.
  const folder = join(top, "it's [a] {lake}: 100 %, ü")
  mkdirSync(folder)
  const database = await Database.open({ threads: 2, memoryLimit: '500MB', tempFolder: join(folder, '.temp') })
  const means = engineMeans(database, folder)
  const spark = await SparkEngine.open(means, {
    master,
    python: SPARK_PYTHON,
    arguments: more,
    driverMemoryBytes: 1e9,
    startSeconds: 300,
  })
  const lent: Engine = {
    get name() {
      return spark.name
    },
    check: (plan) => spark.check(plan),
    stage: (plan, signal, onProgress) => spark.stage(plan, signal, onProgress),
    close: async () => undefined,
  }
  return {
    spark,
    engine: { open: async () => lent },
    logFile: means.logFile,
    end: async () => {
      await spark.close()
      database.close()
      removeFolder(top)
    },
  }
}

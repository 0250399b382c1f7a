import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { installedJars } from '../../scripts/deltaSparkJars.ts'
import { pythonIn } from './python.ts'

export const DELTA_SPARK_NEED = 'Spark with Delta and Java 17: npx jiti scripts/install-delta-spark.ts'

/** The Python that has that Spark, which is older than the one that Lakeweir is tested with. */
export const DELTA_SPARK_PYTHON = fileURLToPath(new URL('../../.cache/delta-spark/bin/python', import.meta.url))

/** Delta's archives, where Spark and Java are there too. */
export const deltaSparkJars = isInstalled() ? installedJars() : undefined

function isInstalled(): boolean {
  const pins = readFileSync(new URL('../../scripts/delta-spark-requirements.txt', import.meta.url), 'utf8')
  try {
    const installed = readFileSync(new URL('../../.cache/delta-spark/installed.txt', import.meta.url), 'utf8')
    return installed === pins && spawnSync('java', ['-version']).status === 0
  } catch {
    return false // nothing was installed, or not to the end
  }
}

/** Runs Python with Spark, as `python` does with its packages. */
export function sparkPython<T>(code: string, given: unknown): Promise<T> {
  return pythonIn<T>(DELTA_SPARK_PYTHON, code, given)
}

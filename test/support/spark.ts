import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const SPARK_NEED = 'Spark and Java 17: npx jiti scripts/install-spark.ts'

/** The Python that has pyspark, where `npx jiti scripts/install-spark.ts` puts it. */
export const SPARK_PYTHON = fileURLToPath(new URL('../../.cache/spark/bin/python', import.meta.url))

/** Whether Spark of today's pin is there, and Java. */
export const hasSpark = isInstalled()

function isInstalled(): boolean {
  const pins = readFileSync(new URL('../../scripts/spark-requirements.txt', import.meta.url), 'utf8')
  try {
    const installed = readFileSync(new URL('../../.cache/spark/installed.txt', import.meta.url), 'utf8')
    return installed === pins && spawnSync('java', ['-version']).status === 0
  } catch {
    return false // nothing was installed, or not to the end
  }
}

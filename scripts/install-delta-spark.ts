// Sets up Spark with Delta in `.cache/delta-spark`, for the test that reads a lake with it:
// npx jiti scripts/install-delta-spark.ts
//
// About 450 MB. Spark is pinned in delta-spark-requirements.txt, Delta's archives below; they come from Maven Central.
// Spark also needs Java 17 or newer, which this does not install. A second run does nothing.
import { deltaJars, installJars } from './deltaSparkJars.ts'
import { installPackages } from './pythonPackages.ts'

installPackages({
  installer: 'install-delta-spark',
  requirements: 'delta-spark-requirements.txt',
  folder: 'delta-spark',
  without: 'the test that reads with Spark will be skipped',
})
try {
  await installJars(deltaJars)
} catch (error) {
  console.error(`install-delta-spark: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}

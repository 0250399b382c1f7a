// Sets up Spark in `.cache/spark`, for the tests that run batches on it, for the demo of that, and for the lines of the
// bench that measure Spark: npx jiti scripts/install-spark.ts
//
// About 450 MB, pinned in spark-requirements.txt. Spark also needs Java 17 or newer, which this does not install.
import { installPackages } from './pythonPackages.ts'

installPackages({
  installer: 'install-spark',
  requirements: 'spark-requirements.txt',
  folder: 'spark',
  without: 'the tests that need Spark will be skipped, and the bench will leave it out',
})

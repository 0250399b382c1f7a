// Sets up Spark in `.cache/spark`, for the line of the bench that measures Spark Structured Streaming beside Lakeweir:
// npx jiti scripts/install-spark.ts
//
// About 450 MB, pinned in spark-requirements.txt. Spark also needs Java 17 or newer, which this does not install.
import { installPackages } from './pythonPackages.ts'

installPackages({
  installer: 'install-spark',
  requirements: 'spark-requirements.txt',
  folder: 'spark',
  without: 'the bench will leave Spark out',
})

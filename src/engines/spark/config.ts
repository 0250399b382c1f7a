import type { Size } from '../../size.ts'

/** How batches are run on Spark. */
export interface SparkSettings {
  /** As for spark-submit: `local[4]`, `spark://10.0.0.1:7077`, `yarn`, `k8s://…`; by default, this machine. */
  readonly master?: string
  /** The Python that has pyspark; by default `PYSPARK_DRIVER_PYTHON`, `PYSPARK_PYTHON` or `python3`. */
  readonly python?: string
  /** More words for spark-submit: `['--conf', 'spark.executor.memory=4g']`. */
  readonly arguments?: readonly string[]
  /** The heap of Spark's driver, where a `local` master also runs tasks; there the lake's memory by default. */
  readonly driverMemory?: Size
  /** How long a start of Spark may take; 120 s by default. */
  readonly startSeconds?: number
  /** With `engine: 'auto'`, batches that read more than this run on Spark; 10 GB by default. */
  readonly autoOver?: Size
}

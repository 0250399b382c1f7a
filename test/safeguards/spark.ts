import type { Safeguard } from './safeguard.ts'

// What the driver of Spark sees to. Each is tried with a real one.

const BATCHES = 'src/engines/spark/runner/lakeweir_spark/batches.py'
const SESSION = 'src/engines/spark/runner/lakeweir_spark/session.py'
const sharedTest = 'test/engines/spark.shared.test.ts'
const faultsTest = 'test/engines/spark.faults.test.ts'
const sparkTest = 'test/engines/spark.test.ts'

export const spark: readonly Safeguard[] = [
  {
    name: 'a batch on Spark finds nothing that batches of other streams have named',
    file: 'src/engines/spark/runner/main.py',
    takes: 'own = session.of_shape(plan["shape"])',
    leaves: 'own = spark',
    tests: [sharedTest],
  },
  {
    name: "every session of Spark's is set so that it writes as DuckDB does",
    file: SESSION,
    takes: 'apply(session) self._of_shapes[key] = session',
    leaves: 'self._of_shapes[key] = session',
    tests: [sharedTest],
  },
  {
    name: 'a row of no table fails its batch on Spark',
    file: BATCHES,
    takes: '.otherwise(refused("destination", value))',
    leaves: '.otherwise(value)',
    tests: [faultsTest],
  },
  {
    name: 'a date that Delta does not know is no partition on Spark',
    file: BATCHES,
    takes: 'return F.when(fits, value).otherwise(refused("date", F.lit(name), value.cast("string")))',
    leaves: 'return value',
    tests: [faultsTest],
  },
  {
    name: 'the columns of a SELECT are those of its tables on Spark',
    file: BATCHES,
    takes: 'assert_columns(shape, rows) return rows',
    leaves: 'return rows',
    tests: [faultsTest],
  },
  {
    name: 'the text that stands for NULL in the name of a folder stays a text on Spark',
    file: BATCHES,
    takes: 'F.when(is_null_text, F.concat(F.lit("\\x01"), value)) .when(',
    leaves: 'F.when(',
    tests: [sparkTest],
  },
]

import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { describeWith } from '../support/optionalTool.ts'

// What clusters say that are not here, YARN and Kubernetes, in the words of their sources. No Spark is needed to map
// them; what a cluster of its own says is seen in spark.executors.test.ts.

const hasPython3 = spawnSync('python3', ['--version']).status === 0

const RUNNER = fileURLToPath(new URL('../../src/engines/spark/runner', import.meta.url))

const PROGRAM = `
import json, sys
sys.path.insert(0, sys.argv[1])
from lakeweir_spark.failures import lost_executor, memory_failure, system_failure
chain = [tuple(link) for link in json.loads(sys.argv[2])]
failure = memory_failure(chain) or system_failure(chain) or lost_executor(chain)
print(json.dumps(failure and failure.as_json()))
`

const JOB = 'org.apache.spark.SparkException'
const LOST =
  'Job aborted due to stage failure: Task 0 in stage 2.0 failed 4 times, most recent failure: Lost task 0.3 in stage 2.0 (TID 9) (10.0.0.7 executor 4): '
const OF_TASK = 'ExecutorLostFailure (executor 4 exited caused by one of the running tasks) Reason: '

const CASES: readonly {
  readonly what: string
  readonly chain: readonly (readonly [name: string, message: string])[]
  readonly code: string | null | undefined
  readonly says: RegExp
  readonly remedy?: RegExp
}[] = [
  {
    what: 'an executor of YARN that took more memory than its container has',
    chain: [
      [
        JOB,
        `${LOST}${OF_TASK}Container killed by YARN for exceeding physical memory limits. 5.5 GB of 5.5 GB physical memory used.`,
      ],
    ],
    code: 'ENOMEM',
    says: /^Spark lost an executor that ran out of memory: executor 4 exited .* 5\.5 GB/,
    remedy: /^Give each executor more: -- --executor-memory/,
  },
  {
    what: 'an executor of Kubernetes that was killed, which says only that memory may be why',
    chain: [
      [JOB, `${LOST}${OF_TASK}The executor with id 4 exited with exit code 137(SIGKILL, possible container OOM).`],
    ],
    code: 'LAKE_ENGINE_FAILED',
    says: /^Spark lost executors until it gave the batch up: .*137/,
    remedy: /^Somebody killed them: often the system, because memory ran out\./,
  },
  {
    what: 'an executor that does not answer any more',
    chain: [[JOB, `${LOST}${OF_TASK}Executor heartbeat timed out after 140012 ms`]],
    code: 'LAKE_ENGINE_FAILED',
    says: /^Spark lost executors until it gave the batch up: .*heartbeat timed out/,
    remedy: /^Find out in the logs of its workers why they end\.$/,
  },
  {
    what: 'a task that Spark could not give enough memory',
    chain: [
      [
        JOB,
        `${LOST}org.apache.spark.SparkException: [TASK_WRITE_FAILED] Task failed.\n\tat a.b(c)\nCaused by: org.apache.spark.memory.SparkOutOfMemoryError: [UNABLE_TO_ACQUIRE_MEMORY] Unable to acquire 65536 bytes of memory, got 0.\n\tat d.e(f)`,
      ],
    ],
    code: 'ENOMEM',
    says: /^Spark's executor 4 on 10\.0\.0\.7 ran out of memory: \[UNABLE_TO_ACQUIRE_MEMORY\] Unable/,
    remedy: /^Give each executor more/,
  },
  {
    what: 'a broadcast for which the driver has too little memory',
    chain: [
      [JOB, 'Exception thrown in awaitResult: '],
      ['java.lang.OutOfMemoryError', 'Not enough memory to build and broadcast the table to all worker nodes.'],
    ],
    code: 'ENOMEM',
    says: /^Spark's driver ran out of memory: Not enough memory to build/,
    remedy: /^Give it more: driverMemory/,
  },
  {
    what: 'a value that only looks like one of these',
    chain: [
      [
        'org.apache.spark.SparkNumberFormatException',
        "[CAST_INVALID_INPUT] The value 'java.lang.OutOfMemoryError: x (No space left on device)' cannot be cast.",
      ],
    ],
    code: undefined,
    says: /^$/,
  },
]

describeWith(hasPython3, 'Python 3: python3', 'what a cluster says of its end', () => {
  test.each(CASES)('$what', ({ chain, code, says, remedy }) => {
    const words = ['-B', '-c', PROGRAM, RUNNER, JSON.stringify(chain)]
    const failure = JSON.parse(execFileSync('python3', words, { encoding: 'utf8' })) as Record<string, unknown> | null
    if (code === undefined) return expect(failure).toBeNull()
    expect(failure).toMatchObject({ code, message: expect.stringMatching(says) })
    expect(failure?.remedy).toMatch(remedy ?? /./)
  })
})

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Database } from '../../src/duckdb/session.ts'
import { SparkEngine } from '../../src/engines/spark/engine.ts'
import { assertOwnProgram, lookAt, type SparkLaunch } from '../../src/engines/spark/launch.ts'
import { versionOf } from '../../src/files/version.ts'
import { ID_SHAPE } from '../support/emptyPlan.ts'
import { engineMeans } from '../support/engineMeans.ts'
import { describeWith } from '../support/optionalTool.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

// What keeps Spark from starting is told before any batch. Java and pyspark are stood in for by files that say no more
// than is asked before Spark would start.

const hasPython3 = spawnSync('python3', ['--version']).status === 0

const LAUNCH: SparkLaunch = {
  master: undefined,
  python: 'python3',
  arguments: [],
  driverMemoryBytes: undefined,
  startSeconds: 60,
}

interface Case {
  readonly what: string
  /** What Java says of its version; undefined: there is none. */
  readonly java?: string
  /** The modules of pyspark by their names. */
  readonly pyspark?: Readonly<Record<string, string>>
  readonly launch?: Partial<SparkLaunch>
  readonly code: 'LAKE_PACKAGE_MISSING' | 'LAKE_ENGINE_FAILED'
  readonly says: RegExp
  readonly remedy: RegExp
}

const JAVA_17 = 'openjdk version "17.0.15" 2025-04-15'
const SPARK_4 = { __init__: "__version__ = '4.3.0'" }

const CASES: readonly Case[] = [
  {
    what: 'no Java',
    pyspark: SPARK_4,
    code: 'LAKE_PACKAGE_MISSING',
    says: /^Spark needs Java, and JAVA_HOME leads to .*, which has none\.$/,
    remedy: /^Install Java 17 or 21/,
  },
  {
    what: 'a Java that is too old',
    java: 'java version "1.8.0_392"',
    pyspark: SPARK_4,
    code: 'LAKE_PACKAGE_MISSING',
    says: /^Spark needs Java 17 or later, and .*\/bin\/java is Java 8\.$/,
    remedy: /^Install Java 17 or 21/,
  },
  {
    what: 'a Java that does not say its version',
    java: 'Segmentation fault',
    pyspark: SPARK_4,
    code: 'LAKE_PACKAGE_MISSING',
    says: /does not say its version: Segmentation fault$/,
    remedy: /^Install Java 17 or 21/,
  },
  {
    what: 'no pyspark',
    java: JAVA_17,
    pyspark: { __init__: "raise ImportError('there is none')" },
    code: 'LAKE_PACKAGE_MISSING',
    says: /^Spark needs the package pyspark, which .*python3.* does not find: there is none\.$/,
    remedy: /-m pip install pyspark==4\.3\.0$/,
  },
  {
    what: 'a pyspark of an older version',
    java: JAVA_17,
    pyspark: { __init__: "__version__ = '3.5.6'" },
    code: 'LAKE_PACKAGE_MISSING',
    says: /has pyspark 3\.5\.6; this runner is for 4\.x, tested with 4\.3\.0\.$/,
    remedy: /-m pip install pyspark==4\.3\.0$/,
  },
  {
    what: 'no such Python',
    launch: { python: 'python-that-is-not-there' },
    code: 'LAKE_PACKAGE_MISSING',
    says: /^spark needs the program python-that-is-not-there, which was not found\./,
    remedy: /^Install it, or write where it is into the config\.$/,
  },
  {
    what: 'a master that does not answer',
    java: JAVA_17,
    pyspark: SPARK_4,
    launch: { master: 'spark://127.0.0.1:1,127.0.0.1:2' },
    code: 'LAKE_ENGINE_FAILED',
    says: /^Spark's master spark:\/\/127\.0\.0\.1:1,127\.0\.0\.1:2 cannot be reached: 127\.0\.0\.1:1: .*refused; 127\.0\.0\.1:2: .*refused\./,
    remedy: /--spark-master/,
  },
  {
    what: 'a Spark that does not start',
    java: JAVA_17,
    pyspark: { ...SPARK_4, sql: "import sys\nprint('why', file=sys.stderr)\nclass SparkSession:\n  pass" },
    code: 'LAKE_ENGINE_FAILED',
    says: /^Spark did not start with the master local\[2\]: .*builder.* Its log, .*engine\.log, ends with:\n {2}why$/s,
    remedy: /^Its log says why\. /,
  },
  {
    what: 'a Spark that starts for too long',
    java: JAVA_17,
    pyspark: { ...SPARK_4, sql: 'import time\ntime.sleep(600)' },
    launch: { startSeconds: 1 },
    code: 'LAKE_ENGINE_FAILED',
    says: /^Spark has not started within 1 s with the master local\[2\]\./,
    remedy: /startSeconds in the config allows more time\.$/,
  },
]

/** Makes what stands in for Java and pyspark. */
function standIn({ java, pyspark = {} }: Pick<Case, 'java' | 'pyspark'>): void {
  const folder = temporaryFolder()
  const program = join(folder, 'java/bin/java')
  for (const [name, text] of Object.entries(pyspark)) {
    mkdirSync(join(folder, 'python/pyspark'), { recursive: true })
    writeFileSync(join(folder, `python/pyspark/${name}.py`), text)
  }
  if (java !== undefined) {
    mkdirSync(dirname(program), { recursive: true })
    writeFileSync(program, `#!/bin/sh\necho '${java}' >&2\n`)
    chmodSync(program, 0o755)
  }
  vi.stubEnv('JAVA_HOME', join(folder, 'java'))
  vi.stubEnv('PYTHONPATH', join(folder, 'python'))
  vi.stubEnv('SPARK_HOME', '')
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
}

describeWith(hasPython3, 'Python 3: python3', 'Spark is not started', () => {
  test.each(CASES)('with $what, and it is said what to do', async (given) => {
    standIn(given)
    const folder = temporaryFolder()
    const database = await Database.open({ threads: 1, memoryLimit: '200MB', tempFolder: join(folder, '.temp') })
    const engine = await SparkEngine.open(engineMeans(database, folder), { ...LAUNCH, ...given.launch })
    onTestFinished(async () => {
      await engine.close()
      database.close()
    })
    const error = await engine
      .check({ version: 1, shape: ID_SHAPE, inputKind: 'table', variables: {} })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: given.code,
      message: expect.stringMatching(given.says),
      remedy: expect.stringMatching(given.remedy),
    })
    expect(engine.group).toBeUndefined()
  })

  test('and a look at what is there says the same, without a start', async () => {
    standIn({ java: JAVA_17, pyspark: { __init__: "__version__ = '4.2.1'" } })
    expect(await lookAt(LAUNCH, '.')).toEqual([
      {
        level: 'warn',
        says: expect.stringMatching(
          /^Spark 4\.2\.1, Python 3\..*, Java 17, but Lakeweir was tested with Spark 4\.3\.0$/,
        ),
        fix: expect.stringContaining('pip install pyspark==4.3.0'),
      },
    ])
    standIn({ pyspark: SPARK_4 })
    expect(await lookAt(LAUNCH, '.')).toMatchObject([
      { level: 'fail', says: expect.stringMatching(/^Spark needs Java/) },
    ])
    expect(await lookAt({ ...LAUNCH, python: 'python-that-is-not-there' }, '.')).toMatchObject([
      { level: 'fail', says: expect.stringMatching(/^Python does not run as python-that-is-not-there: /) },
    ])
  })
})

test('a driver whose runner is of another version is ended, whatever it answers', async () => {
  const folder = temporaryFolder()
  const python = join(folder, 'python3')
  const greeting = JSON.stringify({ engine: 'spark', runner: '0.0.1', contract: 1 })
  const answer = JSON.stringify({ version: 1 })
  writeFileSync(python, `#!/bin/sh\necho '${greeting}'\nread -r plan\necho '${answer}'\nexec cat >/dev/null\n`)
  chmodSync(python, 0o755)
  const database = await Database.open({ threads: 1, memoryLimit: '200MB', tempFolder: join(folder, '.temp') })
  const engine = await SparkEngine.open(engineMeans(database, folder), { ...LAUNCH, python })
  onTestFinished(async () => {
    await engine.close()
    database.close()
  })
  await expect(engine.check({ version: 1, shape: ID_SHAPE, inputKind: 'table', variables: {} })).rejects.toMatchObject({
    code: 'LAKE_PACKAGE_MISSING',
    message: expect.stringContaining('is of Lakeweir 0.0.1'),
  })
  expect(engine.group).toBeUndefined()
})

test('a runner of another version of the package is not used', () => {
  expect(() => assertOwnProgram({ engine: 'spark', runner: versionOf(), contract: 1 })).not.toThrow()
  expect(() => assertOwnProgram({ engine: 'spark 4.3.0' })).not.toThrow()
  expect(() => assertOwnProgram({ engine: 'spark', runner: '0.0.1', contract: 1 })).toThrow(
    expect.objectContaining({
      code: 'LAKE_PACKAGE_MISSING',
      message: `the program that runs batches on Spark is of Lakeweir 0.0.1 (contract 1), not ${versionOf()}.`,
    }),
  )
})

import { z } from 'zod'
import { SIZE, sizeBytes } from '../../size.ts'
import type { BoundEngine, EngineKind } from '../kind.ts'
import { SparkEngine } from './engine.ts'
import { lookAt } from './launch.ts'
import { assertPortable } from './portability/portability.ts'

const size = z
  .string()
  .regex(SIZE, 'must be a size in KB, MB, GB, TB, KiB, MiB, GiB or TiB, not {input}')
  .transform((text) => sizeBytes(text) ?? z.NEVER)

const text = z.string().min(1)

const settings = z
  .strictObject({
    master: text.optional(),
    python: text.optional(),
    arguments: z.array(z.string()).default([]),
    driverMemory: size.optional(),
    startSeconds: z.int().positive().default(120),
    autoOver: size.prefault('10GB'),
  })
  .prefault({})
  .transform(({ autoOver, driverMemory, master, python, ...others }): BoundEngine => {
    const launch = { ...others, master, python, driverMemoryBytes: driverMemory }
    return {
      autoOverBytes: autoOver,
      look: (folder) => lookAt(launch, folder),
      open: (means) => SparkEngine.open(means, launch),
    }
  })

/** Why Spark cannot run streams with such an input. */
const REFUSED: Readonly<Record<string, string>> = {
  generated: "the rows of a generator are made with functions of DuckDB's that Spark does not have",
  foreign: 'the files of a landing folder need checks and casts of values that only DuckDB makes',
}

/** Apache Spark, on this machine or on a cluster that sees the lake's folders. */
export const spark = {
  word: 'spark',
  name: 'Spark',
  example: "'spark'",
  keyExamples: {
    master: "master: 'local[4]'",
    python: "python: 'venv/bin/python'",
    arguments: "arguments: ['--conf', 'spark.executor.memory=4g']",
    driverMemory: "driverMemory: '2GB'",
    startSeconds: 'startSeconds: 300',
    autoOver: "autoOver: '10GB'",
  },
  schema: settings,
  dialect: 'spark',
  refuses: ({ input }) => REFUSED[input],
  assertSameMeaning: assertPortable,
} as const satisfies EngineKind

import { join } from 'node:path'
import type { Figure } from './figure.ts'
import type { SuiteContext } from './suiteContext.ts'
import { commitFigures } from './tables/commits.ts'
import { microBatchFigures } from './tables/micro.ts'

/** A lake that has run for long, and what reading it then costs. */
export async function* commits({ folder, isQuick }: SuiteContext): AsyncGenerator<Figure> {
  const batches = isQuick ? 1_000 : 10_000
  yield* microBatchFigures(folder, batches, isQuick ? 15 : 31)
  yield* commitFigures(join(folder, 'lake'), batches, isQuick)
}

import { join } from 'node:path'
import { durationFigure, type Figure } from './figure.ts'
import { withLake } from './lakes.ts'
import { interleaved } from './measure.ts'
import { runNode, runProgram } from './program.ts'
import type { SuiteContext } from './suiteContext.ts'

/** How long a command takes as a whole process, beside a node that does nothing. */
export async function* start({ folder, isQuick }: SuiteContext): AsyncGenerator<Figure> {
  const root = join(folder, 'lake')
  await withLake(root, (lake) => lake.run({ streams: ['land', 'silver'], availableNow: true }))
  const samples = await interleaved(isQuick ? 15 : 31, {
    'node -e 0': () => runNode('-e', '0'),
    '--help': () => runProgram(['--help'], root),
    status: () => runProgram(['status'], root),
  })
  yield durationFigure('start: --help, p50', samples, '--help', 0.5, { reach: { atMost: 150 } })
  yield durationFigure('start: status of an empty lake, p50', samples, 'status', 0.5, { reach: { atMost: 400 } })
}

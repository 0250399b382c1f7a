import { besideLive } from './besideLive.ts'
import { dashboard } from './dashboard.ts'
import type { Figure } from './figure.ts'
import { history } from './history.ts'
import { land } from './land.ts'
import { latency } from './latency.ts'
import { live } from './live.ts'
import { memory } from './memory.ts'
import { produce } from './produce.ts'
import { reports } from './reports.ts'
import { served } from './served.ts'
import { silver } from './silver.ts'
import { small } from './small.ts'
import { sparkEngine } from './sparkEngine.ts'
import { sparkStreaming } from './sparkStreaming.ts'
import { start } from './start.ts'
import type { SuiteContext } from './suiteContext.ts'
import { joiningFigures } from './tables/joining.ts'
import { manyFileFigures } from './tables/many.ts'
import { viewFigures } from './tables/views.ts'
import { commits } from './tables.ts'

/** Measures some lines of the table, and yields each as soon as it is known. */
export type Suite = (context: SuiteContext) => AsyncGenerator<Figure>

/** Every suite, in the order of the table. */
export const suites: Readonly<Record<string, Suite>> = {
  silver,
  land,
  produce,
  small,
  history,
  latency,
  live: inTurn(live, besideLive, served, sparkStreaming),
  reports,
  start,
  tables: inTurn(commits, manyFileFigures, viewFigures, joiningFigures),
  memory,
  dashboard,
}

/** What stands in a suite already, and can be run alone. */
export const parts: Readonly<Record<string, Suite>> = {
  kept: live,
  besideLive,
  served,
  sparkStreaming,
  commits,
  manyFiles: manyFileFigures,
  views: viewFigures,
  joining: joiningFigures,
}

/** What runs only where it is named: it takes long, and needs more than the rest. */
export const named: Readonly<Record<string, Suite>> = { spark: sparkEngine }

function inTurn(...all: readonly Suite[]): Suite {
  return async function* (context) {
    for (const suite of all) yield* suite(context)
  }
}

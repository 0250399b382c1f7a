import type { Command } from '../command.ts'
import { doctor } from './doctor.ts'
import { history } from './history.ts'
import { importSparkCheckpoint } from './importSparkCheckpoint.ts'
import { optimize } from './optimize.ts'
import { overview } from './overview.ts'
import { report } from './report.ts'
import { run } from './run.ts'
import { serve } from './serve.ts'
import { sql } from './sql.ts'
import { status } from './status.ts'
import { testEngine } from './testEngine.ts'
import { token } from './token.ts'
import { vacuum } from './vacuum.ts'
import { validate } from './validate.ts'

/** The commands that have a name. A new one is a file in this folder and a line here. */
export const COMMANDS: readonly Command[] = [
  run,
  serve,
  validate,
  report,
  sql,
  status,
  history,
  doctor,
  optimize,
  vacuum,
  importSparkCheckpoint,
  token,
  testEngine,
]

/** The command that runs when none is named. */
export const UNNAMED: Command = overview

import { readFileSync } from 'node:fs'
import yargs from 'yargs'
import { LakeError, messageOf } from '../errors.ts'
import { overviewCommand } from './commands/overview.ts'
import { reportCommand } from './commands/report.ts'
import { runCommand } from './commands/run.ts'
import { sqlCommand } from './commands/sql.ts'
import { statusCommand } from './commands/status.ts'
import { validateCommand } from './commands/validate.ts'
import { Console } from './console.ts'
import { suggestedWord } from './words.ts'

const EPILOGUE = `Streams, tables and reports are those of lakeweir.config.ts.
Exit codes: 0 well · 1 ran and found failures · 2 usage or config · 4 another process has the stream · 130, 143 stopped`

/** Parses, runs one command, and leaves the exit code; never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  const console = new Console(process.stdout, process.stderr, process.env)
  const isDebug = argv.includes('--debug')
  try {
    process.exitCode = await runCli(argv, console)
    await console.drained()
    if (console.failure !== undefined) throw outputError(console.failure)
  } catch (error) {
    process.exitCode = printError(error, console, isDebug)
  }
}

async function runCli(argv: readonly string[], console: Console): Promise<number> {
  let exitCode = 0
  const exit = (code: number): void => {
    exitCode = code
  }
  const parser = yargs([...argv])
    .scriptName('lakeweir')
    .usage('$0 [command]\n\nA DuckDB-backed lakehouse: streams into Delta tables, exactly once.')
    .option('config', {
      type: 'string',
      describe: 'the lake, as written down (default: ./lakeweir.config.ts)',
      global: true,
    })
    .option('lake', { type: 'string', describe: 'another folder for the lake than the config names', global: true })
    .option('debug', { type: 'boolean', describe: 'show the stack of an error', global: true })
    .command(overviewCommand(console, exit))
    .command(runCommand(console, exit))
    .command(validateCommand(console, exit))
    .command(reportCommand(console, exit))
    .command(sqlCommand(console, exit))
    .command(statusCommand(console, exit))
    .epilogue(EPILOGUE)
    .version(versionOf())
    .alias('help', 'h')
    .wrap(Math.min(110, console.columns))
    .strict()
    .recommendCommands()
    .parserConfiguration({ 'boolean-negation': false })
    .check(refuseRepeated, true)
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      if (error !== undefined && error !== null) throw error
      throw new LakeError('LAKE_USAGE', message, { remedy: suggestedWord(message) ?? 'See: lakeweir --help' })
    })
  await parser.parseAsync()
  return exitCode
}

/** Two values for one option are a slip, and taking either would be a guess. */
function refuseRepeated(argv: Record<string, unknown>): true {
  const repeated = Object.keys(argv).find((key) => Array.isArray(argv[key]) && key !== '_' && key !== 'streams')
  if (repeated === undefined) return true
  throw new LakeError('LAKE_USAGE', `--${repeated} is given more than once.`)
}

function outputError(cause: Error): LakeError {
  return new LakeError('LAKE_DISK_FAILED', `stdout took no more: ${cause.message}`, {
    cause,
    state: 'What was run is not undone by that.',
    remedy: 'See where the output goes.',
  })
}

function printError(error: unknown, console: Console, isDebug: boolean): number {
  const isOurs = error instanceof LakeError
  console.error(isOurs ? error.describe() : `unexpected error: ${messageOf(error)}`)
  if (isDebug && error instanceof Error) console.note(error.stack ?? '')
  else if (!isOurs) console.note('This should not happen. With --debug it shows where.')
  return isOurs ? error.exitCode : 1
}

function versionOf(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

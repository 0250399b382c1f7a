import { isatty } from 'node:tty'
import yargs from 'yargs'
import { LakeError } from '../errors.ts'
import { checkedArguments, optionsFor, withoutHelpCommand } from './arguments.ts'
import { overviewCommand } from './commands/overview.ts'
import { reportCommand } from './commands/report.ts'
import { runCommand } from './commands/run.ts'
import { sqlCommand } from './commands/sql.ts'
import { statusCommand } from './commands/status.ts'
import { validateCommand } from './commands/validate.ts'
import { keptByNpm, keptError } from './npmFlags.ts'
import { COMMON_OPTIONS } from './options.ts'
import { asTyped, programName } from './presence.ts'
import { Terminal } from './terminal.ts'
import { printUnexpected, versionOf } from './unexpected.ts'

const EPILOGUE = `Streams, tables and reports are those of lakeweir.config.ts.
Exit codes: 0 ok · 1 ran and found failures · 2 usage or config · 4 another process has the stream · 130, 143 signal`

/** Runs one command of this process, and leaves its exit code; never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  const input = { ask: isatty(STDIN) ? askOnTerminal : undefined, stdin: () => process.stdin }
  const terminal = new Terminal(process.stdout, process.stderr, process.env, input)
  const program = programName(process.argv[1] ?? '', process.env)
  process.exitCode = await runProgram(argv, terminal, process.env, program)
}

const STDIN = 0

/** Ctrl-C and Ctrl-D turn away. */
async function askOnTerminal(question: string): Promise<string | undefined> {
  const { createInterface } = await import('node:readline')
  const reader = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await new Promise<string | undefined>((resolve) => {
      reader.on('SIGINT', () => resolve(undefined))
      reader.on('close', () => resolve(undefined))
      reader.question(question, resolve)
    })
  } finally {
    reader.close()
  }
}

/** A script of npm that runs this program itself. */
const OUR_SCRIPT = /\blakeweir\b|\bcli\/bin\.cjs\b/

/** Parses, runs one command, and says what went wrong; never throws. @returns the exit code */
export async function runProgram(
  typed: readonly string[],
  terminal: Terminal,
  env: NodeJS.ProcessEnv = {},
  program = 'lakeweir',
): Promise<number> {
  const argv = withoutHelpCommand(typed)
  try {
    const kept = keptByNpm(argv, env, optionsFor(argv), OUR_SCRIPT)
    if (kept?.isOurs === true) throw keptError(kept)
    if (kept !== undefined) terminal.note(keptError(kept).describe())
    const exitCode = await runCommandLine(checkedArguments(argv), terminal, program)
    await terminal.drained()
    if (terminal.failure !== undefined) throw outputError(terminal.failure)
    return exitCode
  } catch (error) {
    return printError(asUsage(error), terminal, argv, program)
  }
}

async function runCommandLine(argv: readonly string[], terminal: Terminal, program: string): Promise<number> {
  let exitCode = 0
  const exit = (code: number): void => {
    exitCode = code
  }
  const parser = yargs()
    .locale('en') // its own words, which would be the shell's among ours
    .scriptName('lakeweir')
    .usage('$0 [command]\n\nA DuckDB-backed lakehouse: streams into Delta tables, exactly once.')
    .options(COMMON_OPTIONS)
    .middleware((parsed) => {
      parsed.program = program
    })
    .command(overviewCommand(terminal, exit))
    .command(runCommand(terminal, exit))
    .command(validateCommand(terminal, exit))
    .command(reportCommand(terminal, exit))
    .command(sqlCommand(terminal, exit))
    .command(statusCommand(terminal, exit))
    .example('$0 run produce --for 10s', 'make some messages')
    .example('$0 run --available-now', 'take what there is')
    .epilogue(EPILOGUE)
    .version(versionOf())
    .alias('help', 'h')
    .wrap(Math.min(110, terminal.columns))
    .strict()
    .parserConfiguration({ 'boolean-negation': false, 'camel-case-expansion': false })
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      if (error !== undefined && error !== null) throw error
      throw new LakeError('LAKE_USAGE', message, { remedy: 'See: lakeweir --help' })
    })
  // With a callback yargs prints nothing by itself.
  await parser.parseAsync([...argv], {}, (_error: unknown, _argv: unknown, help: string) => {
    if (help !== '') terminal.data(help)
  })
  return exitCode
}

/** What a call of the library was given came from the command line. */
function asUsage(error: unknown): unknown {
  if (!(error instanceof LakeError && error.code === 'LAKE_ARGUMENT_INVALID')) return error
  const { state, remedy, canRetry } = error
  return new LakeError('LAKE_USAGE', error.message, {
    cause: error,
    canRetry,
    ...(state === undefined ? {} : { state }),
    ...(remedy === undefined ? {} : { remedy }),
  })
}

function outputError(cause: Error): LakeError {
  return new LakeError('LAKE_DISK_FAILED', `stdout took no more: ${cause.message}`, {
    cause,
    state: 'What was run is not undone by that.',
    remedy: 'See where the output goes.',
  })
}

function printError(error: unknown, terminal: Terminal, argv: readonly string[], program: string): number {
  const isDebug = argv.includes('--debug')
  const isOurs = error instanceof LakeError
  const place = { program, lake: givenValue(argv, 'lake'), config: givenValue(argv, 'config') }
  // A wrong command line is answered with examples, which are short.
  const isUsage = isOurs && error.code === 'LAKE_USAGE'
  if (!isOurs) {
    printUnexpected(error, terminal)
    return 1
  }
  terminal.error(isUsage ? error.describe() : asTyped(error.describe(), place))
  if (isDebug) terminal.note(error.stack ?? '')
  return error.exitCode
}

/** What an option was given, also on a command line that was refused. */
function givenValue(argv: readonly string[], name: string): string | undefined {
  const joined = argv.find((word) => word.startsWith(`--${name}=`))
  if (joined !== undefined) return joined.slice(`--${name}=`.length)
  const index = argv.indexOf(`--${name}`)
  return index === -1 ? undefined : argv[index + 1]
}

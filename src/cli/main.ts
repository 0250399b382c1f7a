import { LakeError } from '../errors.ts'
import { versionOf } from '../files/version.ts'
import type { CommonArguments } from './command.ts'
import { programName } from './commandLine.ts'
import { printFailure } from './failure.ts'
import { helpOf } from './help.ts'
import { noteKeptByNpm } from './npmFlags.ts'
import { argumentsOf, type ReadLine, readLine } from './parse.ts'
import { processTerminal } from './processTerminal.ts'
import { assertNoSlip } from './slips.ts'
import type { Terminal } from './terminal.ts'

/** Runs the command of this process, and sets its exit code. Never throws. */
export async function main(typed: readonly string[]): Promise<void> {
  const program = programName(process.argv[1] ?? '', process.env)
  process.exitCode = await runProgram(typed, processTerminal(), process.env, program)
}

/** Runs the command of a line, and says what went wrong. Never throws. @returns the exit code */
export async function runProgram(
  typed: readonly string[],
  terminal: Terminal,
  env: NodeJS.ProcessEnv = {},
  program = 'lakeweir',
): Promise<number> {
  let argv: CommonArguments = { program, debug: typed.includes('--debug') }
  try {
    const line = readLine(typed)
    noteKeptByNpm(line, env, terminal)
    assertNoSlip(line)
    argv = { ...argumentsOf(line), program }
    const exitCode = await answer(line, argv, terminal)
    await terminal.flushed()
    if (terminal.failure !== undefined) throw outputError(terminal.failure)
    return exitCode
  } catch (error) {
    return printFailure(asUsage(error), argv, terminal)
  }
}

async function answer({ command, asks }: ReadLine, argv: CommonArguments, terminal: Terminal): Promise<number> {
  if (asks === undefined) return command.run(argv, terminal)
  terminal.data(asks === 'version' ? versionOf() : await helpOf(command, terminal.columns))
  return 0
}

/** A wrong argument of a library call is a wrong command line here. */
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

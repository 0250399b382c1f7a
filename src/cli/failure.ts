import { LakeError, messageOf } from '../errors.ts'
import { versionOf } from '../files/version.ts'
import type { CommonArguments } from './command.ts'
import { asTyped } from './commandLine.ts'
import type { Terminal } from './terminal.ts'

/** Says what went wrong. @returns the exit code */
export function printFailure(error: unknown, argv: CommonArguments, terminal: Terminal): number {
  if (!(error instanceof LakeError)) {
    printUnexpected(error, terminal)
    return 1
  }
  // The commands in a usage error are examples, and stay short.
  const isUsage = error.code === 'LAKE_USAGE'
  terminal.error(isUsage ? error.describe() : asTyped(error.describe(), argv))
  if (argv.debug === true) terminal.note(error.stack ?? '')
  return error.exitCode
}

/** Prints an error that is a fault of the program, with all that is needed to look into it. */
function printUnexpected(error: unknown, terminal: Terminal): void {
  const { platform, arch, version } = process
  terminal.error(`unexpected error: ${messageOf(error)}`)
  if (error instanceof Error && error.stack !== undefined) terminal.note(error.stack)
  const program = `Lakeweir ${versionOf()} (Node ${version}, ${platform} ${arch})`
  terminal.note(`This is a fault in ${program}, not in your lake or your command.`)
  terminal.note('Please report it to whoever you got Lakeweir from, with the command and everything above.')
}

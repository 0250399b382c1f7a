import { readFileSync } from 'node:fs'
import { messageOf } from '../errors.ts'
import type { Terminal } from './terminal.ts'

/** Prints an error that is a fault of the program, with all that whoever looks into it needs. */
export function printUnexpected(error: unknown, terminal: Terminal): void {
  const { platform, arch, version } = process
  terminal.error(`unexpected error: ${messageOf(error)}`)
  if (error instanceof Error && error.stack !== undefined) terminal.note(error.stack)
  const program = `Lakeweir ${versionOf()} (Node ${version}, ${platform} ${arch})`
  terminal.note(`This is a fault in ${program}, not in your lake or your command.`)
  terminal.note('Please report it to whoever you have Lakeweir from, with the command and all that stands above.')
}

export function versionOf(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

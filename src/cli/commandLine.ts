import { basename, relative } from 'node:path'
import type { CommonArguments } from './command.ts'

/** A command as it can be typed, for the lake that this command was run on. */
export function commandLine(command: string, { config, lake, program = 'lakeweir' }: CommonArguments): string {
  const where = Object.entries({ config, lake }).flatMap(([name, value]) => {
    if (value === undefined) return []
    const word = shellWord(value)
    return value.startsWith('-') ? [`--${name}=${word}`] : [`--${name}`, word] // else it would be read as an option
  })
  return [program, command, ...where].join(' ')
}

/** A command within a text: after a colon, up to the end of its sentence. */
const COMMAND = /(?<=: )lakeweir ([a-z][^\n;]*?)(?=\.?$|\. |;)/gm

/** The library knows neither the program's name nor its options. @returns its text with commands that can be typed */
export function asTyped(text: string, argv: CommonArguments): string {
  return text.replaceAll(COMMAND, (whole, command: string) =>
    / --(lake|config)\b/.test(command) ? whole : commandLine(command, argv),
  )
}

/** The words that call this program again, as it was called now. */
export function programName(script: string, env: NodeJS.ProcessEnv): string {
  // npm puts its folder of commands on the PATH of what it runs; the user's own shell does not have it there.
  if (env.npm_command !== undefined || env.npm_lifecycle_event !== undefined) return 'npx lakeweir'
  if (basename(script) !== 'lakeweir') return `node ${shellWord(relative('.', script))}`
  return script.includes('/node_modules/.bin/') ? 'npx lakeweir' : 'lakeweir'
}

function shellWord(text: string): string {
  return /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

import { basename, relative } from 'node:path'
import type { CommonArguments } from './command.ts'

/** A command to type, about the lake that this one was about. */
export function commandLine(command: string, { config, lake, program = 'lakeweir' }: CommonArguments): string {
  const where = Object.entries({ config, lake }).flatMap(([name, value]) => {
    if (value === undefined) return []
    const word = shellWord(value)
    return value.startsWith('-') ? [`--${name}=${word}`] : [`--${name}`, word] // else it is taken for an option
  })
  return [program, command, ...where].join(' ')
}

/** A command in a sentence, from its colon up to where the sentence goes on. */
const COMMAND = /(?<=: )lakeweir ([a-z][^\n;]*?)(?=\.?$|\. |;)/gm

/** Text with its commands as they are to be typed here: the library knows no program's name, nor its options. */
export function asTyped(text: string, argv: CommonArguments): string {
  return text.replaceAll(COMMAND, (whole, command: string) =>
    / --(lake|config)\b/.test(command) ? whole : commandLine(command, argv),
  )
}

/** How this program was called, in the words that call it again. */
export function programName(script: string, env: NodeJS.ProcessEnv): string {
  // npm puts the folder of its commands on the path of what it runs; the shell of whoever typed it has no such path.
  if (env.npm_command !== undefined || env.npm_lifecycle_event !== undefined) return 'npx lakeweir'
  if (basename(script) !== 'lakeweir') return `node ${shellWord(relative('.', script))}`
  return script.includes('/node_modules/.bin/') ? 'npx lakeweir' : 'lakeweir'
}

function shellWord(text: string): string {
  return /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

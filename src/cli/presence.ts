import { basename, join, relative } from 'node:path'
import { LakeError } from '../errors.ts'
import { listFolder, statOf } from '../files/read.ts'
import type { Lake } from '../lake/lake.ts'
import type { CommonArguments } from './session.ts'

/** What is at the lake's folder: no lake, one in which no run has been yet, or one that was run. */
export type Presence = 'missing' | 'empty' | 'there'

/** Looks whether there is a lake. A folder with other things in it is none: a typing slip must not look like a lake. */
export async function presenceOf(lake: Lake): Promise<Presence> {
  const { root } = lake.resolved
  if ((await statOf(root)) === undefined) return 'missing'
  for (const table of lake.resolved.tables) {
    if ((await statOf(join(lake.layout.data(table), '_delta_log'))) !== undefined) return 'there'
  }
  const landings = lake.resolved.streams.flatMap(({ from }) => (from.kind === 'parquetFolder' ? [from.path] : []))
  for (const path of landings) if ((await statOf(lake.layout.below(path))) !== undefined) return 'empty'
  // Names with a dot in front keep an empty folder in a repository.
  const entries = await listFolder(root)
  return entries.every(({ name }) => name.startsWith('.')) ? 'empty' : 'missing'
}

/** @throws LakeError LAKE_USAGE where there is no lake to look into */
export async function assertPresent(lake: Lake, argv: CommonArguments): Promise<void> {
  if ((await presenceOf(lake)) !== 'missing') return
  const { root } = lake.resolved
  throw new LakeError('LAKE_USAGE', `there is no lake at ${root}.`, {
    state: 'Nothing was made.',
    remedy: `Make one: ${firstCommand(lake, argv)}`,
  })
}

/** The command that makes a lake and its first rows. */
export function firstCommand(lake: Lake, argv: CommonArguments): string {
  const generator = lake.resolved.streams.find(({ from }) => from.kind === 'generated')
  return commandLine(generator === undefined ? 'run --available-now' : `run ${generator.name} --for 10s`, argv)
}

/** A command to type, about the lake that this one was about. */
export function commandLine(command: string, { config, lake, program = 'lakeweir' }: CommonArguments): string {
  const where = Object.entries({ config, lake }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, shellWord(value)],
  )
  return [program, command, ...where].join(' ')
}

/** A command in a sentence, up to where the sentence goes on. */
const COMMAND = /\blakeweir ((?:run|validate|report|sql|status)\b[^\n;]*?)(?=\.?$|\. |;)/gm

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

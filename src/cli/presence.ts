import { join } from 'node:path'
import { LakeError } from '../errors.ts'
import { listFolder, statOf } from '../files/read.ts'
import type { Lake } from '../lake/lake.ts'
import type { CommonArguments } from './command.ts'
import { commandLine } from './commandLine.ts'

/** What is in the lake's folder: no lake, a lake that was never run, or one that was. */
export type Presence = 'missing' | 'empty' | 'there'

/** Looks for a lake. A folder with other things in it is not one: a mistyped path must not look like a lake. */
export async function presenceOf(lake: Lake): Promise<Presence> {
  const { root } = lake.resolved
  if ((await statOf(root)) === undefined) return 'missing'
  for (const table of lake.resolved.tables) {
    if ((await statOf(join(lake.layout.data(table), '_delta_log'))) !== undefined) return 'there'
  }
  const landings = lake.resolved.streams.flatMap(({ source }) => source.folder?.path ?? [])
  for (const path of landings) if ((await statOf(lake.layout.below(path))) !== undefined) return 'empty'
  // Files such as .gitkeep keep an empty folder in a repository.
  const entries = await listFolder(root)
  return entries.every(({ name }) => name.startsWith('.')) ? 'empty' : 'missing'
}

/** @throws LakeError LAKE_USAGE if there is no lake */
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
  const generator = lake.resolved.streams.find(({ source }) => source.isOnDemand)
  return commandLine(generator === undefined ? 'run --available-now' : `run ${generator.name} --for 10s`, argv)
}

import { join } from 'node:path'
import { LakeError } from '../errors.ts'
import { listFolder, statOf } from '../files/read.ts'
import type { ResolvedLake } from '../lake/config/resolve.ts'
import type { OpenLake } from '../lake/openLake.ts'
import type { CommonArguments } from './command.ts'
import { commandLine } from './commandLine.ts'

/** What is in the lake's folder: no lake, a lake that was never run, or one that was. */
export type Presence = 'missing' | 'empty' | 'there'

/** Looks for a lake. A folder with other things in it is not one: a mistyped path must not look like a lake. */
export async function presenceOf({ config, layout }: OpenLake): Promise<Presence> {
  const { root } = config
  if ((await statOf(root)) === undefined) return 'missing'
  for (const table of config.tables) {
    if ((await statOf(join(layout.data(table), '_delta_log'))) !== undefined) return 'there'
  }
  const landings = config.streams.flatMap(({ source }) => source.folder?.path ?? [])
  for (const path of landings) if ((await statOf(layout.below(path))) !== undefined) return 'empty'
  // Files such as .gitkeep keep an empty folder in a repository.
  const entries = await listFolder(root)
  return entries.every(({ name }) => name.startsWith('.')) ? 'empty' : 'missing'
}

/** @throws LakeError LAKE_USAGE if there is no lake */
export async function assertPresent(lake: OpenLake, argv: CommonArguments): Promise<void> {
  if ((await presenceOf(lake)) !== 'missing') return
  const { root } = lake.config
  throw new LakeError('LAKE_USAGE', `there is no lake at ${root}.`, {
    state: 'Nothing was made.',
    remedy: `Make one: ${firstCommand(lake.config, argv)}`,
  })
}

/** The command that makes a lake and its first rows. */
export function firstCommand({ streams }: ResolvedLake, argv: CommonArguments): string {
  const generator = streams.find(({ source }) => source.isOnDemand)
  return commandLine(generator === undefined ? 'run --available-now' : `run ${generator.name} --for 10s`, argv)
}

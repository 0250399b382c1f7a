import { stat } from 'node:fs/promises'
import { LakeError, messageOf, systemCodeOf } from '../errors.ts'
import type { ResolvedLake } from './config/resolve.ts'

/** Checks that a lake can be in the folder that its config names. @throws LakeError LAKE_CONFIG_INVALID */
export async function assertRootFits(config: ResolvedLake): Promise<void> {
  const keyed = partitionKeyIn(config)
  if (keyed !== undefined) {
    throw new LakeError('LAKE_CONFIG_INVALID', `the lake's path ${config.root} contains the folder "${keyed}".`, {
      remedy: 'DuckDB would read it as the value of the column with that name: put the lake elsewhere.',
    })
  }
  await assertFolder(config.root)
}

/** A folder on the way to the lake that DuckDB would take for a Hive partition of one of its columns. */
function partitionKeyIn({ root, tables }: ResolvedLake): string | undefined {
  const columns = new Set(tables.flatMap((table) => Object.keys(table.columns).map((name) => name.toLowerCase())))
  return root.split('/').find((step) => step.includes('=') && columns.has(step.split('=')[0]?.toLowerCase() ?? ''))
}

/** @throws LakeError LAKE_CONFIG_INVALID where no lake can be */
async function assertFolder(root: string): Promise<void> {
  if (root.includes('\\')) {
    throw new LakeError('LAKE_CONFIG_INVALID', `the lake's path ${root} contains a backslash.`, {
      remedy: 'DuckDB treats it as an escape character in file names: put the lake elsewhere.',
    })
  }
  const found = await stat(root).catch((cause: unknown) => {
    if (systemCodeOf(cause) === 'ENOENT') return undefined // the first run makes it
    throw new LakeError('LAKE_CONFIG_INVALID', `${root} cannot be opened: ${messageOf(cause)}`, {
      cause,
      remedy: 'Name another folder: --lake DIR',
    })
  })
  if (found === undefined || found.isDirectory()) return
  throw new LakeError('LAKE_CONFIG_INVALID', `${root} is not a folder.`, { remedy: 'Name another one: --lake DIR' })
}

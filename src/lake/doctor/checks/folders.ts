import { dirname } from 'node:path'
import { listFolder, mayChange, statOf, targetOf } from '../../../files/read.ts'
import { type Check, counted, fail, named, ok, warn } from '../finding.ts'
import type { LakePlace } from '../place.ts'

/** Whether this user may change the folders of the lake, or those that a missing one will be made in. */
export const folders: Check<LakePlace> = {
  name: 'folders',
  look: async ({ lake: { config, layout } }) => {
    const wanted = [
      config.root,
      ...config.tables.map((table) => layout.data(table)),
      ...config.streams.map((stream) => layout.checkpoint(stream).folder),
      ...config.streams.flatMap(({ source }) => (source.folder === undefined ? [] : layout.below(source.folder.path))),
      ...(config.live === undefined ? [] : [layout.live(config.live).folder]),
    ]
    const there = new Set<string>()
    for (const folder of wanted) for (const one of await belowAndAbove(folder)) there.add(one)
    const wrong: string[] = []
    const closed: string[] = []
    for (const folder of there) {
      if ((await targetOf(folder))?.isDirectory() !== true) wrong.push(folder)
      else if (!mayChange(folder)) closed.push(folder)
    }
    const isThere = (await statOf(config.root)) !== undefined
    const findings = [
      ...(isThere
        ? []
        : [warn(`there is no lake at ${config.root} yet`, 'lakeweir run makes it; --lake DIR names another')]),
      ...(wrong.length > 0 ? [fail(`not a folder: ${named(wrong)}`, 'Move away what stands in their place')] : []),
      ...(closed.length > 0
        ? [fail(`this user may not write in ${named(closed)}`, 'Run as their owner, or change their permissions')]
        : []),
    ]
    return findings.length > 0 ? findings : ok(`${counted(there.size, 'folder')} may be written`)
  },
}

/** A folder and the partitions directly in it; for one that is missing, the nearest above it that is not. */
async function belowAndAbove(folder: string): Promise<string[]> {
  let nearest = folder
  while ((await statOf(nearest)) === undefined && dirname(nearest) !== nearest) nearest = dirname(nearest)
  if (nearest !== folder) return [nearest]
  if ((await targetOf(folder))?.isDirectory() !== true) return [folder]
  const inside = await listFolder(folder).catch(() => [])
  return [folder, ...inside.filter((entry) => entry.isDirectory()).map(({ name }) => `${folder}/${name}`)]
}

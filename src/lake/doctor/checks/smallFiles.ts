import { dirname } from 'node:path'
import type { LiveFile } from '../../../delta/snapshot.ts'
import { type Check, counted, ok, warn } from '../finding.ts'
import type { LakePlace } from '../place.ts'

/** So many times the number that a run joins by itself are a debt: it does so between batches, when there is time. */
const DEBT = 4

/** How many small files a partition has where the config says nothing. */
const DEFAULT_SMALL_FILES = 8

/** Whether partitions have so many small files that reading them is slow. */
export const smallFiles: Check<LakePlace> = {
  name: 'small files',
  look: async (place) => {
    const { smallFiles: limit = DEFAULT_SMALL_FILES, fileBytes } = place.lake.config.upkeep
    const findings = []
    let most = 0
    for (const { table, live } of await place.readable()) {
      const crowded = [...byPartition(live, fileBytes / 2)].filter(([, count]) => count > limit * DEBT)
      most = Math.max(most, ...byPartition(live, fileBytes / 2).values())
      const [[partition, count] = []] = crowded.sort(([, a], [, b]) => b - a)
      if (partition === undefined || count === undefined) continue
      const where = partition === '.' ? '' : ` in ${partition}`
      const others = crowded.length > 1 ? `, and many in ${counted(crowded.length - 1, 'other partition')}` : ''
      findings.push(
        warn(`${table.name}: ${counted(count, 'small file')}${where}${others}`, `lakeweir optimize ${table.name}`),
      )
    }
    return findings.length > 0 ? findings : ok(`at most ${counted(most, 'small file')} in a partition`)
  },
}

/** Partition, by its folder → how many small files it has. */
function byPartition(live: readonly LiveFile[], smallBytes: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { path, bytes } of live) {
    if (bytes >= smallBytes) continue
    const folder = dirname(path)
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  return counts
}

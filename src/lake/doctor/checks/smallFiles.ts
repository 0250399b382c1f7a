import { type Check, counted, ok, warn } from '../finding.ts'
import type { LakePlace } from '../place.ts'

/** So many times the number that a run joins by itself are a debt: it does so between batches, when there is time. */
const DEBT = 4

/** How many small files a partition has where the config says nothing. */
const DEFAULT_SMALL_FILES = 8

/** Whether partitions have so many small files that reading them is slow; what is small, upkeep decides. */
export const smallFiles: Check<LakePlace> = {
  name: 'small files',
  look: async (place) => {
    const { smallFiles: limit = DEFAULT_SMALL_FILES } = place.lake.config.upkeep
    const findings = []
    let most = 0
    for (const { table, smallFiles: groups } of await place.readable()) {
      const [fullest] = groups
      most = Math.max(most, fullest?.files ?? 0)
      const crowded = groups.filter(({ files }) => files > limit * DEBT)
      if (fullest === undefined || crowded.length === 0) continue
      const where = fullest.folder === '' ? '' : ` in ${fullest.folder.replace(/\/$/, '')}`
      const others = crowded.length > 1 ? `, and many in ${counted(crowded.length - 1, 'other partition')}` : ''
      findings.push(
        warn(
          `${table.name}: ${counted(fullest.files, 'small file')}${where}${others}`,
          `lakeweir optimize ${table.name}`,
        ),
      )
    }
    return findings.length > 0 ? findings : ok(`at most ${counted(most, 'small file')} in a partition`)
  },
}

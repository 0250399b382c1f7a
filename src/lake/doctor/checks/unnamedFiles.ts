import { writerOf } from '../../../tables/dataFileName.ts'
import { unreferencedFiles } from '../../unreferencedFiles.ts'
import { type Check, counted, type Finding, named, ok, warn } from '../finding.ts'
import type { LakePlace } from '../place.ts'

/** Files in the folders of tables that no log names: what a stopped batch left, and what somebody else put there. */
export const unnamedFiles: Check<LakePlace> = {
  name: 'unnamed files',
  look: async (place) => {
    const findings: Finding[] = []
    const streams = new Set(place.lake.config.streams.map(({ name }) => name))
    for (const { table, namedPaths } of await place.readable()) {
      const unnamed = await unreferencedFiles(place.lake.layout.data(table), async () => namedPaths)
      const isOurs = (path: string): boolean => streams.has(writerOf(path) ?? '')
      const [ours, others] = [unnamed.filter(isOurs), unnamed.filter((path) => !isOurs(path))]
      if (ours.length > 0) {
        const what = `${table.name}: ${counted(ours.length, 'orphan')}, of no batch that counts: ${named(ours)}`
        findings.push(warn(`${what}; plain globs read them too`, `lakeweir vacuum ${table.name}`))
      }
      if (others.length > 0) {
        const what = `${table.name}: ${counted(others.length, 'file')} that no log names: ${named(others)}`
        findings.push(warn(`${what}; plain globs read them too`, 'Move them elsewhere, if nobody needs them there'))
      }
    }
    return findings.length > 0 ? findings : ok('none')
  },
}

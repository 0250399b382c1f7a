import { join } from 'node:path'
import { listFolder } from '../../../files/read.ts'
import { lastRecord } from '../../streamRecords.ts'
import { type Check, counted, type Finding, named, ok, warn } from '../finding.ts'
import type { LakePlace } from '../place.ts'
import { holdersOf } from './runners.ts'

/** Files that were claimed for a batch that nobody makes any more. The next start of their stream settles them. */
export const claims: Check<LakePlace> = {
  name: 'claims',
  look: async (place) => {
    const { lake } = place
    const findings: Finding[] = []
    const holders = await holdersOf(lake)
    for (const stream of lake.config.streams) {
      const { claimed, staging } = lake.layout.checkpoint(stream)
      const last = await lastRecord(lake, stream).catch(() => undefined) // another check tells why
      const isRun = holders.get(stream)?.held === true
      const files: string[] = []
      for (const { name } of await listFolder(claimed)) {
        // The batch that comes next is being made, as long as a process runs the stream.
        if (isRun && Number(name) >= (last?.batch ?? 0)) continue
        files.push(...(await listFolder(join(claimed, name))).map((entry) => entry.name))
      }
      const start = `lakeweir run ${stream.name} --available-now`
      if (files.length > 0) {
        const what = `${stream.name}: ${counted(files.length, 'file')} claimed by a run that has ended: ${named(files)}`
        findings.push(warn(what, start))
      }
      const staged = isRun ? [] : (await listFolder(staging)).map(({ name }) => name)
      if (staged.length > 0) {
        const what = `${stream.name}: ${counted(staged.length, 'name')} in staging of a run that has ended`
        findings.push(warn(`${what}: ${named(staged)}`, start))
      }
    }
    return findings.length > 0 ? findings : ok('nothing is left of runs that have ended')
  },
}

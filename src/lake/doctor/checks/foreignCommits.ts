import { foreignCommitsIn } from '../../foreignCommits.ts'
import { foreignCommitText } from '../../foreignCommitText.ts'
import { type Check, type Finding, ok, warn } from '../finding.ts'
import type { LakePlace } from '../place.ts'

/** At most so many commits of a table are told. */
const MAX_TOLD = 3

/** What other programs did to tables that belong to streams. */
export const foreignCommits: Check<LakePlace> = {
  name: 'foreign commits',
  look: async (place) => {
    const findings: Finding[] = []
    for (const { table, tail } of await place.readable()) {
      const found = await foreignCommitsIn(place.lake, table, tail)
      for (const commit of found.slice(0, MAX_TOLD)) {
        const fix = 'lakeweir validate --deep tells what is wrong by it; run its stream with --fresh to undo it'
        findings.push(warn(foreignCommitText(table.name, commit), fix))
      }
      const more = found.length - MAX_TOLD
      if (more > 0) findings.push(warn(`${table.name} has ${more} more`, `lakeweir history ${table.name} --json`))
    }
    return findings.length > 0 ? findings : ok('no other program has changed rows that belong to a stream')
  },
}

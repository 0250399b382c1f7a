import { LakeError } from '../../../errors.ts'
import { knownError } from '../../../stream/failures.ts'
import { readImportMark } from '../../../tables/importMark.ts'
import { snapshotAndLacks } from '../../committed.ts'
import { withSession } from '../../sessions.ts'
import { lastRecord, neverWritten } from '../../streamRecords.ts'
import { type Check, type Finding, fail, ok } from '../finding.ts'
import type { LakePlace } from '../place.ts'

/** Whether the records of the streams can be read, and the logs have what they say was committed and read. */
export const records: Check<LakePlace> = {
  name: 'records',
  look: async (place) => {
    const { lake } = place
    const findings: Finding[] = []
    let batches = 0
    for (const stream of lake.config.streams) {
      try {
        const record = await lastRecord(lake, stream)
        batches += record === undefined ? 0 : 1
        const mark = await readImportMark(lake.layout.checkpoint(stream))
        if (mark?.state === 'begun') {
          findings.push(
            fail(`${stream.name}: an import into its tables has not ended`, `Go on with it: ${mark.command}`),
          )
        }
        for (const what of neverWritten(stream, record)) findings.push(fail(what, 'Rebuild the tables of that stream'))
      } catch (cause) {
        findings.push(findingOf(stream.name, knownError(cause)))
      }
    }
    const isReadable = (await place.tables()).every(({ kind }) => kind !== 'broken')
    if (isReadable && findings.length === 0) {
      const { behind } = await withSession(lake, (session) => snapshotAndLacks(lake, session))
      const fix = 'Restore the missing commits from a backup, or rebuild the tables: lakeweir run STREAM --fresh'
      findings.push(...behind.map(({ table, lack }) => fail(`table ${table}: ${lack}`, fix)))
    }
    return findings.length > 0 ? findings : ok(`${batches} of ${lake.config.streams.length} streams have batches`)
  },
}

function findingOf(stream: string, error: unknown): Finding {
  if (!(error instanceof LakeError)) throw error
  return fail(`${stream}: ${error.message.replace(/\.$/, '')} (${error.code})`, error.remedy ?? 'See docs/errors.md')
}

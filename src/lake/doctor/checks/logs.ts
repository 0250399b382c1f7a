import type { LakeError } from '../../../errors.ts'
import { type Check, type Finding, fail, ok } from '../finding.ts'
import type { LakePlace } from '../place.ts'

/** Whether every log can be replayed: no gap, no commit that was cut off, no feature that cannot be read. */
export const logs: Check<LakePlace> = {
  name: 'logs',
  look: async (place) => {
    const seen = await place.tables()
    const broken = seen.flatMap((table) => (table.kind === 'broken' ? [findingOf(table.table.name, table.error)] : []))
    if (broken.length > 0) return broken
    const there = seen.flatMap((table) => (table.kind === 'there' ? [table] : []))
    if (there.length === 0) return ok('no table has a log yet')
    return ok(there.map(({ table, head }) => `${table.name} version ${head.version}`).join(', '))
  },
}

function findingOf(table: string, { code, message, remedy }: LakeError): Finding {
  const says = message.replace(/\.$/, '')
  const fix = remedy ?? 'Put the file back from a backup, or rebuild the table: lakeweir run STREAM --fresh'
  return fail(`${says.includes(table) ? '' : `${table}: `}${says} (${code})`, fix.replace(/\.$/, ''))
}

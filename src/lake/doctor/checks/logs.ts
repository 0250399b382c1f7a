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
    const twins = there.filter(({ head }, index) =>
      there.some((other, place) => place < index && other.head.tableId === head.tableId),
    )
    if (twins.length > 0) return twins.map(({ table, head }) => twinOf(table.name, head.tableId, there))
    return ok(there.map(({ table, head }) => `${table.name} version ${head.version}`).join(', '))
  },
}

/** A table is made with an id of its own: of two with the same, one has the other's log, or a checkpoint of it. */
function twinOf(
  table: string,
  id: string,
  there: readonly { readonly table: { readonly name: string }; readonly head: { readonly tableId: string } }[],
): Finding {
  const other = there.find(({ head }) => head.tableId === id)?.table.name ?? ''
  return fail(
    `${table} has the id of ${other}: its log, or a checkpoint in it, is that of ${other}`,
    'Put its _delta_log back from a backup, or rebuild the table: lakeweir run STREAM --fresh',
  )
}

function findingOf(table: string, { code, message, remedy }: LakeError): Finding {
  const says = message.replace(/\.$/, '')
  const fix = remedy ?? 'Put the file back from a backup, or rebuild the table: lakeweir run STREAM --fresh'
  return fail(`${says.includes(table) ? '' : `${table}: `}${says} (${code})`, fix.replace(/\.$/, ''))
}

import type { TableHead } from '../../delta/snapshot.ts'
import { type History, historyOf } from '../../tables/logHistory.ts'
import type { Target } from '../../tables/target.ts'
import { changedError, type Followed } from './followed.ts'
import type { BatchOffset } from './offset.ts'
import { headsOf } from './wholeTables.ts'

/** How a feed goes on. */
export type Beginning =
  /** The logs go on after the last batch that was followed. */
  | { readonly kind: 'tail' }
  /** All rows are taken again, because what follows that batch is no longer known. @see note */
  | { readonly kind: 'whole'; readonly note: string | undefined; readonly why: 'first' | 'other tables' | 'cleaned up' }
  /** A table has no log. */
  | { readonly kind: 'missing'; readonly table: string }

/**
 * Compares the logs of the followed tables with the last batch that was followed.
 * @throws LakeError LAKE_SOURCE_CHANGED for tables that were restored, swapped or rewritten
 */
export async function beginningOf(followed: Followed, after: BatchOffset | undefined): Promise<Beginning> {
  const histories = new Map<Target, History>()
  for (const target of followed.tables) {
    const place = after?.tables[target.name]
    const history = place === undefined ? await unread(target) : await historyOf(target.log, place)
    if (history.kind === 'gone') return { kind: 'missing', table: target.name }
    histories.set(target, history)
  }
  if (after === undefined) return { kind: 'whole', why: 'first', note: undefined }
  const isSure = [...histories.values()].every((history) => history.kind === 'continued' && history.first !== undefined)
  if (isSure) return { kind: 'tail' }
  return beginningByHeads(followed, after, histories, await headsOf(followed))
}

/** A table that was not followed before has no history to compare. */
async function unread({ log }: Target): Promise<History> {
  return (await log.newestVersion()) === undefined ? { kind: 'gone' } : { kind: 'continued', first: undefined }
}

/** What a replay of the logs says where their first and last commits do not. */
function beginningByHeads(
  followed: Followed,
  after: BatchOffset,
  histories: ReadonlyMap<Target, History>,
  heads: ReadonlyMap<string, TableHead>,
): Beginning {
  const stream = followed.stream.name
  const changed = (how: string): Error => changedError(followed, how)
  const others = followed.tables.filter(({ name }) => heads.get(name)?.tableId !== after.tables[name]?.tableId)
  if (others.length === followed.tables.length) {
    const note = `the tables of ${stream} are other ones than those of its batch ${after.batch}`
    const built = 'so all models are built again from what is there now'
    return { kind: 'whole', why: 'other tables', note: `${note}, ${built}` }
  }
  const [other] = others
  if (other !== undefined) {
    const id = heads.get(other.name)?.tableId
    throw changed(`table ${other.name} is another one now (id ${id}), while others of the stream are as they were`)
  }
  for (const [{ name }, history] of histories) {
    const version = after.tables[name]?.version
    if (history.kind === 'behind') {
      throw changed(
        `the newest version of table ${name} is ${history.newest}, but version ${version} with batch ${after.batch} ` +
          'was read: an older state of the table was restored',
      )
    }
    if (history.kind === 'rewritten') {
      throw changed(`version ${version} of table ${name} is not the commit with batch ${after.batch} that was read`)
    }
    const batch = heads.get(name)?.txns.get(after.streamId) ?? 0
    if (batch >= after.batch) continue
    throw changed(`table ${name} has batch ${batch} of ${after.streamId}, but batch ${after.batch} was read`)
  }
  const cleaned = [...histories].find(([, { kind }]) => kind === 'cleaned up')?.[0]
  if (cleaned === undefined) return { kind: 'tail' }
  const note = `the log of ${cleaned.name} no longer has what follows batch ${after.batch} of ${stream}`
  return { kind: 'whole', why: 'cleaned up', note: `${note}, so all models are built again from the tables` }
}

import { decodePath } from '../../delta/actions.ts'
import { type CommitFacts, commitFacts } from '../../delta/commitFacts.ts'
import type { DeltaLog } from '../../delta/log.ts'
import type { Offset } from '../../stream/source.ts'
import type { LakeTable } from '../../tables/table.ts'
import { namedStream } from '../byName.ts'
import type { LakeStream } from '../config/resolve.ts'
import { batchOf, offsetIn } from '../history.ts'
import type { OpenLake } from '../openLake.ts'
import { logOf } from '../tableLogs.ts'
import { type Floors, type LeftOut, type Moment, noMoment, type TableThen } from './asOf.ts'
import { type Kept, keptOf } from './kept.ts'

/** A table that a batch wrote or read, with its log. */
interface LoggedTable {
  readonly table: LakeTable
  readonly log: DeltaLog
  readonly kept: Kept | undefined
}

/**
 * The tables of a stream at one of its batches, and its source at what it had read then. Of other tables nothing is
 * known as of a batch.
 * @throws LakeError LAKE_ARGUMENT_INVALID for an unknown stream, and with the oldest batch possible
 */
export async function momentAtBatch(
  lake: OpenLake,
  { stream: word, batch }: { readonly stream: string; readonly batch: number },
  floors: Floors,
): Promise<Moment> {
  const stream = namedStream(lake.config, word)
  const name = `${stream.name}=${batch}`
  if (!Number.isSafeInteger(batch) || batch < 1) {
    throw noMoment(`${name} is not a batch.`, `The batches of a stream are counted from 1: ${stream.name}=1.`)
  }
  const tables = new Map<LakeTable, TableThen>(
    lake.config.tables.map((table) => [
      table,
      {
        kind: 'unknown',
        why: `is neither written nor read by ${stream.name}, so that it is not known as of its batch`,
      },
    ]),
  )
  const written: LoggedTable[] = []
  for (const table of stream.into) written.push(await loggedTable(lake, table, floors))
  const follows = stream.source.follows?.table
  const source = follows === undefined ? undefined : await loggedTable(lake, follows, floors)
  let end: Offset | undefined
  for (const one of written) {
    const commit = await commitOfBatch(one, stream, batch)
    if (commit === undefined || commit.version < (one.kept?.oldest ?? 0)) {
      throw await outOfReach(stream, batch, written, source)
    }
    end = offsetIn(commit.parameters.endOffset) ?? end
    tables.set(one.table, { kind: 'version', version: commit.version })
  }
  if (source !== undefined && end !== undefined) {
    const then = await sourceThen(stream, source, end)
    if (then?.kind === 'version' && then.version < (source.kept?.oldest ?? 0)) {
      throw await outOfReach(stream, batch, written, source)
    }
    if (then !== undefined) tables.set(source.table, then)
  }
  return { name, tables }
}

async function loggedTable(lake: OpenLake, table: LakeTable, floors: Floors): Promise<LoggedTable> {
  const log = logOf(lake, table)
  return { table, log, kept: await keptOf(log, floors.get(table)) }
}

/** The commit of a batch, searched from the newest back; only among those of the stream's present beginning. */
async function commitOfBatch(
  { log, kept }: LoggedTable,
  stream: LakeStream,
  batch: number,
): Promise<CommitFacts | undefined> {
  let before = Number.POSITIVE_INFINITY
  for (const version of kept?.commits.toReversed() ?? []) {
    const facts = await commitFacts(log, version)
    const own = facts === undefined || facts.isForeign ? undefined : batchOf(facts)
    if (own?.stream !== stream.name) continue
    // Before a stream began anew, it had other batches of the same numbers.
    if (own.batch >= before || own.batch < batch) return undefined
    if (own.batch === batch) return facts
    before = own.batch
  }
  return undefined
}

/** What a stream had read of its source; undefined if nothing. */
async function sourceThen(stream: LakeStream, { log }: LoggedTable, end: Offset): Promise<TableThen | undefined> {
  const { follows } = stream.source
  const version = follows?.versionAt(end)
  if (follows === undefined || version === undefined) return undefined
  const part = follows.partAt(end)
  if (part === undefined) return { kind: 'version', version }
  return { kind: 'version', version, leftOut: await leftOutOf(log, version, part) }
}

async function leftOutOf(
  log: DeltaLog,
  version: number,
  { of, after }: { readonly of: 'commit' | 'snapshot'; readonly after: string },
): Promise<LeftOut> {
  if (of === 'snapshot') return { after }
  const adds = (await log.readCommit(version))?.adds ?? []
  return { paths: adds.map(({ path }) => decodePath(path)).filter((path) => path > after) }
}

/** Why a batch cannot be had, with the oldest or newest that can. */
async function outOfReach(
  stream: LakeStream,
  batch: number,
  written: readonly LoggedTable[],
  source: LoggedTable | undefined,
): Promise<Error> {
  const name = `${stream.name}=${batch}`
  const possible = await possibleBatches(stream, written, source)
  const [oldest, newest] = [possible.at(0), possible.at(-1)]
  if (oldest === undefined || newest === undefined) {
    return noMoment(`no batch of ${stream.name} is in the logs of its tables.`, `Run it: lakeweir run ${stream.name}`)
  }
  if (batch > newest) {
    return noMoment(`${name} is not there yet.`, `The newest that all its tables have is ${stream.name}=${newest}.`)
  }
  return noMoment(
    `${name} is older than what is kept of its tables and their source.`,
    `The oldest possible is ${stream.name}=${oldest}.`,
  )
}

/** The batches that every table of a stream still has, with what was read of the source, ascending. */
async function possibleBatches(
  stream: LakeStream,
  written: readonly LoggedTable[],
  source: LoggedTable | undefined,
): Promise<number[]> {
  const byTable: Set<number>[] = []
  for (const { log, kept } of written) {
    const batches = new Set<number>()
    for (const version of kept?.commits ?? []) {
      const facts = await commitFacts(log, version)
      const own = facts === undefined || facts.isForeign ? undefined : batchOf(facts)
      if (facts === undefined || own?.stream !== stream.name) continue
      const end = offsetIn(facts.parameters.endOffset)
      const read = end === undefined || end === null ? undefined : stream.source.follows?.versionAt(end)
      if (read === undefined || read >= (source?.kept?.oldest ?? 0)) batches.add(own.batch)
    }
    byTable.push(batches)
  }
  const [first = new Set<number>(), ...others] = byTable
  return [...first].filter((batch) => others.every((batches) => batches.has(batch))).sort((a, b) => a - b)
}

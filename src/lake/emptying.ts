import type { Session } from '../duckdb/session.ts'
import { LakeError } from '../errors.ts'
import type { Origin } from '../sources/kind.ts'
import type { Offset } from '../stream/source.ts'
import { writerOf } from '../tables/dataFileName.ts'
import { listBatches } from '../tables/record.ts'
import type { LakeTable } from '../tables/table.ts'
import type { LakeStream } from './config/resolve.ts'
import { type EmptiedStore, storeToEmpty } from './live/emptyStore.ts'
import type { OpenLake } from './openLake.ts'
import { placeOf } from './sources.ts'
import { lastRecord, recordOf } from './streamRecords.ts'
import { newestOf } from './tableLogs.ts'

/** What an emptying removes, where that can come from again, and what it keeps. */
export interface Emptying {
  readonly tables: readonly EmptiedTable[]
  /** The archives of landing folders whose rows are removed. */
  readonly archives: readonly KeptArchive[]
  /** The store of the live aggregates that are made from these tables; undefined if there is none to remove. */
  readonly live: EmptiedStore | undefined
  /** Whether rows are removed that nothing here can bring back. */
  readonly isLoss: boolean
}

export interface EmptiedTable {
  readonly name: string
  /** Undefined where its log cannot be read. */
  readonly rows: number | undefined
  readonly parts: readonly EmptiedRows[]
}

/** The rows of a table that one stream or another program has written. */
export interface EmptiedRows {
  /** Undefined for another program. */
  readonly stream: string | undefined
  /** Undefined where they cannot be counted. */
  readonly rows: number | undefined
  /** Where they can come from again; `source`: what they were read from still has them. */
  readonly from: 'table' | 'generator' | 'archive' | 'source' | 'nowhere'
  /** The same as a phrase, with the details that a person needs. */
  readonly how: string
}

export interface KeptArchive {
  readonly stream: string
  readonly folder: string
  readonly files: number
  /** Whether the files go back into the landing folder, to be taken again. */
  readonly isRelanded: boolean
}

/** Which streams begin again, and how. */
export interface EmptyingExtent {
  readonly tables: readonly LakeTable[]
  /** Every stream that reads or writes one of them. */
  readonly streams: readonly LakeStream[]
  /** Whether archived files are taken again. */
  readonly isRelanding: boolean
  /** Whether the live aggregates are removed, too. */
  readonly isLive: boolean
}

/** Finds out what an emptying would remove. */
export async function lookAhead(lake: OpenLake, session: Session, extent: EmptyingExtent): Promise<Emptying> {
  const archives: KeptArchive[] = []
  for (const stream of extent.streams) {
    const kept = await stream.source.emptying.kept(placeOf(lake, stream))
    if (kept === undefined) continue
    archives.push({ stream: stream.name, ...kept, isRelanded: extent.isRelanding && kept.files > 0 })
  }
  const counts = new Map<LakeTable, RowCounts | undefined>()
  for (const table of lake.config.tables) counts.set(table, await rowsOf(lake, session, table))
  const origins = new Map<string | undefined, Origin>()
  for (const stream of lake.config.streams) {
    const kept = archives.find((archive) => archive.stream === stream.name) ?? { files: 0, isRelanded: false }
    origins.set(stream.name, await originOf(lake, stream, kept, counts))
  }
  const tables: EmptiedTable[] = []
  for (const table of extent.tables) {
    const found = counts.get(table) ?? (await uncounted(lake, table))
    const parts = [...found].map(([stream, rows]) => ({ stream, rows, ...(origins.get(stream) ?? FOREIGN) }))
    tables.push({ name: table.name, rows: counts.get(table) === undefined ? undefined : sumOf(found), parts })
  }
  const parts = tables.flatMap((table) => table.parts)
  const live = extent.isLive && lake.config.live !== undefined ? await storeToEmpty(lake.config.live) : undefined
  return { tables, archives, live, isLoss: parts.some(({ from }) => from === 'nowhere') }
}

/** Rows by the stream that wrote them; undefined stands for another program. */
type RowCounts = ReadonlyMap<string | undefined, number | undefined>

const FOREIGN: Origin = { from: 'nowhere', how: 'another program wrote them' }

function sumOf(counts: RowCounts): number | undefined {
  let sum = 0
  for (const rows of counts.values()) {
    if (rows === undefined) return undefined
    sum += rows
  }
  return sum
}

/** @returns undefined where the table's log cannot be read */
async function rowsOf(lake: OpenLake, session: Session, table: LakeTable): Promise<RowCounts | undefined> {
  const counts = new Map<string | undefined, number | undefined>()
  try {
    const snapshot = await newestOf(lake, session, [table])
    if (!snapshot.heads.has(table.name)) return (await uncounted(lake, table)).size === 0 ? counts : undefined
    for (const { path, rows } of await snapshot.liveFiles(table.name)) {
      const writer = writerOf(path)
      const stream = lake.config.streams.find(({ name }) => name === writer)?.name
      const before = counts.has(stream) ? counts.get(stream) : 0
      counts.set(stream, before === undefined || rows === undefined ? undefined : before + rows)
    }
    return counts
  } catch (error) {
    if (error instanceof LakeError) return undefined
    throw error
  }
}

/** The streams that have written a table whose rows cannot be counted. */
async function uncounted(lake: OpenLake, table: LakeTable): Promise<RowCounts> {
  const counts = new Map<string | undefined, number | undefined>()
  for (const stream of lake.config.streams) {
    if (!stream.into.includes(table)) continue
    if ((await listBatches(lake.layout.checkpoint(stream).commits)).length > 0) counts.set(stream.name, undefined)
  }
  return counts
}

async function originOf(
  lake: OpenLake,
  stream: LakeStream,
  kept: Pick<KeptArchive, 'files' | 'isRelanded'>,
  counts: ReadonlyMap<LakeTable, RowCounts | undefined>,
): Promise<Origin> {
  return stream.source.emptying.originOf({
    last: await lastRecord(lake, stream).catch(() => undefined), // one that cannot be read says nothing
    ends: () => endsOf(lake, stream),
    count: stream.into.reduce((sum, table) => sum + (counts.get(table)?.get(stream.name) ?? 0), 0),
    countIn: (table) => {
      const found = counts.get(table)
      return found === undefined ? undefined : sumOf(found)
    },
    kept,
  })
}

/** The ends of the batches whose records are kept; undefined for a record that cannot be read. */
async function endsOf(lake: OpenLake, stream: LakeStream): Promise<(Offset | undefined)[]> {
  const ends: (Offset | undefined)[] = []
  for (const batch of await listBatches(lake.layout.checkpoint(stream).commits)) {
    const record = await recordOf(lake, stream, batch).catch(() => undefined) // one that cannot be read says nothing
    ends.push(record?.source.end)
  }
  return ends
}

import { featuresOf } from '../delta/protocol.ts'
import type { Snapshot, TableSizes } from '../delta/snapshot.ts'
import { LockLook, type LockState } from '../duckdb/lock.ts'
import type { Session } from '../duckdb/session.ts'
import { statOf } from '../files/read.ts'
import type { SourceStatus } from '../sources/kind.ts'
import { type LastError, readLastError } from '../tables/lastError.ts'
import { rowsByTable } from '../tables/record.ts'
import { behindSentence, type LogBehind, snapshotAndLacks } from './committed.ts'
import type { LakeStream } from './config/resolve.ts'
import { wordOf } from './config/resolveEngines.ts'
import { type Differences, differencesOf } from './differences.ts'
import { foreignCommitsIn } from './foreignCommits.ts'
import type { HistoryEntry } from './history.ts'
import { type LiveStatus, liveStatus, refusedForStatus } from './live/liveStatus.ts'
import { notingIn } from './noting.ts'
import type { OpenLake } from './openLake.ts'
import { withSession } from './sessions.ts'
import { lookAtSources, placeOf } from './sources.ts'
import { lastRecord, neverWritten } from './streamRecords.ts'
import { unreferencedFiles } from './unreferencedFiles.ts'

/** The current state of a lake; `status --json` prints the same shape and leaves out what is undefined. */
export interface LakeStatus {
  /** The lake's folder, absolute. */
  readonly root: string
  /** In the order of the config, like the tables. */
  readonly streams: readonly StreamStatus[]
  readonly tables: readonly TableStatus[]
  /** The live aggregates; undefined where the lake keeps none. */
  readonly live: LiveStatus | undefined
  /** Delta tables in the lake's folder that the config does not name, by their folders below it. */
  readonly undeclaredTables: readonly string[]
}

export interface StreamStatus {
  readonly name: string
  /** Why the stream would not start, or what cannot be read of it; what depends on that is left out below. */
  readonly problem: string | undefined
  /** The tables that it writes. */
  readonly into: readonly string[]
  /** Whether a process runs it, and which where that is known. */
  readonly held: LockState
  /** The engine that the config says, by its word: `duckdb`. */
  readonly engine: string
  /** Its last committed batch; undefined before the first. */
  readonly last: StreamBatch | undefined
  /** The error that it stopped with, or will be tried again after; undefined if it has made a batch since. */
  readonly lastError: LastError | undefined
  /** The Delta table outside of the lake that it follows; undefined for all others, and while it cannot be read. */
  readonly source: FollowedFolder | undefined
  /** What there is to take; `rows` is undefined while files are waiting that have not been opened yet. */
  readonly pending: { readonly files: number; readonly rows: number | undefined }
  /** Files in its landing folder that cannot be taken, each with the reason. */
  readonly rejected: readonly { readonly name: string; readonly reason: string }[]
  /** Files in its landing folder that are not of the kind that it takes, each with the reason. */
  readonly ignored: readonly { readonly name: string; readonly reason: string }[]
  /** Columns that files had but no table has. */
  readonly extraColumns: readonly string[]
}

/** A committed batch of a stream. */
export interface StreamBatch {
  readonly batch: number
  /** ISO 8601, UTC. */
  readonly batchTime: string
  /** Its rows by table. */
  readonly rows: Readonly<Record<string, number>>
  /** The engine that made its files, with its version. */
  readonly engine: string
}

/** A Delta table that another program keeps. */
export interface FollowedFolder {
  /** Absolute. */
  readonly folder: string
  /** The newest version in its log. */
  readonly version: number
  /** As of a table of the lake. */
  readonly features: readonly string[]
}

export interface TableStatus {
  readonly name: string
  /** The newest version in its log; undefined before the first run. */
  readonly version: number | undefined
  /** Rows of its live files, as its log says; a file whose writer leaves the count out adds none. */
  readonly rows: number
  /** How many live files it has. */
  readonly files: number
  /** The bytes of its live files, as its log says. */
  readonly bytes: number
  /**
   * Parquet files in the table's folder that its log does not name, by their paths below that folder; undefined where
   * the table has more than 100,000 live files: only `doctor` looks for them there.
   */
  readonly unreferencedFiles: readonly string[] | undefined
  /**
   * Commits by which other programs changed rows that belong to a stream, newest first; of a table without upkeep only
   * among its last 1,000.
   */
  readonly foreignCommits: readonly HistoryEntry[]
  /** How its log differs from the config, each as a sentence; queries follow the log, streams refuse the table. */
  readonly differences: readonly string[]
  /** The Delta features that its log asks for, by the protocol's names; in the order of the names. */
  readonly features: readonly string[]
}

/** Of which no upkeep has noted anything: ten thousand would take a third of a second. */
const LOOKED_AT_COMMITS = 1_000

/** Among how many live files those that no log names are looked for: a million would take four seconds. */
const LOOKED_THROUGH_FILES = 100_000

/** Reads what is there and changes nothing; to see who runs a stream, its lock is tried for an instant, shared. */
export async function readStatus(lake: OpenLake): Promise<LakeStatus> {
  const locks = new LockLook()
  try {
    return await withSession(lake, (session) => statusIn(lake, session, locks))
  } finally {
    await locks.close()
  }
}

async function statusIn(lake: OpenLake, session: Session, locks: LockLook): Promise<LakeStatus> {
  // Begun here and awaited below, like the models: it takes a DuckDB of its own.
  const holders = new Map(lake.config.streams.map((stream) => [stream, lockOf(lake, stream, locks)]))
  for (const looking of holders.values()) looking.catch(() => undefined)
  const found = await lookAtSources(lake)
  const { snapshot, behind } = await snapshotAndLacks(lake, session)
  const { live } = lake.config
  // Begun here and awaited below: it needs DuckDB, while the rest mostly waits for the disk.
  const refusing = live && refusedForStatus(lake, live, snapshot)
  refusing?.catch(() => undefined)
  const differences = await differencesOf(lake, snapshot)
  const tables = await tableStatuses(lake, snapshot, differences)
  const streams: StreamStatus[] = []
  for (const [stream, seen] of found) {
    const lacks = behind.filter((log) => log.stream === stream.name)
    streams.push(await streamStatus(lake, stream, seen, { snapshot, lacks, holder: holders.get(stream) }, session))
  }
  const refused = await refusing
  return {
    root: lake.config.root,
    streams,
    tables,
    live: live && refused && (await liveStatus(lake, live, snapshot, refused)),
    undeclaredTables: differences.undeclared,
  }
}

async function tableStatuses(
  lake: OpenLake,
  snapshot: Snapshot,
  differences: Differences,
): Promise<readonly TableStatus[]> {
  const [sizes, tails] = [await snapshot.sizes(), await snapshot.foreignTails()]
  const unreferenced = await unreferencedByTable(lake, snapshot, sizes)
  const tables: TableStatus[] = []
  for (const table of lake.config.tables) {
    const { name } = table
    const [head, tail] = [snapshot.heads.get(name), tails.get(name)]
    tables.push({
      name,
      version: head?.version,
      ...(sizes.get(name) ?? { rows: 0, files: 0, bytes: 0 }),
      unreferencedFiles: head === undefined ? [] : unreferenced.get(name),
      foreignCommits: tail === undefined ? [] : await foreignCommitsIn(lake, table, tail, LOOKED_AT_COMMITS),
      features: head === undefined ? [] : featuresOf(head.protocol),
      differences: (differences.tables.get(name) ?? []).map((difference) => `${difference}.`),
    })
  }
  return tables
}

/** Of the tables that have a log and are not too large to be looked through. */
async function unreferencedByTable(
  { config, layout }: OpenLake,
  snapshot: Snapshot,
  sizes: ReadonlyMap<string, TableSizes>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const looked = config.tables.filter(({ name }) => (sizes.get(name)?.files ?? Infinity) <= LOOKED_THROUGH_FILES)
  let naming: ReturnType<Snapshot['namedPathsOf']> | undefined
  const namedPaths = async (table: string): Promise<ReadonlySet<string>> => {
    naming ??= snapshot.namedPathsOf(looked.map(({ name }) => name))
    return (await naming).get(table) ?? new Set()
  }
  const found = new Map<string, readonly string[]>()
  for (const table of looked) {
    found.set(table.name, await unreferencedFiles(layout.data(table), () => namedPaths(table.name)))
  }
  return found
}

async function lockOf({ layout }: OpenLake, stream: LakeStream, locks: LockLook): Promise<LockState> {
  const { lockFile } = layout.checkpoint(stream)
  return (await statOf(lockFile)) === undefined ? { held: false } : locks.stateOf(lockFile)
}

/** What was found of a stream, apart from what its own state says. */
interface Found {
  readonly snapshot: Snapshot
  readonly lacks: readonly LogBehind[]
  readonly holder: Promise<LockState> | undefined
}

async function streamStatus(
  lake: OpenLake,
  stream: LakeStream,
  seen: SourceStatus,
  { snapshot, lacks, holder }: Found,
  session: Session,
): Promise<StreamStatus> {
  const problems = lacks.map((lack) => `LAKE_LOG_BEHIND: table ${behindSentence(lack)}`)
  const noting = notingIn(problems)
  const held = await noting<LockState>(async () => (await holder) ?? { held: false }, { held: false })
  const record = await noting(() => lastRecord(lake, stream), undefined)
  const lastError = await noting(
    () => readLastError(lake.layout.checkpoint(stream).errorFile, record?.batchTime),
    undefined,
  )
  const unknown: StreamStatus['pending'] = { files: 0, rows: undefined }
  let { pending } = seen
  const { follows, tableFolder } = stream.source
  let source: FollowedFolder | undefined
  if (tableFolder !== undefined) {
    const place = placeOf(lake, stream)
    source = await noting(() => tableFolder.about(place, session), undefined)
    pending = source === undefined ? unknown : await noting(() => tableFolder.unread(place, session, record), unknown)
  }
  if (follows !== undefined && snapshot.heads.has(follows.table.name)) {
    const isReadable = problems.length === 0
    const place = placeOf(lake, stream)
    pending = isReadable ? await noting(() => follows.unread(place, session, record), unknown) : unknown
  }
  problems.push(...neverWritten(stream, record))
  return {
    name: stream.name,
    problem: problems.length === 0 ? undefined : problems.join(' '),
    into: stream.into.map(({ name }) => name),
    held,
    engine: wordOf(stream.engine),
    last: record && {
      batch: record.batch,
      batchTime: record.batchTime,
      rows: rowsByTable(record),
      engine: record.engine,
    },
    lastError,
    source,
    pending: { files: pending.files, rows: pending.rows },
    rejected: seen.rejected,
    ignored: seen.ignored,
    extraColumns: seen.extraColumns,
  }
}

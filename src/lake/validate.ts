import type { ForeignTail, LiveFile, Snapshot } from '../delta/snapshot.ts'
import { countRows } from '../duckdb/parquet.ts'
import type { Session } from '../duckdb/session.ts'
import { type ErrorCode, LakeError } from '../errors.ts'
import type { FollowedTable, SourceNow, UnreadFiles } from '../sources/kind.ts'
import { isIdOf } from '../stream/streamId.ts'
import type { Rows } from '../tables/engine.ts'
import type { CommitRecord } from '../tables/record.ts'
import type { LakeTable } from '../tables/table.ts'
import { behindSentence, type LogBehind, snapshotAndLacks } from './committed.ts'
import { count, differingRows, reasonsNotToCompare } from './comparedRows.ts'
import type { LakeStream } from './config/resolve.ts'
import { type FileSet, isOf, lookAtFiles } from './dataFiles.ts'
import { type Differences, differenceSentences, differencesOf } from './differences.ts'
import { foreignCommitsIn } from './foreignCommits.ts'
import { foreignCommitText } from './foreignCommitText.ts'
import { type ModelValidation, validateLive } from './live/validateLive.ts'
import type { OpenLake } from './openLake.ts'
import { replacedUnread } from './replacedUnread.ts'
import { withSession } from './sessions.ts'
import { lookAtSources, placeOf } from './sources.ts'
import { lastRecord, neverWritten, recordOf } from './streamRecords.ts'

export interface ValidateOptions {
  /** Compare the rows one by one, too. */
  readonly deep?: boolean
}

/** Whether the rows that came in went out, counted from the data files; `validate --json` prints the same shape. */
export interface Validation {
  /** Whether there is no problem. */
  readonly ok: boolean
  /** Why it is not ok, each as a sentence. */
  readonly problems: readonly string[]
  /** How many rows of their source tables the streams have not read yet. */
  readonly pending: number
  /** How many files in landing folders cannot be taken. */
  readonly rejectedFiles: number
  /** What could only be counted, not compared, each as a sentence with the reason; not a problem. */
  readonly notCompared: readonly string[]
  /** Where the config differs from the tables' logs, each as a sentence; not a problem: the logs count. */
  readonly differences: readonly string[]
  /** What other programs did to rows that belong to a stream, each as a sentence; counts that differ are a problem. */
  readonly foreignCommits: readonly string[]
  /** Table → rows; a table that a stream follows and none of these writes is counted without pending rows. */
  readonly tables: Readonly<Record<string, number>>
  /** Each stream that follows a table of the lake or of another program, in the order of the config. */
  readonly streams: readonly StreamValidation[]
  /** Each live model, in the order of their names; undefined where the lake keeps none. */
  readonly live: readonly ModelValidation[] | undefined
  /** @deprecated The same as `tables`; will be removed in the next version. */
  readonly rows: Readonly<Record<string, number>>
}

/** What one stream that follows a table has read and written. */
export interface StreamValidation {
  readonly name: string
  /** The table that it follows; of one that another program keeps, the path in the config. */
  readonly from: string
  /** The tables that it writes. */
  readonly into: readonly string[]
  /** `kept`: it writes as many rows as it reads. `any`: its SELECT may drop or add rows, or once could. */
  readonly rowRule: Rows
  /** Rows that it has read, counted in its source's data files. */
  readonly rowsIn: number
  /** Rows that it has written, counted in the data files of its tables. */
  readonly rowsOut: number
  /** Rows of its source that it has not read yet. */
  readonly pending: number
  /** What is wrong, each as a sentence. */
  readonly problems: readonly string[]
  /** What could only be counted, not compared, each as a sentence with the reason. */
  readonly notCompared: readonly string[]
}

/** Checks every stream that follows a table: rows up to its offset = rows in its tables. */
export async function validateLake(lake: OpenLake, { deep = false }: ValidateOptions): Promise<Validation> {
  return withSession(lake, (session) => validateIn(lake, session, deep))
}

async function validateIn(lake: OpenLake, session: Session, deep: boolean): Promise<Validation> {
  const state = await readState(lake, session)
  const differences = await differencesOf(lake, state.snapshot)
  const tables: Record<string, number> = {}
  const streams: StreamValidation[] = []
  const following = lake.config.streams.flatMap((stream) => {
    const reads = tableReadBy(stream)
    return reads === undefined ? [] : [{ ...stream, reads }]
  })
  const written = new Set(following.flatMap(({ into }) => into.map(({ name }) => name)))
  for (const stream of following) {
    const { from } = stream.reads
    const { rows, ...checked } = await validateStream(lake, stream, session, state, deep ? differences : undefined)
    for (const [table, count] of Object.entries(rows)) {
      if (table !== from || !written.has(table)) tables[table] = count
    }
    streams.push({ name: stream.name, from, into: stream.into.map(({ name }) => name), ...checked })
  }
  const problems = [
    // For a stream that follows a table, its own problems say it.
    ...state.behind.filter(({ stream }) => !following.some(({ name }) => name === stream)).map(behindSentence),
    ...streams.flatMap((stream) => stream.problems),
  ]
  for (const table of lake.config.tables.filter(({ name }) => !Object.hasOwn(tables, name))) {
    const files = await lookAtFiles(session, table, state.live.get(table.name) ?? [], () => true)
    tables[table.name] = files.rows
    problems.push(...files.problems)
  }
  const live = lake.config.live && (await validateLive(lake, lake.config.live))
  // Models may have a reason in common.
  problems.push(...new Set((live ?? []).flatMap((model) => model.problems)))
  let rejectedFiles = 0
  for (const { rejected } of (await lookAtSources(lake)).values()) rejectedFiles += rejected.length
  return {
    ok: problems.length === 0,
    problems,
    pending: streams.reduce((sum, stream) => sum + stream.pending, 0),
    rejectedFiles,
    notCompared: [...new Set([...streams, ...(live ?? [])].flatMap((checked) => checked.notCompared))],
    differences: differenceSentences(differences),
    foreignCommits: await foreignSentences(lake, state),
    tables,
    streams,
    live,
    rows: tables,
  }
}

/** At most so many commits of a table are told. */
const MAX_FOREIGN = 5

async function foreignSentences(lake: OpenLake, { tails }: LakeState): Promise<string[]> {
  const sentences: string[] = []
  for (const table of lake.config.tables) {
    const tail = tails.get(table.name)
    const found = tail === undefined ? [] : await foreignCommitsIn(lake, table, tail)
    sentences.push(...found.slice(0, MAX_FOREIGN).map((commit) => `${foreignCommitText(table.name, commit)}.`))
    const more = found.length - MAX_FOREIGN
    if (more > 0) sentences.push(`${table.name} has ${more} older commits by other programs.`)
  }
  return sentences
}

/** The state of all tables, read at once. */
interface LakeState {
  readonly snapshot: Snapshot
  readonly behind: readonly LogBehind[]
  /** Table → its live files. */
  readonly live: ReadonlyMap<string, readonly LiveFile[]>
  /** Table → its newest commits. */
  readonly tails: ReadonlyMap<string, ForeignTail>
}

async function readState(lake: OpenLake, session: Session): Promise<LakeState> {
  const { snapshot, behind } = await snapshotAndLacks(lake, session)
  const live = new Map<string, readonly LiveFile[]>()
  for (const name of snapshot.heads.keys()) live.set(name, await snapshot.liveFiles(name))
  return { snapshot, behind, live, tails: await snapshot.foreignTails() }
}

/** A stream that follows a table. */
interface FollowingStream extends LakeStream {
  readonly reads: ReadTable
}

/** A table that a stream follows, of the lake or of another program. */
interface ReadTable {
  /** What its rows are called in SQL. */
  readonly name: string
  readonly from: string
  /** Undefined for one of another program. */
  readonly table: LakeTable | undefined
  readonly source: Pick<FollowedTable, 'unread' | 'now'>
}

function tableReadBy({ source }: LakeStream): ReadTable | undefined {
  const { follows, tableFolder, relation } = source
  if (follows !== undefined) return { name: relation, from: relation, table: follows.table, source: follows }
  return tableFolder && { name: relation, from: tableFolder.path, table: undefined, source: tableFolder }
}

/** What was found about a stream, with the rows of the tables that it reads and writes. */
interface CheckedStream extends Omit<StreamValidation, 'name' | 'from' | 'into'> {
  readonly rows: Readonly<Record<string, number>>
}

/** @param deep  how tables differ from the config; undefined where rows are only counted, not compared one by one */
async function validateStream(
  lake: OpenLake,
  stream: FollowingStream,
  session: Session,
  state: LakeState,
  deep: Differences | undefined,
): Promise<CheckedStream> {
  const { reads } = stream
  const written: FileSet[] = []
  for (const table of stream.into) {
    const live = state.live.get(table.name) ?? []
    written.push(await lookAtFiles(session, table, live, ({ path }) => isOf(stream, table, path)))
  }
  const last = await lastRecord(lake, stream)
  const batch = commonBatch(stream, state.snapshot, last)
  const record = batch === 0 ? undefined : await recordOf(lake, stream, batch)
  const problems = [
    ...state.behind.filter((behind) => behind.stream === stream.name).map(behindSentence),
    ...(batch > 0 && record === undefined ? [`its tables have batch ${batch}, but its checkpoint does not.`] : []),
  ].map((problem) => `${stream.name}: ${problem}`)
  if (problems.length > 0 || (reads.table !== undefined && !state.snapshot.heads.has(reads.name))) {
    return { ...(await countedOnly(session, reads, written, state)), rowRule: stream.rows, problems }
  }
  problems.push(...neverWritten(stream, last).map((problem) => `${stream.name}: ${problem}`))
  // The source is read after the tables: it then has every row that they hold, whatever the streams do meanwhile.
  const seen = await sourceOrWhyNot(lake, stream, record, session)
  if (typeof seen === 'string') {
    problems.push(`${stream.name}: ${seen}`)
    return { ...(await countedOnly(session, reads, written, state)), rowRule: stream.rows, problems }
  }
  const { now, ahead } = seen
  const replaced = await replacedUnread(stream.name, reads.name, now, ahead)
  if (replaced?.problem !== undefined) problems.push(replaced.problem)
  const isRead = ({ path }: { readonly path: string }): boolean => !ahead.paths.has(path)
  const read = await lookAtFiles(session, reads, now.files, isRead)

  problems.push(...[read, ...written].flatMap((files) => files.problems))
  const ofLake = reads.table === undefined ? written : [read, ...written]
  const rows = Object.fromEntries(ofLake.map(({ table, rows: counted }) => [table.name, counted]))
  const rowsIn = read.rows
  const rowsOut = written.reduce((sum, files) => sum + files.rows, 0)
  const freedom = rowFreedom(stream, record) ?? changeFreedom(reads, now)
  const difference = countDifference(read, written, now.version)
  if (freedom === undefined && replaced === undefined && difference !== undefined) problems.push(difference)
  // A table that other streams also write is reported with all its rows.
  for (const { table, all } of written) if (table.owner === null) rows[table.name] = await countRows(session, all)
  const notCompared =
    deep === undefined || freedom !== undefined
      ? []
      : await reasonsNotToCompare(lake, stream, reads.table, deep, state.snapshot.heads)
  if (replaced !== undefined) notCompared.push(replaced.notCompared)
  if (freedom !== undefined) {
    notCompared.push(`${stream.name}: ${freedom}: ${count(rowsIn)} rows in, ${count(rowsOut)} out, not compared.`)
  }
  if (deep !== undefined && notCompared.length === 0 && problems.length === 0) {
    problems.push(...(await differingRows(lake, stream, session, { now, isRead }, written)))
  }
  const rowRule = freedom === undefined ? 'kept' : 'any'
  return { rows, rowRule, rowsIn, rowsOut, pending: ahead.rows, problems, notCompared }
}

/** Errors of a source that is not the one that its stream has read, or that differs from the config. */
const OTHER_SOURCE: ReadonlySet<ErrorCode> = new Set(['LAKE_SOURCE_CHANGED', 'LAKE_TABLE_MISMATCH'])

/**
 * The files of a stream's source, up to its head, whatever batch other tables have, and what the stream has not read of
 * them; if the source is a different one now, why that is not known.
 */
async function sourceOrWhyNot(
  lake: OpenLake,
  stream: FollowingStream,
  record: CommitRecord | undefined,
  session: Session,
): Promise<{ readonly now: SourceNow; readonly ahead: UnreadFiles } | string> {
  const { table, source } = stream.reads
  const place = placeOf(lake, stream)
  try {
    const now = await source.now(place, session)
    return { now, ahead: await source.unread(place, session, record) }
  } catch (error) {
    // What another program keeps may be anything by now, and is no reason to say nothing of the lake.
    const isTold = error instanceof LakeError && (OTHER_SOURCE.has(error.code) || table === undefined)
    if (!isTold || lake.lifetime.signal.aborted) throw error
    return `${error.code}: ${error.message}`
  }
}

/** What is known about a stream whose reading cannot be compared: how many rows there are. */
async function countedOnly(
  session: Session,
  { table }: ReadTable,
  written: readonly FileSet[],
  state: LakeState,
): Promise<Omit<CheckedStream, 'rowRule' | 'problems'>> {
  const there = table && (await lookAtFiles(session, table, state.live.get(table.name) ?? [], () => true))
  const counted = there === undefined ? written : [there, ...written]
  const rows = Object.fromEntries(counted.map((files) => [files.table.name, files.rows]))
  const rowsOut = written.reduce((sum, files) => sum + files.rows, 0)
  return { rows, rowsIn: 0, rowsOut, pending: 0, notCompared: [] }
}

/** Why a stream may have written more or fewer rows than it has read. */
function rowFreedom(stream: LakeStream, record: CommitRecord | undefined): string | undefined {
  if (stream.rows === 'any') return `${stream.select?.name} may drop or add rows`
  if (record?.anyRowsUntil === undefined) return undefined
  return `up to batch ${record.anyRowsUntil} its SELECT was allowed to drop or add rows`
}

/** Why another program's table may have other rows by now than a stream has read of it. */
function changeFreedom({ name, table }: ReadTable, now: SourceNow): string | undefined {
  return table === undefined && now.skipsChanges ? `changes of ${name} are skipped` : undefined
}

/** The newest batch that all tables of a stream have, apart from tables that it has never written. */
function commonBatch(stream: LakeStream, snapshot: Snapshot, last: CommitRecord | undefined): number {
  const batches = stream.into.flatMap(({ name }) => {
    if (last !== undefined && !Object.hasOwn(last.tables, name)) return []
    const txns = [...(snapshot.heads.get(name)?.txns ?? [])].filter(([appId]) => isIdOf(stream.name, appId))
    return [Math.max(0, ...txns.map(([, version]) => version))]
  })
  // Without a record, even one batch in any of them is too many.
  return last === undefined ? Math.max(0, ...batches) : Math.min(...batches)
}

function countDifference(
  { table: { name: source }, rows: read }: FileSet<{ readonly name: string }>,
  into: readonly FileSet[],
  version: number,
): string | undefined {
  const written = into.reduce((sum, { rows }) => sum + rows, 0)
  if (read === written) return undefined
  const sum = into.map(({ table: { name }, rows }) => `${name} ${count(rows)}`).join(' + ')
  const difference = read > written ? `${count(read - written)} missing` : `${count(written - read)} too many`
  return `${source} ${count(read)} ≠ ${sum} (${difference}) at ${source} version ${version}.`
}

import { basename } from 'node:path'
import type { Session } from '../../duckdb/session.ts'
import type { ChosenFile, ChosenLook } from '../../sources/kind.ts'
import { type ImportMark, readImportMark } from '../../tables/importMark.ts'
import { listBatches } from '../../tables/record.ts'
import type { LakeTable } from '../../tables/table.ts'
import type { LakeStream } from '../config/resolve.ts'
import type { OpenLake } from '../openLake.ts'
import { placeOf } from '../sources.ts'
import { lastRecord } from '../streamRecords.ts'
import { newestOf } from '../tableLogs.ts'
import { readCheckpoint } from './checkpoint.ts'
import { type CommittedQuery, committedQueries, filesOfAll, folderOf } from './committed.ts'
import { assertSameRows } from './comparedSinks.ts'
import { count, counted } from './phrases.ts'
import { refused, START_FROM_FILES } from './refusal.ts'
import { type NamedSink, type Route, routeOf } from './route.ts'
import { readSink } from './sinkFolder.ts'
import { type SinkRows, sinkRows } from './sinkRows.ts'

/** What an import takes, once all of it is certain. */
export interface ImportPlan {
  readonly route: Route
  readonly queries: readonly CommittedQuery[]
  readonly source: PlannedSource
  readonly sinks: readonly SinkRows[]
}

export interface PlannedSource {
  readonly folder: string
  readonly files: readonly ChosenFile[]
  readonly rows: number
  /** Files beside them that no batch has read. */
  readonly others: readonly string[]
}

/**
 * Finds out what queries have committed, and proves it as far as their logs, the files and the counts allow. Changes
 * nothing.
 * @param folders  of the checkpoints
 * @throws LakeError LAKE_IMPORT_REFUSED
 */
export async function planImport(
  lake: OpenLake,
  session: Session,
  folders: readonly string[],
  named: readonly NamedSink[],
): Promise<ImportPlan> {
  const checkpoints = []
  for (const folder of folders) checkpoints.push(await readCheckpoint(folder))
  const written = []
  for (const { folder } of named) written.push(await readSink(folder))
  const queries = committedQueries(checkpoints, written)
  const read = filesOfAll(queries)
  const folder = folderOf(read)
  const route = routeOf(lake.config, lake.layout, named, folder)
  const files = read.map(({ path, modifiedMs }) => ({ name: basename(path), modifiedMs }))
  await assertNothingElse(lake, session, route, queries)
  const sinks: SinkRows[] = []
  for (const { table } of route.sinks) {
    const sink = written[named.findIndex((one) => one.table === table)]
    if (sink !== undefined) sinks.push(await sinkRows(session, table, sink))
  }
  const source = await lookAtSource(lake, session, route, { folder, files }, sinks)
  return { route, queries, source, sinks }
}

/** The streams that an import writes batches of. */
export function streamsOf({ land, next }: Route): readonly LakeStream[] {
  return next === undefined ? [land] : [land, next]
}

/** The tables that get rows. */
export function tablesOf(route: Route): readonly LakeTable[] {
  return [...new Set(streamsOf(route).flatMap(({ into }) => into))]
}

/** The streams that write those tables, all of which have to wait. */
export function writersOf({ config }: OpenLake, route: Route): readonly LakeStream[] {
  const tables = new Set(tablesOf(route))
  return config.streams.filter(({ into }) => into.some((table) => tables.has(table)))
}

/** Asserts that the tables are empty, or have only what this import has put there. */
export async function assertNothingElse(
  lake: OpenLake,
  session: Session,
  route: Route,
  queries: readonly CommittedQuery[],
): Promise<void> {
  const own = new Set<LakeStream>()
  for (const stream of streamsOf(route)) {
    const mark = await readImportMark(lake.layout.checkpoint(stream))
    if (mark === undefined) continue
    if (
      !isOf(
        mark,
        queries.map(({ checkpoint }) => checkpoint.id),
      )
    ) {
      throw refused(`stream ${stream.name} already has an import of other queries.`, emptyFirst(route))
    }
    own.add(stream)
  }
  for (const stream of writersOf(lake, route)) {
    const batches = await listBatches(lake.layout.checkpoint(stream).commits)
    if (batches.length === 0 || (own.has(stream) && batches.length === 1)) continue
    throw refused(`stream ${stream.name} has batches already: only empty tables can take an import.`, emptyFirst(route))
  }
  if (own.size > 0) return
  for (const table of tablesOf(route)) {
    const snapshot = await newestOf(lake, session, [table])
    if (!snapshot.heads.has(table.name) || (await snapshot.liveFiles(table.name)).length === 0) continue
    throw refused(`table ${table.name} already has rows: only empty tables can take an import.`, emptyFirst(route))
  }
}

/** Whether a mark is that of an import of these queries. */
export function isOf({ queries }: ImportMark, ids: readonly string[]): boolean {
  return queries.length === ids.length && queries.every((id) => ids.includes(id))
}

function emptyFirst(route: Route): string {
  const names = streamsOf(route).map(({ name }) => name)
  const streams = names.join(' ')
  return (
    'Import into a new lake: --lake FOLDER. Or take the files of the source without what Spark has made of them: ' +
    `lakeweir run ${streams} --fresh --reland`
  )
}

async function lookAtSource(
  lake: OpenLake,
  session: Session,
  route: Route,
  { folder, files }: Pick<PlannedSource, 'folder' | 'files'>,
  sinks: readonly SinkRows[],
): Promise<PlannedSource> {
  const last = await lastRecord(lake, route.land)
  // Its files were archived with that batch, and its record has their rows.
  if (last !== undefined) {
    assertCounts(route, last.inputRows, files.length, sinks)
    return { folder, files, rows: last.inputRows, others: [] }
  }
  const look = await route.land.source.chosen?.(placeOf(lake, route.land), files, {}).look()
  if (look === undefined) throw new RangeError('the stream has a folder')
  assertAllThere(folder, look)
  assertCounts(route, look.rows, files.length, sinks)
  if (sinks.some(({ sink }) => sink.kind === 'plain')) await assertSameRows(session, look.groups, sinks)
  return { folder, files, rows: look.rows, others: look.others }
}

function assertAllThere(folder: string, { faults }: ChosenLook): void {
  const [first, ...more] = faults
  if (first === undefined) return
  const others = more.length === 0 ? '' : ` So it is with ${more.length} more.`
  throw refused(
    `Spark has read ${folder}/${first.name}, but ${first.reason}.${others}`,
    'Put it back as it was then, with its time (mv or cp -p), from a backup or from where cleanSource has put it.',
  )
}

/** As many rows come out as go in where streams keep rows; else only the log of a sink can prove anything. */
function assertCounts(route: Route, read: number, files: number, sinks: readonly SinkRows[]): void {
  const [first] = sinks
  if (streamsOf(route).some(({ rows }) => rows === 'any')) {
    if (route.land.rows === 'kept' && sinks.every(({ sink }) => sink.kind === 'log')) return
    throw refused(
      `${first?.table.name} is written with rows: 'any', so no count proves that ${first?.sink.folder} is whole.`,
      START_FROM_FILES,
    )
  }
  const written = sinks.reduce((sum, { rows }) => sum + rows, 0)
  if (written === read) return
  const each = sinks.map(({ table, rows }) => `${table.name} ${count(rows)}`).join(' + ')
  const left = sinks.flatMap(({ sink }) => sink.unnamed).length
  const unnamed = left === 0 ? '' : ` Files beside them that no log names were not counted: ${left}.`
  const why =
    written > read
      ? 'A batch was written twice, or by another query, too.'
      : 'A batch was lost, or rows are in no sink, such as those for which a condition and its NOT are both NULL.'
  throw refused(
    `Spark has read ${counted(read, 'row')} of ${counted(files, 'file')}, and written ${count(written)}: ` +
      `${each}.${unnamed}`,
    `${why} ${START_FROM_FILES}`,
  )
}

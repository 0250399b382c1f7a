import { join, relative } from 'node:path'
import { decodePath } from '../../delta/actions.ts'
import { type DeltaLog, listLog } from '../../delta/log.ts'
import type { TableHead } from '../../delta/snapshot.ts'
import type { Session } from '../../duckdb/session.ts'
import { script } from '../../duckdb/sql/statements.ts'
import { findFiles, noteNeeded, noteRemovals, unneededFiles } from '../../duckdb/sql/vacuum.ts'
import { requiredText } from '../../duckdb/values.ts'
import { statOf } from '../../files/read.ts'
import { inTurns } from '../../files/turns.ts'
import { isOurName } from '../../tables/dataFileName.ts'
import type { CommitRecord } from '../../tables/record.ts'
import type { LakeTable } from '../../tables/table.ts'
import { chosenTables } from '../byName.ts'
import type { OpenLake } from '../openLake.ts'
import { withPrepared } from '../prepare.ts'
import { withSession } from '../sessions.ts'
import { placeOf } from '../sources.ts'
import { lastRecord } from '../streamRecords.ts'
import { logOf, newestOf } from '../tableLogs.ts'
import { type FileNeed, needsOf } from './needs.ts'
import { TendedTable } from './tendedTable.ts'

/** What a vacuum has removed, or would remove. */
export interface Vacuumed {
  /** The table; for an archive of landed files, its folder below the lake. */
  readonly of: string
  readonly kind: 'table' | 'archive'
  readonly files: number
  readonly bytes: number
  /** Their paths below the folder: all of them for a dry run, else only how many. */
  readonly paths: readonly string[]
  /** Why less was removed than could be, as a sentence without its full stop. */
  readonly kept: string | undefined
}

export interface VacuumOptions {
  /** The names of tables; empty: all, and the archives of landed files whose retention the config sets. */
  readonly tables?: readonly string[]
  /** How long a replaced file stays, in milliseconds; what the config says where undefined. */
  readonly retainMs?: number
  /** Only says what would be removed. */
  readonly dryRun?: boolean
  /** Called for each table once it is done. */
  readonly onTable?: (vacuumed: Vacuumed) => void
}

/** Removes files that nothing needs any more. @throws LakeError LAKE_TABLE_HELD while another process does so */
export async function vacuumLake(lake: OpenLake, options: VacuumOptions = {}): Promise<readonly Vacuumed[]> {
  const { keepFilesMs } = lake.config.upkeep
  const names = options.tables ?? []
  const tables = chosenTables(lake.config, names)
  const plan: VacuumPlan = { retainMs: options.retainMs ?? keepFilesMs, isDry: options.dryRun === true }
  return withPrepared(lake, async () => {
    const done: Vacuumed[] = []
    for (const table of tables) {
      const vacuumed = await TendedTable.alone(lake, table, () =>
        withSession(lake, (session) => vacuumTable(lake, table, session, plan)),
      )
      options.onTable?.(vacuumed)
      done.push(vacuumed)
    }
    for (const archive of names.length > 0 ? [] : await vacuumArchives(lake, plan.isDry)) {
      options.onTable?.(archive)
      done.push(archive)
    }
    return done
  })
}

export interface VacuumPlan {
  readonly retainMs: number
  readonly isDry: boolean
}

/** The most commits that are read to find out what a stream still needs. */
const MAX_COMMITS = 100_000

/**
 * Removes the files of a table that its log has removed so long ago, and files named as ours that neither the log nor a
 * record names. What a stream or the live aggregates still need at their place stays, and so does an unpublished batch.
 *
 * The folder is looked at first, then the records, then the log: a file that comes later is not among those found, and
 * one that was there before is named by a record until the log names it.
 */
export async function vacuumTable(
  lake: OpenLake,
  table: LakeTable,
  session: Session,
  { retainMs, isDry }: VacuumPlan,
): Promise<Vacuumed> {
  const { config, layout, clock, disk } = lake
  const folder = layout.data(table)
  const nothing: Vacuumed = { of: table.name, kind: 'table', files: 0, bytes: 0, paths: [], kept: undefined }
  const needs = await needsOf(lake, table)
  await session.run(findFiles(folder))
  const records = await recordsOf(lake, table)
  const log = logOf(lake, table)
  const snapshot = await newestOf(lake, session, [table])
  const head = snapshot.heads.get(table.name)
  if (head === undefined) return nothing
  const needed = await neededPaths(log, needs.files, head.version)
  const recorded = unpublishedPaths(table, records, head)
  if (needed === undefined) {
    return { ...nothing, kept: 'what follows the table has not read all of its log, so all files stay' }
  }
  const removals = noteRemovals(await removalFiles(log, head.version))
  await session.run(script([noteNeeded([...recorded, ...needed]), removals]))
  const untilMs = clock.nowMs() - retainMs
  // A file that the log no longer names was removed at least that long ago, or never added.
  const isUnnamedOld = retainMs <= config.upkeep.keepFilesMs
  const paths: string[] = []
  let [files, bytes] = [0, 0]
  for await (const row of inTurns(await session.rows(unneededFiles(table.name, untilMs)))) {
    const path = requiredText(row.path, 'path')
    const stats = await statOf(join(folder, path))
    if (stats?.isFile() !== true) continue
    const isOld = row.is_removed === true || (isUnnamedOld && isOurName(path) && stats.mtimeMs <= untilMs)
    if (!isOld) continue
    if (!isDry) await disk.removeFile(join(folder, path))
    files += 1
    bytes += stats.size
    if (isDry) paths.push(path)
  }
  return { ...nothing, files, bytes, paths }
}

/** The last batch of each stream that writes the table. */
async function recordsOf(lake: OpenLake, table: LakeTable): Promise<readonly CommitRecord[]> {
  const records: CommitRecord[] = []
  for (const stream of lake.config.streams.filter(({ into }) => into.includes(table))) {
    const last = await lastRecord(lake, stream)
    if (last !== undefined) records.push(last)
  }
  return records
}

/** The files of batches that are committed, and that the table's log does not have yet. */
function unpublishedPaths({ name }: LakeTable, records: readonly CommitRecord[], { txns }: TableHead): string[] {
  const unpublished = records.filter(({ streamId, batch }) => (txns.get(streamId) ?? 0) < batch)
  return unpublished.flatMap(({ tables }) => (tables[name] ?? []).map(({ path }) => path))
}

/** @returns undefined if they are not known: commits are gone, or nothing was read yet */
async function neededPaths(log: DeltaLog, needs: readonly FileNeed[], head: number): Promise<string[] | undefined> {
  const first = Math.min(head, ...needs.map(({ after }) => after))
  if (first < 0 || head - first > MAX_COMMITS) return undefined
  const paths: string[] = []
  for (let version = first + 1; version <= head; version++) {
    const commit = await log.readCommit(version)
    if (commit === undefined) return undefined
    const needing = needs.filter(({ after }) => after < version)
    const isAll = needing.some(({ which }) => which === 'all')
    const files = isAll ? [...commit.adds, ...commit.removes] : commit.adds.filter(({ dataChange }) => dataChange)
    if (needing.length > 0) paths.push(...files.map(({ path }) => decodePath(path)))
  }
  return paths
}

/** Where the removals stand: the newest checkpoint, and the commits after it. */
async function removalFiles(
  log: DeltaLog,
  head: number,
): Promise<{ readonly commits: string[]; readonly checkpoint: string | undefined }> {
  const entries = (await listLog(log.folder)).filter(({ version }) => version <= head)
  const newest = entries.filter(({ isCheckpoint }) => isCheckpoint).at(-1)?.version
  const commits = entries.filter(({ isCheckpoint, version }) => !isCheckpoint && version > (newest ?? -1))
  return {
    commits: commits.map(({ version }) => log.commitPath(version)),
    checkpoint: newest === undefined ? undefined : log.commitPath(newest).replace(/\.json$/, '.checkpoint.parquet'),
  }
}

/** Removes landed files whose time in the archive is over; only where the config says how long that is. */
export async function vacuumArchives(lake: OpenLake, isDry: boolean): Promise<readonly Vacuumed[]> {
  const { config, layout, clock, disk } = lake
  const { keepArchiveMs } = config.upkeep
  if (keepArchiveMs === undefined) return []
  const done: Vacuumed[] = []
  for (const stream of config.streams) {
    const kept = await stream.source.keptBefore(placeOf(lake, stream), clock.nowMs() - keepArchiveMs)
    if (kept === undefined) continue
    for await (const { path } of inTurns(isDry ? [] : kept.files)) await disk.removeFile(path)
    done.push({
      of: relative(layout.root, kept.folder),
      kind: 'archive',
      files: kept.files.length,
      bytes: kept.files.reduce((sum, { bytes }) => sum + bytes, 0),
      paths: isDry ? kept.files.map(({ path }) => relative(kept.folder, path)) : [],
      kept: undefined,
    })
  }
  return done
}

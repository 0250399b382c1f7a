import { join } from 'node:path'
import { saysDisk } from '../../duckdb/diskErrors.ts'
import { exhaustedResource } from '../../duckdb/resourceErrors.ts'
import type { Session } from '../../duckdb/session.ts'
import { allValuesOf, chosenCheckpoints } from '../../duckdb/sql/logCheckpoints.ts'
import { script, setVariable } from '../../duckdb/sql/statements.ts'
import { statementsOf } from '../../duckdb/sql/statementTexts.ts'
import { requiredText } from '../../duckdb/values.ts'
import type { Disk } from '../../files/disk.ts'
import { listFolder, statOf } from '../../files/read.ts'
import { type DeltaLog, listLog } from '../log.ts'
import { lakeTablesStatement, logError, logFilesSql } from '../snapshot.ts'

/** How many files one call removes at the most, so that other work of the same process gets its turn. */
const MAX_REMOVED = 10_000

/** The files of a log that say something of one version: commits, checkpoints, checksums, compacted commits. */
const OF_VERSION = /^\.?(\d{20})\..*(?:json|parquet|crc)$/

export interface CleanUpParts {
  readonly disk: Disk
  /** Used by this work alone while it runs. */
  readonly session: Session
  readonly log: DeltaLog
  readonly lakeFolder: string
}

export interface CleanUpPlan {
  readonly table: string
  /** The folder of the table's files, relative to the lake's. */
  readonly folder: string
  /** The oldest version that somebody still needs, itself or as the place to read on from. */
  readonly neededVersion: number
  /** Only what was written before this time goes, in milliseconds since 1970. */
  readonly beforeMs: number
}

/** What a clean-up has removed. */
export interface CleanedLog {
  readonly removedFiles: number
  /** The oldest version that can be read from now on; undefined if nothing was removed. */
  readonly oldestVersion: number | undefined
}

/**
 * Removes what a log says of versions before a checkpoint: the newest one that nobody needs an older version than, and
 * before which every commit is old enough. That checkpoint is read whole before anything goes, and it stays with its
 * own commit. The oldest files go first, and the names come back in any order after a power cut: a reader starts at the
 * checkpoint, so it looks at none of them.
 * @throws LakeError LAKE_LOG_INVALID
 */
export async function cleanUpLog(parts: CleanUpParts, plan: CleanUpPlan): Promise<CleanedLog> {
  const { disk, log } = parts
  const base = await oldestToKeep(parts, plan)
  if (base === undefined) return { removedFiles: 0, oldestVersion: undefined }
  const old = (await listFolder(log.folder)).flatMap(({ name }) => {
    const version = Number(OF_VERSION.exec(name)?.[1] ?? Number.NaN)
    return lastVersionOf(name, version) < base ? [{ name, version }] : []
  })
  old.sort((a, b) => a.version - b.version)
  const removed = old.slice(0, MAX_REMOVED)
  for (const { name } of removed) await disk.removeFile(join(log.folder, name))
  return { removedFiles: removed.length, oldestVersion: removed.length === old.length ? base : undefined }
}

/** A file of compacted commits is named after the first and the last of them. */
function lastVersionOf(name: string, version: number): number {
  return Number(/^\d{20}\.(\d{20})\.compacted\.json$/.exec(name)?.[1] ?? version)
}

/** The version of the checkpoint before which everything may go. */
async function oldestToKeep(
  { session, log, lakeFolder }: CleanUpParts,
  { table, folder, neededVersion, beforeMs }: CleanUpPlan,
): Promise<number | undefined> {
  const entries = await listLog(log.folder)
  const commits = new Set(entries.flatMap(({ version, isCheckpoint }) => (isCheckpoint ? [] : [version])))
  const oldest = entries.reduce((least, { version }) => Math.min(least, version), Number.POSITIVE_INFINITY)
  const checkpoints = entries.filter(({ version, isCheckpoint }) => {
    return isCheckpoint && version > oldest && version <= neededVersion && commits.has(version)
  })
  for (const { version } of checkpoints.toReversed()) {
    // Commits come one after another, so those before the last one are older.
    const last = await statOf(log.commitPath(version))
    if (last === undefined || last.mtimeMs >= beforeMs) continue
    const statements = [
      setVariable('lake', lakeFolder),
      lakeTablesStatement([{ name: table, folder, stream: null, asOf: version }]),
      statementsOf(logFilesSql),
    ]
    try {
      await session.run(script(statements))
      const [chosen] = await session.rows(chosenCheckpoints)
      const file = log.checkpointPath(version)
      if (chosen === undefined || requiredText(chosen.checkpoint, 'a checkpoint') !== file) continue
      await session.rows(allValuesOf(file))
    } catch (cause) {
      // An older one does as well.
      if (saysDisk(cause) || exhaustedResource(cause) !== undefined) throw logError(cause)
      continue
    }
    return version
  }
  return undefined
}

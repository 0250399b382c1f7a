import { dirname, join } from 'node:path'
import { type Action, countedActions, ENGINE_INFO, encodePath } from '../delta/actions.ts'
import type { PreparedCommit } from '../delta/log.ts'
import { LakeError, messageOf, systemCodeOf } from '../errors.ts'
import { syncAll } from '../files/barriers.ts'
import type { Disk } from '../files/disk.ts'
import { statOf } from '../files/read.ts'
import { allEnded, inParallel } from '../files/turns.ts'
import { mayBeRepeated } from '../stream/retry.ts'
import { streamOf } from '../stream/streamId.ts'
import type { Checkpoint } from './checkpoint.ts'
import { attemptId } from './dataFileName.ts'
import type { CommitRecord, RecordedFile } from './record.ts'
import type { Target } from './target.ts'

/** Table name → the newest version of its log, as far as we know. */
export type Heads = ReadonlyMap<string, number>

/** Table name → the newest batch of this stream in its log; a table that is not listed has none. */
export type PublishedBatches = ReadonlyMap<string, number>

/** For a batch that has just been committed. */
export const NOWHERE: PublishedBatches = new Map()

/**
 * Makes a committed batch visible in all its tables, durably. This depends on the record alone and may be repeated
 * after any crash: existing links are kept, an existing transaction is not repeated, and both barriers are always
 * passed, because what is visible is not necessarily durable.
 *
 * 1. link every file into its table (nothing names it yet), and write the Delta commits under temporary names
 * 2. barrier c: all folders from the tables down to the files, and the commits
 * 3. one Delta commit for each table, with rows or without: from here on, readers see the batch in that table
 * 4. barrier d: the logs' folders; from here on, the batch no longer needs its staged names
 *
 * @param published  which tables have the batch already
 * @returns the heads after that
 * @throws LakeError LAKE_PUBLISH_FAILED, LAKE_DATA_LOST
 */
export async function publish(
  { disk, checkpoint, targets }: PublishPlaces,
  record: CommitRecord,
  heads: Heads,
  published: PublishedBatches,
): Promise<Heads> {
  try {
    const unpublished = targets.filter(({ name }) => (published.get(name) ?? 0) < record.batch)
    const commits = await prepare(disk, checkpoint, targets, unpublished, record)
    const moved = new Map(heads)
    const appends = commits.map(({ target: { name, log }, commit }) => async () => {
      moved.set(name, await log.append(heads.get(name) ?? 0, commit))
    })
    await inParallel(appends)
    await syncLogs(disk, targets)
    return moved
  } catch (cause) {
    throw publishError(record, cause)
  }
}

/** What a batch is published with. */
export interface PublishPlaces {
  readonly disk: Disk
  readonly checkpoint: Checkpoint
  readonly targets: readonly Target[]
}

/** Steps 1 and 2. */
async function prepare(
  disk: Disk,
  checkpoint: Checkpoint,
  targets: readonly Target[],
  unpublished: readonly Target[],
  record: CommitRecord,
): Promise<readonly { readonly target: Target; readonly commit: PreparedCommit }[]> {
  const attemptFolder = checkpoint.attemptFolder(record.batch, record.attempt)
  const links = unpublished.flatMap((target) =>
    filesOf(record, target).map((file) => () => linkFile(disk, attemptFolder, target, record, file)),
  )
  await inParallel(links)
  const foldersIn = (some: readonly Target[]): string[] =>
    some.flatMap((target) => foldersOf(target, filesOf(record, target)))
  const longThere = await existing(foldersIn(targets.filter((target) => !unpublished.includes(target))))
  const [commits] = await allEnded(
    allEnded(
      ...unpublished.map(async (target) => {
        const commit = await target.log.prepare(actionsOf(record, target), checkpoint.staging)
        return { target, commit }
      }),
    ),
    syncAll(disk, [], [...foldersIn(unpublished), ...longThere]),
  )
  return commits
}

/** Barrier d. */
async function syncLogs(disk: Disk, targets: readonly Target[]): Promise<void> {
  await syncAll(
    disk,
    [],
    targets.map((target) => target.log.folder),
  )
}

/** The error for a batch that is committed but not yet in all its tables. */
function publishError(record: CommitRecord, cause: unknown): LakeError {
  if (cause instanceof LakeError && (cause.code === 'LAKE_PUBLISH_FAILED' || cause.code === 'LAKE_DATA_LOST'))
    return cause
  const what = `${streamOf(record.streamId)} batch ${record.batch} is committed but not published: ${messageOf(cause)}`
  return new LakeError('LAKE_PUBLISH_FAILED', what, {
    cause,
    state: 'Nothing is lost: the next start publishes it before anything else.',
    remedy: 'Fix what the message names, then start the stream again.',
    canRetry: mayBeRepeated(cause),
  })
}

function filesOf(record: CommitRecord, target: Target): readonly RecordedFile[] {
  return record.tables[target.name] ?? []
}

async function linkFile(
  disk: Disk,
  attemptFolder: string,
  target: Target,
  record: CommitRecord,
  file: RecordedFile,
): Promise<void> {
  const path = join(target.log.tableFolder, file.path)
  for (const folder of parentsOf(target, file).toReversed()) await disk.makeFolder(folder)
  try {
    await disk.link(join(attemptFolder, file.stagedPath), path)
  } catch (error) {
    // An earlier process may have published this file and died while it removed the staged names.
    if (systemCodeOf(error) === 'ENOENT' && (await statOf(path)) !== undefined) return
    if (systemCodeOf(error) !== 'ENOENT') throw error
    const stream = streamOf(record.streamId)
    throw new LakeError('LAKE_DATA_LOST', `${file.path} of table ${target.name} is neither staged nor published.`, {
      cause: error,
      state: `Its ${file.rows} rows were committed with batch ${record.batch}.`,
      remedy: `Restore the lake from a backup, or build the table again: lakeweir run ${stream} --fresh`,
    })
  }
}

/** The folders between a table's folder and a file, innermost first. */
function parentsOf(target: Target, file: RecordedFile): string[] {
  const folders: string[] = []
  for (let step = dirname(file.path); step !== '.'; step = dirname(step)) {
    folders.push(join(target.log.tableFolder, step))
  }
  return folders
}

/** The folders that still exist: another Delta writer may have removed those of a batch published long ago. */
async function existing(folders: readonly string[]): Promise<string[]> {
  const there: string[] = []
  for (const folder of new Set(folders)) if ((await statOf(folder)) !== undefined) there.push(folder)
  return there
}

/** Every folder that must be durable for a table's files to be found. */
function foldersOf(target: Target, files: readonly RecordedFile[]): string[] {
  if (files.length === 0) return []
  return [target.log.tableFolder, ...files.flatMap((file) => parentsOf(target, file))]
}

/** The Delta commit of one table for a batch. */
function actionsOf(record: CommitRecord, target: Target): Action[] {
  const files = filesOf(record, target)
  const timestamp = Date.parse(record.batchTime)
  const rows = files.reduce((sum, file) => sum + file.rows, 0)
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const commitInfo = {
    timestamp,
    operation: 'STREAMING UPDATE',
    operationParameters: {
      outputMode: 'Append',
      stream: streamOf(record.streamId),
      batch: String(record.batch),
      attempt: attemptId(record.attempt),
      batchTime: record.batchTime,
      startOffset: JSON.stringify(record.source.start),
      endOffset: JSON.stringify(record.source.end),
    },
    operationMetrics: {
      numFiles: String(files.length),
      numOutputRows: String(rows),
      numOutputBytes: String(bytes),
    },
    engineInfo: `${ENGINE_INFO}${record.engine}`,
  }
  return countedActions(commitInfo, [
    { txn: { appId: record.streamId, version: record.batch, lastUpdated: timestamp } },
    ...files.map((file) => ({
      add: {
        path: encodePath(file.path),
        partitionValues: file.partitionValues,
        size: file.bytes,
        modificationTime: timestamp,
        dataChange: true,
        stats: file.stats,
      },
    })),
  ])
}

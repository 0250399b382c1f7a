import { dirname } from 'node:path'
import type { ReadFile, SparkCheckpoint } from './checkpoint.ts'
import { realFolder } from './localPath.ts'
import { RUN_ONCE_MORE, refused } from './refusal.ts'
import type { SparkSink } from './sinkFolder.ts'

/** How far a query has committed. */
export interface CommittedQuery {
  readonly checkpoint: SparkCheckpoint
  /** Its last batch that is written for certain. */
  readonly batch: number
  /** What its batches up to that one have read. */
  readonly files: readonly ReadFile[]
}

/**
 * How far each query has committed. A file sink has committed what its log names: Spark writes that before the
 * checkpoint, and does not write such a batch again. What a query wrote otherwise is certain only where all that it
 * began has ended.
 * @throws LakeError LAKE_IMPORT_REFUSED
 */
export function committedQueries(
  checkpoints: readonly SparkCheckpoint[],
  sinks: readonly SparkSink[],
): readonly CommittedQuery[] {
  const logs = sinks.filter(({ kind }) => kind === 'log')
  if (logs.length === 0) return checkpoints.map(allCommitted)
  const [plain] = sinks.filter(({ kind }) => kind === 'plain')
  if (plain !== undefined) {
    throw refused(
      `${logs[0]?.folder} has a _spark_metadata, and ${plain.folder} has none: ` +
        'one is the sink of a query, and the other was written by foreachBatch.',
      'Import both as what wrote them, each into a lake of its own, or start from the files of the source.',
    )
  }
  if (checkpoints.length !== sinks.length) {
    throw refused(
      `there are ${sinks.length} file sinks and ${checkpoints.length} checkpoints: ` +
        'each file sink is written by a query with a checkpoint of its own.',
      'Name the checkpoints in the order of their sinks.',
    )
  }
  return checkpoints.map((checkpoint, index) => committedBySink(checkpoint, sinks[index]))
}

function allCommitted(checkpoint: SparkCheckpoint): CommittedQuery {
  const { folder, planned, committed } = checkpoint
  if (committed === planned) return { checkpoint, batch: planned, files: checkpoint.filesUpTo(planned) }
  throw refused(
    `${folder} has begun batch ${planned} and not committed it: what foreachBatch has written of it is not known.`,
    `${RUN_ONCE_MORE} If rows are doubled then, the count will tell.`,
  )
}

function committedBySink(checkpoint: SparkCheckpoint, sink: SparkSink | undefined): CommittedQuery {
  const { folder, planned, committed } = checkpoint
  const batch = sink?.lastBatch
  if (batch === undefined) throw refused(`${sink?.folder} has no batch in its _spark_metadata.`, RUN_ONCE_MORE)
  if (batch > planned) {
    throw refused(
      `${sink?.folder} has batch ${batch}, but ${folder} has planned only up to ${planned}: ` +
        'a query with another checkpoint has written it.',
    )
  }
  if (batch < (committed ?? -1)) {
    throw refused(
      `${folder} has committed batch ${committed}, but ${sink?.folder} ends with batch ${batch}: ` +
        'it is the sink of another query, or an old copy.',
    )
  }
  return { checkpoint, batch, files: checkpoint.filesUpTo(batch) }
}

/** The files that all queries have read. @throws LakeError LAKE_IMPORT_REFUSED if one is behind another */
export function filesOfAll(queries: readonly CommittedQuery[]): readonly ReadFile[] {
  const [most] = queries.toSorted((one, other) => other.files.length - one.files.length)
  for (const { checkpoint, files } of queries) {
    const read = new Set(files.map(({ path }) => path))
    const missing = most?.files.filter(({ path }) => !read.has(path)) ?? []
    if (missing.length === 0) continue
    const which = missing.length === 1 ? `${missing[0]?.path}` : `${missing[0]?.path} and ${missing.length - 1} more`
    throw refused(
      `${checkpoint.folder} is behind ${most?.checkpoint.folder}: its query has not read ${which}.`,
      RUN_ONCE_MORE,
    )
  }
  return most?.files ?? []
}

/** The one folder that the files are directly in. @throws LakeError LAKE_IMPORT_REFUSED */
export function folderOf(files: readonly ReadFile[]): string {
  const folders = new Set(files.map(({ path }) => dirname(path)))
  const [first, second] = [...new Set([...folders].map(realFolder))]
  if (first === undefined) throw refused('the query has read no file.')
  if (second === undefined) return first
  throw refused(
    `the query has read files of ${first} and of ${second}: its path was changed, or has folders below it.`,
    'A landing folder has its files beside each other.',
  )
}

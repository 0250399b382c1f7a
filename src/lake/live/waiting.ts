import type { DeltaLog } from '../../delta/log.ts'
import { latest, newestTime } from '../../delta/stats.ts'
import { statOf } from '../../files/read.ts'
import type { ServedPosition } from '../../serving/reader.ts'
import type { CommitRecord } from '../../tables/record.ts'
import type { LakeStream } from '../config/resolve.ts'
import type { ResolvedLive } from '../config/resolveLive.ts'
import type { OpenLake } from '../openLake.ts'
import { placeOf } from '../sources.ts'
import { lastRecord, recordOf } from '../streamRecords.ts'
import { logOf } from '../tableLogs.ts'

/** What is on its way to the models. */
export interface WaitingRows {
  /** Files, and batches of the followed stream. */
  readonly files: number
  /** Since when the oldest of them has been there, in milliseconds since 1970; undefined if there are none. */
  readonly sinceMs: number | undefined
  /** The latest event time in them, as far as logs and records say it. */
  readonly newestEventMs: number | undefined
}

/** The most commits of one log that are looked at; of more, only that there are so many counts. */
const MAX_COMMITS = 1_000

const NOTHING: WaitingRows = { files: 0, sinceMs: undefined, newestEventMs: undefined }

/**
 * What waits on the way to the models: in the landing folders, in the tables that streams follow, and in the followed
 * stream's own batches. No data file is opened, and nothing is locked or changed.
 */
export async function lookForWaiting(
  lake: OpenLake,
  { follows, eventTime }: ResolvedLive,
  position: ServedPosition | undefined,
): Promise<WaitingRows> {
  const last = await lastRecord(lake, follows)
  const batches = last === undefined ? NOTHING : await waitingBatches(lake, follows, last, position, eventTime)
  return together([batches, ...(await waitingFor(lake, follows, eventTime))])
}

/** Batches of the followed stream that the models do not have. */
async function waitingBatches(
  lake: OpenLake,
  stream: LakeStream,
  last: CommitRecord,
  position: ServedPosition | undefined,
  eventTime: string | undefined,
): Promise<WaitingRows> {
  const served = position?.batch ?? 0
  if (last.batch <= served) return NOTHING
  const first = (await recordOf(lake, stream, served + 1)) ?? last
  const files = Object.values(last.tables).flat()
  return {
    files: last.batch - served,
    sinceMs: Date.parse(first.batchTime),
    newestEventMs: newestOf(
      files.map(({ stats }) => stats),
      eventTime,
    ),
  }
}

/** What waits for a stream, and for those that feed it. */
async function waitingFor(lake: OpenLake, stream: LakeStream, eventTime: string | undefined): Promise<WaitingRows[]> {
  const { follows } = stream.source
  if (follows === undefined) {
    const { pending, waitingSinceMs } = await stream.source.look(placeOf(lake, stream))
    return [{ files: pending.files, sinceMs: waitingSinceMs, newestEventMs: undefined }]
  }
  const { table } = follows
  const end = (await lastRecord(lake, stream))?.source.end
  const read = end === undefined ? undefined : follows.versionAt(end)
  const found = [await waitingCommits(logOf(lake, table), (read ?? -1) + 1, eventTime)]
  for (const writer of lake.config.streams.filter(({ into }) => into.includes(table))) {
    found.push(...(await waitingFor(lake, writer, eventTime)))
  }
  return found
}

async function waitingCommits(log: DeltaLog, from: number, eventTime: string | undefined): Promise<WaitingRows> {
  let [files, newestEventMs, sinceMs]: [number, number | undefined, number | undefined] = [0, undefined, undefined]
  for (let version = from; version < from + MAX_COMMITS; version++) {
    const commit = await log.readCommit(version)
    if (commit === undefined) break
    const added = commit.adds.filter(({ dataChange }) => dataChange)
    if (added.length === 0) continue
    files += added.length
    sinceMs ??= (await statOf(log.commitPath(version)))?.mtimeMs
    const newestMs = newestOf(
      added.map(({ stats }) => stats),
      eventTime,
    )
    newestEventMs = largest([newestEventMs, newestMs])
  }
  return { files, sinceMs, newestEventMs }
}

function newestOf(stats: readonly (string | undefined)[], column: string | undefined): number | undefined {
  if (column === undefined) return undefined
  const newest = latest(stats.map((each) => newestTime(each, column)))
  return newest === undefined ? undefined : Number(newest / 1_000n)
}

function together(parts: readonly WaitingRows[]): WaitingRows {
  const since = parts.flatMap(({ sinceMs }) => sinceMs ?? [])
  return {
    files: parts.reduce((sum, { files }) => sum + files, 0),
    sinceMs: since.length === 0 ? undefined : Math.min(...since),
    newestEventMs: largest(parts.map(({ newestEventMs }) => newestEventMs)),
  }
}

function largest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.flatMap((time) => time ?? [])
  return known.length === 0 ? undefined : Math.max(...known)
}

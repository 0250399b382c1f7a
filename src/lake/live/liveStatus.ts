import type { Snapshot } from '../../delta/snapshot.ts'
import type { LockState } from '../../duckdb/lock.ts'
import type { Database } from '../../duckdb/session.ts'
import { statOf } from '../../files/read.ts'
import { beginningOf } from '../../serving/follow/beginning.ts'
import { isBatchOffset } from '../../serving/follow/offset.ts'
import { readStoreCursor } from '../../serving/store/head.ts'
import { relationSizes } from '../../serving/store/relationSizes.ts'
import { type StoredSize, storeStatus } from '../../serving/store/status.ts'
import { endOf } from '../../stream/position.ts'
import type { Position } from '../../stream/source.ts'
import { isIdOf } from '../../stream/streamId.ts'
import { type LastError, readLastError } from '../../tables/lastError.ts'
import type { ResolvedLive } from '../config/resolve.ts'
import { type Noting, notingIn } from '../noting.ts'
import type { OpenLake } from '../openLake.ts'
import { recordOf } from '../streamRecords.ts'
import {
  readLeftStatus,
  type StatedCopy,
  type StatedRelation,
  type StoredBatch,
  statedRelations,
  storedBatch,
} from './leftStatus.ts'
import { type RefusedModel, refusalSentence } from './liveModels.ts'
import { refusedModels } from './notedModels.ts'
import { assertOfLake } from './ofLake.ts'
import { followedBy } from './storeParts.ts'

/** The state of the live aggregates. */
export interface LiveStatus {
  /** The stream whose batches they take. */
  readonly follows: string
  /** The file in which they are kept, absolute, and its size; undefined before the first run. */
  readonly store: string
  readonly bytes: number | undefined
  /** Why they would not start, or what cannot be read of them; what depends on that is left out below. */
  readonly problem: string | undefined
  /** Whether a process keeps them, and which where that is known. */
  readonly held: LockState
  /** The error that they stopped with, or will be tried again after; undefined if a batch was taken since. */
  readonly lastError: LastError | undefined
  /** When the process that keeps them said what follows; undefined where it was read from the store now. */
  readonly saidAt: string | undefined
  /** The last batch of the followed stream that is in them; undefined before the first. */
  readonly last: StoredBatch | undefined
  /** How many batches of that stream are not in them yet; undefined where that is not known. */
  readonly pendingBatches: number | undefined
  /** How much older, in milliseconds, the last batch in them is than the last one of the stream. */
  readonly lagMs: number | undefined
  /** In the order of their names. */
  readonly models: readonly LiveModelStatus[]
  /** What models read that has a state of its own: the first rows of a table. */
  readonly relations: readonly StatedRelation[]
  /** The copy of the store; undefined where there is none, or while no process keeps both. */
  readonly copy: StatedCopy | undefined
}

export interface LiveModelStatus {
  readonly name: string
  /** Why it is refused. */
  readonly problem: string | undefined
  /** The last batch in it; undefined while it has none. */
  readonly batch: number | undefined
  /** How many rows it has, but for groups that came since it was last summed up; undefined where it is not stored. */
  readonly rows: number | undefined
  /** What they take in the store's file. */
  readonly bytes: number | undefined
  /** As of all of them, but undefined for a model that is being built. */
  readonly lagMs: number | undefined
}

/** What a look at the store has found. */
interface Seen {
  readonly held: LockState
  readonly saidAt: string | undefined
  readonly last: StoredBatch | undefined
  /** The followed stream's; undefined where that is not known. */
  readonly streamId: string | undefined
  /** Where the store is in the tables; undefined where that is not known. */
  readonly position: Position | undefined
  readonly models: readonly StoredSize[]
  readonly relations: readonly StatedRelation[]
  readonly copy: StatedCopy | undefined
}

const NOTHING: Seen = {
  held: { held: false },
  saidAt: undefined,
  last: undefined,
  streamId: undefined,
  position: undefined,
  models: [],
  relations: [],
  copy: undefined,
}

/**
 * The models that are refused. A lake whose followed stream has no batch yet has nothing to keep: what its models are,
 * its first run says, and `validate`. They would take most of the time of its status.
 */
export async function refusedForStatus(
  lake: OpenLake,
  live: ResolvedLive,
  snapshot: Snapshot,
): Promise<readonly RefusedModel[]> {
  return newestBatch(live, snapshot) === undefined ? [] : refusedModels(lake, live)
}

/** Looks at the live aggregates; waits for no process and asks none. */
export async function liveStatus(
  lake: OpenLake,
  live: ResolvedLive,
  snapshot: Snapshot,
  refused: readonly RefusedModel[],
): Promise<LiveStatus> {
  const problems: string[] = []
  const noting = notingIn(problems)
  problems.push(...refused.map(refusalSentence))
  const seen = await noting(() => look(lake, live, noting), NOTHING)
  const { last, position } = seen
  if (position !== undefined) {
    await noting(() => beginningOf(followedBy(lake, live), endOf(position, isBatchOffset)), undefined)
  }
  const lastError = await noting(() => readLastError(lake.layout.live(live).errorFile, last?.takenTime), undefined)
  const newest = newestBatch(live, snapshot)
  const record = newest && (await noting(() => recordOf(lake, live.follows, newest.batch), undefined))
  const { pendingBatches, lagMs } = distance(newest && { ...newest, batchTime: record?.batchTime }, seen)
  return {
    follows: live.follows.name,
    store: live.store,
    bytes: await bytesOf(live.store),
    problem: problems.length === 0 ? undefined : problems.join(' '),
    held: seen.held,
    lastError,
    saidAt: seen.saidAt,
    last,
    pendingBatches,
    lagMs,
    models: live.models.map(({ called: name }) => {
      const refusal = refused.find((model) => model.name === name)
      const size = seen.models.find((model) => model.name === name)
      const isBuilt = size?.isBuilt === true && last !== undefined
      return {
        name,
        problem: refusal && refusalSentence(refusal),
        batch: isBuilt ? last.batch : undefined,
        rows: size?.groups,
        bytes: size?.bytes,
        lagMs: isBuilt ? lagMs : undefined,
      }
    }),
    relations: seen.relations,
    copy: seen.copy,
  }
}

/** What is to be seen of the store: in its file, or what the process says that has it open. */
function look(lake: OpenLake, live: ResolvedLive, noting: Noting): Promise<Seen> {
  return lake.storeReads.use(async (store) => {
    if (store.kind === 'missing') return NOTHING
    if (store.kind === 'file') return lookAtFile(lake, live, store.database, noting)
    const processId = store.kind === 'own' ? process.pid : store.processId
    const { time, last, models, relations, copy } = (await readLeftStatus(lake, live)) ?? {}
    const unread = { streamId: undefined, position: undefined }
    const seen = { ...unread, last, models: models ?? [], relations: relations ?? [], copy }
    return { held: { held: true, processId }, saidAt: time, ...seen }
  })
}

async function lookAtFile(lake: OpenLake, live: ResolvedLive, database: Database, noting: Noting): Promise<Seen> {
  const session = await database.connect()
  try {
    await noting(() => assertOfLake(lake, live, session), undefined)
    const { taken } = await readStoreCursor(session, live.store)
    const { models } = await storeStatus(session, live.store)
    return {
      held: { held: false },
      saidAt: undefined,
      last: storedBatch(taken?.served),
      streamId: taken?.streamId,
      position: taken?.position,
      models,
      relations: statedRelations(await relationSizes(session), []),
      copy: undefined,
    }
  } finally {
    session.close()
  }
}

interface StreamBatch {
  readonly streamId: string
  readonly batch: number
}

/** The newest batch of the followed stream that all its tables have. */
export function newestBatch({ follows }: ResolvedLive, { heads }: Snapshot): StreamBatch | undefined {
  const txns = follows.into.map(({ name }) => [...(heads.get(name)?.txns ?? [])])
  const streamId = txns[0]?.find(([id]) => isIdOf(follows.name, id))?.[0]
  if (streamId === undefined) return undefined
  const batches = txns.map((ofTable) => ofTable.find(([id]) => id === streamId)?.[1] ?? 0)
  return { streamId, batch: Math.min(...batches) }
}

/** How far the store is behind. What it has of another stream of that name is taken from the start. */
function distance(
  newest: (StreamBatch & { readonly batchTime: string | undefined }) | undefined,
  { last, streamId }: Seen,
): Pick<LiveStatus, 'pendingBatches' | 'lagMs'> {
  if (newest === undefined) return { pendingBatches: undefined, lagMs: undefined }
  const isOther = streamId !== undefined && streamId !== newest.streamId
  const pendingBatches = Math.max(0, newest.batch - (isOther ? 0 : (last?.batch ?? 0)))
  if (last === undefined || isOther) return { pendingBatches, lagMs: undefined }
  if (pendingBatches === 0) return { pendingBatches, lagMs: 0 }
  const { batchTime } = newest
  return {
    pendingBatches,
    lagMs: batchTime === undefined ? undefined : Math.max(0, Date.parse(batchTime) - Date.parse(last.batchTime)),
  }
}

/** The bytes of the file with its log. */
async function bytesOf(store: string): Promise<number | undefined> {
  const file = await statOf(store)
  return file && file.size + ((await statOf(`${store}.wal`))?.size ?? 0)
}

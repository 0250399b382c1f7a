import {
  fittingJson,
  isBoolean,
  isCount,
  isLeftOutOr,
  isListOf,
  isNumber,
  isOneOf,
  isRecordOf,
  isText,
  isTime,
} from '../../files/json.ts'
import { readText } from '../../files/read.ts'
import { replaceFile } from '../../files/wholeFiles.ts'
import type { CopyState } from '../../serving/copies/publisher.ts'
import type { ServedPosition } from '../../serving/reader.ts'
import type { RelationState } from '../../serving/store/contents.ts'
import { relationSizes, type StoredRelation } from '../../serving/store/relationSizes.ts'
import { type StoredSize, storeStatus } from '../../serving/store/status.ts'
import type { ResolvedLive } from '../config/resolve.ts'
import type { OpenLake } from '../openLake.ts'
import type { OpenedLive } from './openLive.ts'

// While a process keeps the live aggregates, no other can read their store. It leaves a small file beside it instead:
// `status` never waits for that process, nor asks it.

/** What a process has said of the store that it keeps. */
export interface LeftStatus {
  readonly processId: number
  /** When it said so. ISO 8601, UTC, like all times here. */
  readonly time: string
  /** How far the store has come; undefined before its first batch. */
  readonly last: StoredBatch | undefined
  readonly models: readonly StoredSize[]
  readonly relations: readonly StatedRelation[]
  /** Undefined where the config names no copy. */
  readonly copy: StatedCopy | undefined
}

/** The copy of the store, as the process that keeps both has last seen it. */
export interface StatedCopy {
  /** Where it is, without a password. */
  readonly target: string
  /** The last batch in it; undefined while that is not known. */
  readonly batch: number | undefined
  /** What it waits for, and since when; undefined while it works. */
  readonly error: { readonly message: string; readonly since: string } | undefined
}

export interface StoredBatch {
  readonly batch: number
  readonly batchTime: string
  /** When the store took it. */
  readonly takenTime: string
  readonly newestEventTime: string | undefined
}

/** A relation with its state in the store, and in memory while a process keeps it. */
export interface StatedRelation {
  /** As models name it. */
  readonly name: string
  /** About how many rows its state has. */
  readonly rows: number
  /** What they take in the store's file. */
  readonly bytes: number
  /** Those of its table that it has, in the order in which they settle which of several equal rows is the first. */
  readonly columns: readonly string[] | undefined
  /** Rows of the relation: one a key; undefined while no process keeps it. */
  readonly keys: number | undefined
  /** What its index takes in the memory of the process that keeps it. */
  readonly memoryBytes: number | undefined
  /** `index`: keys are looked up in memory. `join`: the index would take more than the config allows. */
  readonly lookup: 'index' | 'join' | 'none' | undefined
  /** Whether it is being made anew, for all of its models or for some; undefined while no process keeps it. */
  readonly isBeingBuilt: boolean | undefined
}

const isLeftStatus = isRecordOf<LeftStatus>({
  processId: isCount,
  time: isTime,
  last: isLeftOutOr(
    isRecordOf<StoredBatch>({
      batch: isCount,
      batchTime: isTime,
      takenTime: isTime,
      newestEventTime: isLeftOutOr(isTime),
    }),
  ),
  models: isListOf(
    isRecordOf<StoredSize>({
      name: isText,
      isBuilt: isBoolean,
      groups: isCount,
      addedRows: isCount,
      bytes: isCount,
    }),
  ),
  relations: isListOf(
    isRecordOf<StatedRelation>({
      name: isText,
      rows: isCount,
      bytes: isCount,
      columns: isLeftOutOr(isListOf(isText)),
      keys: isLeftOutOr(isCount),
      memoryBytes: isLeftOutOr(isNumber),
      lookup: isLeftOutOr(isOneOf(['index', 'join', 'none'])),
      isBeingBuilt: isLeftOutOr(isBoolean),
    }),
  ),
  copy: isLeftOutOr(
    isRecordOf<StatedCopy>({
      target: isText,
      batch: isLeftOutOr(isCount),
      error: isLeftOutOr(isRecordOf<{ message: string; since: string }>({ message: isText, since: isTime })),
    }),
  ),
})

/** Where a store is, as a status says it. */
export function storedBatch(position: ServedPosition | undefined): StoredBatch | undefined {
  if (position === undefined) return undefined
  const { batch, batchTimeMs, takenMs, newestEventMs } = position
  return {
    batch,
    batchTime: new Date(batchTimeMs).toISOString(),
    takenTime: new Date(takenMs).toISOString(),
    newestEventTime: newestEventMs === undefined ? undefined : new Date(newestEventMs).toISOString(),
  }
}

/** Relations of a store, with what this process has of them in memory. */
export function statedRelations(
  stored: readonly StoredRelation[],
  inMemory: readonly RelationState[],
): readonly StatedRelation[] {
  const without = inMemory.filter(({ isBeingBuilt, name }) => isBeingBuilt && stored.every((one) => one.name !== name))
  return [...stored, ...without.map(({ name }) => ({ name, rows: 0, bytes: 0, columns: undefined }))].map(
    (relation) => {
      const { keys, memoryBytes, lookup, isBeingBuilt } = inMemory.find(({ name }) => name === relation.name) ?? {}
      return { ...relation, keys, memoryBytes, lookup, isBeingBuilt }
    },
  )
}

function statedCopy(state: CopyState | undefined): StatedCopy | undefined {
  if (state === undefined) return undefined
  const { target, batch, error } = state
  return { target, batch, error: error && { message: error.message, since: new Date(error.sinceMs).toISOString() } }
}

/** What the last process that kept the store has said of it; a torn file counts as missing. */
export async function readLeftStatus({ layout }: OpenLake, live: ResolvedLive): Promise<LeftStatus | undefined> {
  const text = await readText(layout.live(live).statusFile)
  return text === undefined ? undefined : fittingJson(text, isLeftStatus)
}

/** The batch is written so often at the most: it costs a file. */
const EVERY_MS = 1_000
/** The sizes are looked at so often at the most: that costs about a millisecond a model. */
const SIZES_EVERY_MS = 30_000

/** Leaves the status of a store while this process keeps it. */
export interface StatusLeaver {
  /** After a batch. */
  update(): Promise<void>
  end(): Promise<void>
}

/** @param copyState  how the store's copy is doing, if it has one */
export function leaveStatus(
  lake: OpenLake,
  live: ResolvedLive,
  { store }: OpenedLive,
  copyState: () => CopyState | undefined,
): StatusLeaver {
  const { clock, disk, layout } = lake
  const { statusFile } = layout.live(live)
  let leftMs = Number.NEGATIVE_INFINITY
  let sizesMs = Number.NEGATIVE_INFINITY
  let models: readonly StoredSize[] = []
  let relations: readonly StoredRelation[] = []
  const leave = async (sizesEveryMs: number): Promise<void> => {
    const nowMs = clock.monotonicMs()
    try {
      if (nowMs - sizesMs >= sizesEveryMs) {
        const session = await store.connect()
        try {
          models = (await storeStatus(session, live.store)).models
          relations = await relationSizes(session)
        } finally {
          session.close()
        }
        sizesMs = nowMs
      }
      const status: LeftStatus = {
        processId: process.pid,
        time: new Date(clock.nowMs()).toISOString(),
        last: storedBatch(await store.reader.position()),
        models,
        relations: statedRelations(relations, store.relations),
        copy: statedCopy(copyState()),
      }
      await replaceFile(disk, statusFile, `${JSON.stringify(status)}\n`)
      leftMs = nowMs
    } catch {
      // It only tells others; what is wrong with the disk or the store, the next batch says.
    }
  }
  return {
    update: async () => {
      if (clock.monotonicMs() - leftMs >= EVERY_MS) await leave(SIZES_EVERY_MS)
    },
    end: () => leave(0),
  }
}

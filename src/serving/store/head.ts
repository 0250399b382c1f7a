import type { Session } from '../../duckdb/session.ts'
import { readCursor, readStoreHead, storeTables } from '../../duckdb/sql/liveStore.ts'
import { type JsonValue, type Row, requiredText, safeInteger } from '../../duckdb/values.ts'
import { assertFits, isCount, isNullOr, isObject, isRecordOf, isText, isTime, parsedJson } from '../../files/json.ts'
import type { Position } from '../../stream/source.ts'
import type { ServedPosition } from '../reader.ts'
import { REBUILD } from './storeErrors.ts'

/** The newest format of stores that this code reads and writes. An older one is made anew: it is derived. */
export const STORE_FORMAT = 2

/** Whose store it is. */
export interface StoreHead {
  readonly format: number
  readonly lakeFolder: string
  readonly follows: string
}

/** What a store has taken. */
export interface Taken {
  /** Of the followed stream. */
  readonly streamId: string
  readonly position: Position
  readonly served: ServedPosition
}

/** How far a store has come. */
export interface StoreCursor {
  readonly generation: string
  /** Undefined before the first batch. */
  readonly taken: Taken | undefined
}

export interface StoredCursor extends StoreCursor {
  /** The position up to which the states of relations have all rows: that of the cursor, or an earlier one. */
  readonly settled: Position | undefined
}

/**
 * What an attached database is: a store, a new database, or somebody else's.
 * @throws LakeError LAKE_VALUE_UNEXPECTED
 */
export async function readHead(session: Session): Promise<StoreHead | 'empty' | 'foreign'> {
  const tables = await session.rows(storeTables)
  if (tables.length === 0) return 'empty'
  if (!tables.some(({ schema, name }) => schema === 'kept' && name === 'store')) return 'foreign'
  const [row] = await session.rows(readStoreHead)
  if (row === undefined) return 'foreign'
  return {
    format: safeInteger(row.format, 'the format of the store'),
    lakeFolder: requiredText(row.lake_folder, 'the folder of the lake'),
    follows: requiredText(row.follows, 'the followed stream'),
  }
}

const isPosition = isRecordOf<Position>({
  streamId: isText,
  batch: isCount,
  batchTime: isTime,
  attempt: isText,
  recordedIn: isText,
  source: isRecordOf<Position['source']>({ kind: isText, start: isNullOr(isObject), end: isObject, detail: isObject }),
})

/** @throws LakeError LAKE_VALUE_UNEXPECTED naming the file and the field */
export async function readStoreCursor(session: Session, file: string): Promise<StoredCursor> {
  const [row] = await session.rows(readCursor)
  const generation = requiredText(row?.generation, 'the generation of the store')
  const served = row === undefined ? undefined : servedPosition(row)
  if (row === undefined || served === undefined) return { generation, taken: undefined, settled: undefined }
  const streamId = requiredText(row.stream_id, 'the followed stream')
  const position = positionIn(row, 'position', file)
  return { generation, taken: { streamId, position, served }, settled: positionIn(row, 'settled', file) }
}

function positionIn(row: Row, column: string, file: string): Position {
  const damage = { state: 'Nothing was changed.', remedy: `Make the store again: ${REBUILD}` }
  const position = parsedJson(requiredText(row[column], 'the position'), file, damage)
  assertFits(position, isPosition, `${file}, ${column}`, damage)
  return position
}

/** The position that a row of the cursor tells, as readers see it; undefined before the first batch. */
export function servedPosition(row: Readonly<Record<string, JsonValue>>): ServedPosition | undefined {
  if (row.batch === null || row.batch === undefined) return undefined
  const newest = row.newest_event_ms ?? null
  return {
    generation: requiredText(row.generation, 'the generation of the store'),
    batch: safeInteger(row.batch, 'the batch of the store'),
    batchTimeMs: safeInteger(row.batch_ms, 'the time of the batch'),
    takenMs: safeInteger(row.taken_ms, 'the time at which the batch was taken'),
    newestEventMs: newest === null ? undefined : safeInteger(newest, 'the newest event time'),
  }
}

import type { ClientBase } from 'pg'
import { assertFits, isMapOf, isText, parsedJson } from '../../../files/json.ts'
import type { ServedPosition } from '../../reader.ts'
import { BEING_BUILT, findCursor, type KeptTable, readCursor, readModels } from './statements.ts'

/** What a database has of a lake. */
export interface StoredCopy {
  /** Undefined while it is empty. */
  readonly position: (ServedPosition & { readonly lake: string }) | undefined
  readonly models: ReadonlyMap<string, StoredModel>
}

export interface StoredModel extends KeptTable {
  readonly build: string
  /** Whether its rows are current: if not, it is being made anew. */
  readonly isBuilt: boolean
}

interface CursorRow {
  readonly lake: string
  readonly generation: string
  readonly batch: string
  readonly batch_time_ms: string
  readonly taken_ms: string
  readonly newest_event_ms: string | null
}

interface ModelRow {
  readonly name: string
  readonly build: string
  readonly number: string
  readonly columns: string
}

const DAMAGE = {
  state: 'Nothing was changed.',
  remedy: 'Drop the schemas live and live_kept: the copy is then made again.',
}

/** Reads it; in a transaction, as of that. Where no copy was ever written, it is empty. */
export async function readCopy(client: ClientBase): Promise<StoredCopy> {
  const [schema] = (await client.query<{ cursor: string | null }>(findCursor)).rows
  if (schema?.cursor === null) return { position: undefined, models: new Map() }
  const [cursor] = (await client.query<CursorRow>(readCursor)).rows
  const { rows } = await client.query<ModelRow>(readModels)
  const models = new Map(
    rows.map(({ name, build, number, columns: json }) => {
      const columns = parsedJson(json, `live_kept.models, ${name}`, DAMAGE)
      assertFits(columns, isMapOf(isText), `live_kept.models, ${name}`, DAMAGE)
      return [name, { model: name, build, number: Number(number), columns, isBuilt: build !== BEING_BUILT }]
    }),
  )
  return { position: cursor && positionOf(cursor), models }
}

function positionOf(row: CursorRow): ServedPosition & { readonly lake: string } {
  return {
    lake: row.lake,
    generation: row.generation,
    batch: Number(row.batch),
    batchTimeMs: Number(row.batch_time_ms),
    takenMs: Number(row.taken_ms),
    newestEventMs: row.newest_event_ms === null ? undefined : Number(row.newest_event_ms),
  }
}

// The store of live aggregates: a database that is attached as `live`. What its readers see stands in `main`; `kept`
// has what the store knows of itself, `summed` one row for each group of a model, `added` what batches added since.
import { identifier, listed, literal, text } from './literals.ts'
import { clauses, type Sql, sql } from './sql.ts'

/** The name that the store is attached by. */
export const STORE = 'live'

/** Opens a database file by the store's name, and makes it if there is none. */
export function attachStore(file: string): Sql {
  return sql`ATTACH ${text(file)} AS ${identifier(STORE)}`
}

/** Opens it beside other readers; nobody may write to it meanwhile. */
export function attachStoreToRead(file: string): Sql {
  return sql`ATTACH ${text(file)} AS ${identifier(STORE)} (READ_ONLY)`
}

export const detachStore: Sql = sql`DETACH ${identifier(STORE)}`

/** Moves what the log of the file has into the file. Fails while another session writes. */
export const checkpointStore: Sql = sql`CHECKPOINT ${identifier(STORE)}`

export const beginTransaction: Sql = sql`BEGIN TRANSACTION`
export const commitTransaction: Sql = sql`COMMIT`
export const rollbackTransaction: Sql = sql`ROLLBACK`

/** The names of all tables in the store, with their schemas. */
export const storeTables: Sql = clauses(
  sql`SELECT schema_name AS schema, table_name AS name FROM duckdb_tables()`,
  sql`WHERE database_name = ${text(STORE)} ORDER BY ALL`,
)

const KEPT_TABLES: Readonly<Record<string, Sql>> = {
  store: sql`format INTEGER, lake_folder VARCHAR, follows VARCHAR`,
  // One row. All but the generation is NULL before the first batch. `settled` is the position up to which the states of
  // relations have all rows.
  cursor: clauses(
    sql`generation VARCHAR, stream_id VARCHAR, batch BIGINT, batch_time TIMESTAMPTZ, taken TIMESTAMPTZ,`,
    sql`newest_event TIMESTAMPTZ, position VARCHAR, settled VARCHAR`,
  ),
  // `build` changes whenever the model is made anew. For batches after `known_after`, all changes are known.
  models: sql`name VARCHAR, hash VARCHAR, build VARCHAR, known_after BIGINT, is_built BOOLEAN`,
  batches: clauses(
    sql`stream VARCHAR, stream_id VARCHAR, batch BIGINT, batch_time TIMESTAMPTZ, rows MAP(VARCHAR, BIGINT),`,
    sql`input_rows BIGINT, source_start VARCHAR, source_end VARCHAR, landed_files VARCHAR[]`,
  ),
  // Beside the batches, because they come later, and a row that is added costs less than one that is changed.
  durations: clauses(
    sql`stream_id VARCHAR, batch BIGINT, lag_ms DOUBLE, plan_ms DOUBLE, stage_ms DOUBLE, sync_ms DOUBLE,`,
    sql`commit_ms DOUBLE, publish_ms DOUBLE, total_ms DOUBLE`,
  ),
}

/** What the store knows of itself. */
export function keptTable(name: string): Sql {
  return sql`${identifier(STORE)}.kept.${identifier(name)}`
}

/** What a new store consists of. */
export function createStore(format: number, lakeFolder: string, follows: string, generation: string): Sql[] {
  const schemas = ['kept', 'summed', 'added'].map(
    (schema) => sql`CREATE SCHEMA ${identifier(STORE)}.${identifier(schema)}`,
  )
  const tables = Object.entries(KEPT_TABLES).map(([name, columns]) => sql`CREATE TABLE ${keptTable(name)} (${columns})`)
  return [
    ...schemas,
    ...tables,
    sql`INSERT INTO ${keptTable('store')} VALUES (${format}, ${text(lakeFolder)}, ${text(follows)})`,
    sql`INSERT INTO ${keptTable('cursor')} (generation) VALUES (${text(generation)})`,
    clauses(
      sql`CREATE VIEW ${identifier(STORE)}.main.batches AS SELECT * FROM ${keptTable('batches')}`,
      sql`LEFT JOIN ${keptTable('durations')} USING (stream_id, batch)`,
    ),
  ]
}

export const readStoreHead: Sql = sql`FROM ${keptTable('store')}`

export function setLakeFolder(folder: string): Sql {
  return sql`UPDATE ${keptTable('store')} SET lake_folder = ${text(folder)}`
}

/** One row: how far the store has come. */
export const readCursor: Sql = clauses(
  sql`SELECT generation, stream_id, batch, epoch_ms(batch_time) AS batch_ms, epoch_ms(taken) AS taken_ms,`,
  sql`epoch_ms(newest_event) AS newest_event_ms, position, settled FROM ${keptTable('cursor')}`,
)

export interface CursorRow {
  readonly generation: string
  readonly streamId: string
  readonly batch: number
  /** ISO 8601. */
  readonly batchTime: string
  readonly takenMs: number
  readonly newestEventMs: number | undefined
  /** JSON. */
  readonly position: string
  /** Whether the states of relations have all rows up to it. */
  readonly isSettled: boolean
}

export function writeCursor(row: CursorRow): Sql {
  const event = row.newestEventMs === undefined ? sql`NULL` : timeOf(row.newestEventMs)
  return clauses(
    sql`UPDATE ${keptTable('cursor')} SET generation = ${text(row.generation)}, stream_id = ${text(row.streamId)},`,
    sql`batch = ${row.batch}, batch_time = TIMESTAMPTZ ${text(row.batchTime)}, taken = ${timeOf(row.takenMs)},`,
    sql`newest_event = ${event}, position = ${text(row.position)}`,
    row.isSettled ? sql`, settled = ${text(row.position)}` : sql``,
  )
}

/** Notes that the states of relations have all rows. */
export const setSettled: Sql = sql`UPDATE ${keptTable('cursor')} SET settled = position`

/** @param epochMs  whole milliseconds since 1970 */
function timeOf(epochMs: number): Sql {
  return sql`make_timestamptz(${epochMs} * 1000)`
}

export function setGeneration(generation: string): Sql {
  return sql`UPDATE ${keptTable('cursor')} SET generation = ${text(generation)}`
}

export const readStoredModels: Sql = sql`FROM ${keptTable('models')} ORDER BY name`

/** Replaces what is known of a model. */
export function writeStoredModel(model: {
  readonly name: string
  readonly hash: string
  readonly build: string
  readonly knownAfter: number | undefined
  readonly isBuilt: boolean
}): Sql[] {
  const { name, hash, build, knownAfter, isBuilt } = model
  return [
    sql`DELETE FROM ${keptTable('models')} WHERE name = ${text(name)}`,
    clauses(
      sql`INSERT INTO ${keptTable('models')}`,
      sql`VALUES (${listed([text(name), text(hash), text(build), literal(knownAfter ?? null), literal(isBuilt)])})`,
    ),
  ]
}

export function forgetStoredModel(name: string): Sql {
  return sql`DELETE FROM ${keptTable('models')} WHERE name = ${text(name)}`
}

import { postgresType } from './types.ts'

// The statements of a copy in PostgreSQL. Readers see the views of the schema `live`, one a model; what they show is in
// tables of the schema `live_kept`, beside the cursor.

/** A table of a model: its name, and the model's columns in order with DuckDB's names of their types. */
export interface KeptTable {
  readonly model: string
  /** The number in the table's name: a model that is written anew gets another table. */
  readonly number: number
  readonly columns: Readonly<Record<string, string>>
}

/** The key of the lock that one writer has, as long as its connection lasts. */
export const LOCK = "hashtextextended('lakeweir live copy', 0)"

export const CHANNEL = 'lakeweir_live'

export const makeSchemas = `
  CREATE SCHEMA IF NOT EXISTS live;
  CREATE SCHEMA IF NOT EXISTS live_kept;
  CREATE TABLE IF NOT EXISTS live_kept.cursor (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    lake text NOT NULL, generation text NOT NULL, batch bigint NOT NULL,
    batch_time_ms double precision NOT NULL, taken_ms double precision NOT NULL, newest_event_ms double precision
  );
  CREATE TABLE IF NOT EXISTS live_kept.models (
    name text PRIMARY KEY, build text NOT NULL, number integer NOT NULL, columns json NOT NULL
  );
  ALTER TABLE live_kept.models ADD COLUMN IF NOT EXISTS table_file oid`

/** Whether there is one. */
export const findCursor = "SELECT to_regclass('live_kept.cursor')::text AS cursor"

export const readCursor = `
  SELECT lake, generation, batch::text AS batch, batch_time_ms::text AS batch_time_ms, taken_ms::text AS taken_ms,
    newest_event_ms::text AS newest_event_ms
  FROM live_kept.cursor`

export const readModels = 'SELECT name, build, number::text AS number, columns::text AS columns FROM live_kept.models'

/**
 * Models that are not as they were written: their view or table was dropped, or the table has another file than the one
 * that was filled, as after a TRUNCATE.
 */
export const readDamaged = `
  SELECT name FROM live_kept.models
  WHERE to_regclass(format('live.%I', name)) IS NULL
    OR pg_relation_filenode(to_regclass(format('live_kept.%I', name || '.' || number))) IS NULL
    OR pg_relation_filenode(to_regclass(format('live_kept.%I', name || '.' || number))) IS DISTINCT FROM table_file`

/** The numbers of the tables that there are of a model, whatever is written down of it. */
export const readNumbers = `
  SELECT substring(relname::text FROM length($1::text) + 2) AS number FROM pg_class
  WHERE relnamespace = 'live_kept'::regnamespace AND relkind = 'r' AND starts_with(relname::text, $1::text || '.')
    AND substring(relname::text FROM length($1::text) + 2) ~ '^[0-9]{1,9}$'`

export const writeCursor = `
  INSERT INTO live_kept.cursor VALUES (true, $1, $2, $3, $4, $5, $6)
  ON CONFLICT (only_row) DO UPDATE SET lake = $1, generation = $2, batch = $3, batch_time_ms = $4, taken_ms = $5,
    newest_event_ms = $6`

export const writeModel = `
  INSERT INTO live_kept.models
  SELECT $1, $2, $3::integer, $4::json, pg_relation_filenode(to_regclass(format('live_kept.%I', $1 || '.' || $3)))
  ON CONFLICT (name) DO UPDATE SET build = excluded.build, number = excluded.number, columns = excluded.columns,
    table_file = excluded.table_file`

/** The build of a model that is being made anew: what is there of it is not current. */
export const BEING_BUILT = ''

export const markBeingBuilt = `UPDATE live_kept.models SET build = '${BEING_BUILT}' WHERE name = ANY($1)`

export const forgetModel = 'DELETE FROM live_kept.models WHERE name = $1'

/** Tells those who listen that there is something new: the batch. */
export const notify = `SELECT pg_notify('${CHANNEL}', $1)`

/** Who holds the lock. */
export const readHolder = `
  SELECT a.application_name AS name, a.pid::text AS pid, coalesce(host(a.client_addr), 'this machine') AS address
  FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
  WHERE l.locktype = 'advisory' AND l.granted
    AND (l.classid::bigint << 32) | l.objid::bigint = ${LOCK}`

export function createTable(table: KeptTable): string {
  return `CREATE TABLE ${nameOfTable(table)} (${columnsWithTypes(table)}, PRIMARY KEY (_key))`
}

/** Panels look at ranges of time. */
export function createTimeIndex(table: KeptTable): string | undefined {
  const time = Object.entries(table.columns).find(([, type]) => /^(?:TIMESTAMP|DATE)/.test(type))?.[0]
  return time === undefined ? undefined : `CREATE INDEX ON ${nameOfTable(table)} (${quoted(time)})`
}

/** Does nothing where somebody has dropped it already. */
export function dropTable(table: Pick<KeptTable, 'model' | 'number'>): string {
  return `DROP TABLE IF EXISTS ${nameOfTable(table)}`
}

/** Keeps the privileges of a view that is there already, and fails if its columns are other ones. */
export function createView(table: KeptTable): string {
  const columns = Object.keys(table.columns).map(quoted).join(', ')
  return `CREATE OR REPLACE VIEW live.${quoted(table.model)} AS SELECT ${columns} FROM ${nameOfTable(table)}`
}

export function dropView(model: string): string {
  return `DROP VIEW IF EXISTS live.${quoted(model)}`
}

/** The rows of a transaction that change a table, before they do. */
export function createStaged(table: KeptTable): string {
  return `CREATE TEMPORARY TABLE staged (${columnsWithTypes(table)}, _is_gone boolean NOT NULL) ON COMMIT DROP`
}

export function copyInto(table: KeptTable): string {
  return `COPY ${nameOfTable(table)} (${columnNames(table)}) FROM STDIN`
}

export function copyIntoStaged(table: KeptTable): string {
  return `COPY staged (${columnNames(table)}, _is_gone) FROM STDIN`
}

/** The staged rows' changes; a row that is as new as the staged one stays. */
export function applyStaged(table: KeptTable): readonly string[] {
  const name = nameOfTable(table)
  const sets = ['_batch', ...Object.keys(table.columns)].map(
    (column) => `${quoted(column)} = excluded.${quoted(column)}`,
  )
  return [
    `DELETE FROM ${name} AS t USING staged AS s WHERE s._is_gone AND t._key = s._key AND t._batch < s._batch`,
    `INSERT INTO ${name} AS t (${columnNames(table)}) SELECT ${columnNames(table)} FROM staged WHERE NOT _is_gone
     ON CONFLICT (_key) DO UPDATE SET ${sets.join(', ')} WHERE excluded._batch > t._batch`,
    'DROP TABLE staged',
  ]
}

/** As PostgreSQL quotes a name: see its manual, "Lexical Structure". */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function nameOfTable({ model, number }: Pick<KeptTable, 'model' | 'number'>): string {
  return `live_kept.${quoted(`${model}.${number}`)}`
}

function columnNames({ columns }: KeptTable): string {
  return ['_key', '_batch', ...Object.keys(columns)].map(quoted).join(', ')
}

function columnsWithTypes({ columns }: KeptTable): string {
  const own = Object.entries(columns).map(([column, type]) => `${quoted(column)} ${postgresType(type)}`)
  return ['_key uuid NOT NULL', '_batch bigint NOT NULL', ...own].join(', ')
}

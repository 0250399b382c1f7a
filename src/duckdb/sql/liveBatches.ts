// What the store of live aggregates knows of the batches of the streams that it follows.
import { listed, literal, text, textList } from './literals.ts'
import { keptTable } from './liveStore.ts'
import { clauses, type Sql, sql } from './sql.ts'

/** A batch as it is written down. */
export interface BatchRow {
  readonly stream: string
  readonly streamId: string
  readonly batch: number
  readonly batchTime: string
  readonly rows: Readonly<Record<string, number>>
  readonly inputRows: number | undefined
  readonly sourceStart: string | undefined
  readonly sourceEnd: string | undefined
  readonly landedFiles: readonly string[] | undefined
}

export function addBatches(batches: readonly BatchRow[]): Sql {
  const rows = batches.map((row) =>
    tuple([
      text(row.stream),
      text(row.streamId),
      literal(row.batch),
      sql`TIMESTAMPTZ ${text(row.batchTime)}`,
      mapOf(row.rows),
      literal(row.inputRows ?? null),
      literal(row.sourceStart ?? null),
      literal(row.sourceEnd ?? null),
      row.landedFiles === undefined ? sql`NULL` : textList(row.landedFiles),
    ]),
  )
  return sql`INSERT INTO ${keptTable('batches')} VALUES ${listed(rows)}`
}

function mapOf(counts: Readonly<Record<string, number>>): Sql {
  const entries = Object.entries(counts)
  const values = listed(entries.map(([, count]) => literal(count)))
  return sql`map(${textList(entries.map(([name]) => name))}, [${values}]::BIGINT[])`
}

function tuple(values: readonly Sql[]): Sql {
  return sql`(${listed(values)})`
}

/** How long a batch took, and how late it was: known later than the rest. */
export interface DurationsRow {
  readonly streamId: string
  readonly batch: number
  readonly lagMs: number | undefined
  /** In the order of the columns. */
  readonly durationsMs: readonly number[]
}

export function addDurations(rows: readonly DurationsRow[]): Sql {
  const tuples = rows.map(({ streamId, batch, lagMs, durationsMs }) =>
    tuple([text(streamId), literal(batch), literal(lagMs ?? null), ...durationsMs.map(literal)]),
  )
  return sql`INSERT INTO ${keptTable('durations')} VALUES ${listed(tuples)}`
}

/** Forgets batches, so that they can be written anew. */
export function forgetBatches(batches: readonly Pick<BatchRow, 'streamId' | 'batch'>[]): Sql[] {
  const which = listed(batches.map(({ streamId, batch }) => tuple([text(streamId), literal(batch)])))
  return ['batches', 'durations'].map(
    (table) => sql`DELETE FROM ${keptTable(table)} WHERE (stream_id, batch) IN (${which})`,
  )
}

/** The last batches of each stream, and whether their durations are known. */
export function readLastBatches(count: number): Sql {
  return clauses(
    sql`SELECT stream_id, batch, total_ms IS NOT NULL AS is_timed FROM ${STORE_VIEW}`,
    sql`QUALIFY row_number() OVER (PARTITION BY stream_id ORDER BY batch DESC) <= ${count} ORDER BY ALL`,
  )
}

const STORE_VIEW: Sql = sql`${keptTable('batches')} LEFT JOIN ${keptTable('durations')} USING (stream_id, batch)`

/**
 * Forgets all but the last batches of each stream, by name: one that began anew goes on with the same name. The last
 * are those that were written down last, whatever their times are: a clock may have jumped back.
 */
export function pruneBatches(kept: number): Sql[] {
  return [
    clauses(
      sql`DELETE FROM ${keptTable('batches')} WHERE rowid IN (SELECT rowid FROM ${keptTable('batches')}`,
      sql`QUALIFY row_number() OVER (PARTITION BY stream ORDER BY rowid DESC) > ${kept})`,
    ),
    clauses(
      sql`DELETE FROM ${keptTable('durations')} AS t WHERE NOT EXISTS (SELECT 1 FROM ${keptTable('batches')} AS b`,
      sql`WHERE b.stream_id = t.stream_id AND b.batch = t.batch)`,
    ),
  ]
}

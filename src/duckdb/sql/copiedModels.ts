// What a copy of the models takes: rows as texts, each with the key of its group and the batch that changed it last.
import { copyText } from './copyTexts.ts'
import { mergedRows, type StoredShape } from './keptGroups.ts'
import { columnList, identifier, listed, text } from './literals.ts'
import { keptTable, STORE } from './liveStore.ts'
import { clauses, type Sql, sql } from './sql.ts'

/** How the stored rows of a model are named while they are copied. */
export const CHANGED_ROWS = 'changed rows'

export interface CopiedShape extends StoredShape {
  readonly columns: Readonly<Record<string, string>>
  /** Which of the columns are the groups, in their order. */
  readonly keys: readonly string[]
}

/**
 * The rows of a model that a batch after `after` has changed; all rows where that is undefined. Columns: `key`,
 * `changed` (the batch), `is_gone`, then those of the model as text: NULL for a group that is gone.
 * @param result  the model's columns from the relation `CHANGED_ROWS`
 */
export function changedRows(shape: CopiedShape, result: Sql, after: number | undefined): Sql {
  const columns = Object.keys(shape.columns)
  const groups = shape.groups.map(({ name }) => name)
  const texts = Object.entries(shape.columns).map(([name, type]) => sql`${copyText(name, type)} AS ${identifier(name)}`)
  const since = after === undefined ? sql`n <> 0` : sql`batch > ${after}`
  return clauses(
    sql`WITH stored AS MATERIALIZED (FROM (${mergedRows(shape)}) WHERE ${since}),`,
    sql`${identifier(CHANGED_ROWS)} AS (FROM stored WHERE n <> 0),`,
    sql`seen AS (SELECT ${keyOf(shape.keys)} AS "key", ${listed(texts)} FROM (${result})),`,
    sql`keyed AS (SELECT ${keyOf(groups)} AS "key", batch, n = 0 AS is_gone FROM stored)`,
    sql`SELECT "key", batch AS changed, is_gone, ${columnList(columns)} FROM keyed LEFT JOIN seen USING ("key")`,
  )
}

/** How long after a batch more may become known of it. */
const LATE = sql`INTERVAL 10 MINUTES`

/**
 * The batches of all streams, in the same shape; with `after`, only those of the time since that batch of the followed
 * stream, or shortly before, and those that were written down later: a clock may have jumped back.
 * @param batch  the store's, as the one that changed them
 */
export function changedBatches(
  columns: Readonly<Record<string, string>>,
  streamId: string,
  batch: number,
  after: number | undefined,
): Sql {
  const texts = Object.entries(columns).map(([name, type]) => sql`${copyText(name, type)} AS ${identifier(name)}`)
  const ofAfter = (what: Sql): Sql =>
    clauses(
      sql`(SELECT max(${what}) FROM ${keptTable('batches')}`,
      sql`WHERE stream_id = ${text(streamId)} AND batch = ${after ?? 0})`,
    )
  const writtenLater = sql`SELECT (stream_id, batch) FROM ${keptTable('batches')} WHERE rowid > ${ofAfter(sql`rowid`)}`
  const later = sql`(stream_id, batch) IN (${writtenLater})`
  const since =
    after === undefined
      ? sql`true`
      : sql`(batch_time >= coalesce(${ofAfter(sql`batch_time`)} - ${LATE}, '-infinity') OR ${later})`
  return clauses(
    sql`SELECT ${keyOf(['stream_id', 'batch'])} AS "key", ${batch} AS changed, false AS is_gone, ${listed(texts)}`,
    sql`FROM ${BATCHES} WHERE ${since}`,
  )
}

const BATCHES = sql`${identifier(STORE)}.main.batches`

/** A group as 32 hexadecimal digits, NULLs in it included. The sort key of one short column alone would be a number. */
function keyOf(columns: readonly string[]): Sql {
  const parts = [...columns.map(identifier), text('')].map((part) => sql`${part}, 'ASC NULLS LAST'`)
  return sql`md5(create_sort_key(${listed(parts)}))`
}

import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordsOf } from '../../src/duckdb/session.ts'
import type { RunOptions } from '../../src/index.ts'
import { withSession } from '../../src/lake/sessions.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { describeWith } from '../support/optionalTool.ts'
import { hasSpark, SPARK_NEED, SPARK_PYTHON } from '../support/spark.ts'
import { copySparkBronze, hasSparkBronze } from '../support/sparkBronze.ts'
import { rawSql } from '../support/sql.ts'

const ROWS = 1_000_000

const ON_SPARK: Pick<RunOptions, 'engine' | 'engines'> = {
  engine: 'spark',
  engines: { spark: { python: SPARK_PYTHON, master: 'local[2]', driverMemory: '1500MB' } },
}

/** Values on which engines like to differ, in every column of the messages, some of them in many rows at once. */
const HOSTILE = `
SELECT
  [NULL, TIMESTAMPTZ '2026-11-22 00:00:00+00', TIMESTAMPTZ '2026-11-21 23:59:59.999999+00',
    TIMESTAMPTZ '2026-03-29 01:30:00+00', TIMESTAMPTZ '2026-10-25 00:30:00+00', TIMESTAMPTZ '1970-01-01 00:00:00+00',
    TIMESTAMPTZ '1969-12-31 23:59:59.999999+00', TIMESTAMPTZ '0001-01-01 00:00:00+00',
    TIMESTAMPTZ '9999-12-31 23:59:59.999999+00', TIMESTAMPTZ '1582-10-10 12:00:00+00',
    TIMESTAMPTZ '2026-11-20 00:00:00+00' + to_microseconds(n * 86399)][1 + n % 11] AS timestamp,
  CASE WHEN n % 97 > 0 THEN n END AS value,
  ['OPEN', 'open', 'Open', 'SENT', 'CLICKED', '', 'NONE', ' NONE ', NULL, 'é', 'É', 'e' || chr(769), '字', 'null',
    'it''s', 'a"b', 'a\\b', 'a\`b', '%', 'Date', 'CHANNEL', 'ß', '😀', ' ', 'a' || chr(10) || 'b', 'a' || chr(0) || 'b'
    ][1 + n * 7 % 26] AS event_type,
  [NULL, '', ' ', 'm' || n % 40000, 'M' || n % 40000, 'm' || n % 40000 || ' '][1 + n * 13 % 6] AS message_id,
  ['CHAT', 'chat', 'Chat', NULL, '', ' ', 'SMS', 'é', 'É', 'ß', 'SS', 'it''s', 'a\\b', 'a"b', 'İ', 'user', 'NULL'
    ][1 + n * 5 % 17] AS channel,
  CASE WHEN n % 13 > 0 THEN CAST(1998 + n % 23 AS INTEGER) END AS country_id,
  [NULL, -2147483648, 2147483647, 0, CAST(1000 + n % 51 AS INTEGER)][1 + n * 11 % 5] AS user_id
FROM (SELECT unnest(range(${ROWS})) AS n)`

describeWith(hasSpark, SPARK_NEED, 'what Spark makes of hostile rows and of real ones', () => {
  let duckdb: MessagesLake
  let spark: MessagesLake

  beforeAll(async () => {
    duckdb = await MessagesLake.open()
    await duckdb.drop('hostile.parquet', HOSTILE)
    if (hasSparkBronze) copySparkBronze(duckdb.landing)
    await duckdb.run(['land'])
    spark = await MessagesLake.open()
    cpSync(duckdb.root, spark.root, { recursive: true })
    await duckdb.run(['silver'])
    const made = await spark.run(['silver'], ON_SPARK)
    expect(made.map(({ engine }) => engine)).toEqual(made.map(() => expect.stringMatching(/^spark 4\./)))
  }, 900_000)

  afterAll(() => {
    duckdb?.close()
    spark?.close()
  })

  test.each(['messages', 'messages_corrupted'])('is, in %s, what DuckDB makes of them', async (table) => {
    const [ours, theirs] = [duckdb.filesOf(table), spark.filesOf(table)]
    const found = await withSession(duckdb.open, async (session) => ({
      types: [await session.describe(rawSql`FROM ${ours}`), await session.describe(rawSql`FROM ${theirs}`)],
      counts: await session.rows(rawSql`SELECT (SELECT count(*) FROM ${ours}) AS ours,
        (SELECT count(*) FROM (FROM ${ours} EXCEPT ALL FROM ${theirs})) AS lacking,
        (SELECT count(*) FROM (FROM ${theirs} EXCEPT ALL FROM ${ours})) AS surplus`),
    }))
    expect(found.types[1]).toEqual(found.types[0])
    const [counts] = found.counts
    expect(counts).toMatchObject({ lacking: 0, surplus: 0 })
    expect(Number(counts?.ours)).toBeGreaterThan(ROWS / 20)
    expect(partitionsOf(spark, table)).toEqual(partitionsOf(duckdb, table))
  })

  test('is validated, and has the partition values and bounds that readers skip files by', async () => {
    expect(await spark.faults()).toEqual([])
    const byDate = 'SELECT date, count(*) AS rows FROM messages WHERE date = $1 GROUP BY date'
    for (const date of ['2026-11-22', '0001-01-01', '9999-12-31']) {
      const [ours, theirs] = await Promise.all([duckdb, spark].map(({ lake }) => lake.query(byDate, [date])))
      expect(theirs?.rows).toEqual(ours?.rows)
      expect(theirs?.rows).toHaveLength(1)
    }
  })

  test('is, in the event types by day, the same columns, types and rows in the same order', async () => {
    const ours = await duckdb.lake.report('event-types')
    const theirs = await spark.lake.report('event-types', ON_SPARK)
    expect(theirs.columns).toEqual(ours.columns)
    expect(theirs.types).toEqual(ours.types)
    expect(theirs.rows).toEqual(ours.rows)
    expect(ours.columns.length).toBeGreaterThan(20)
  }, 900_000)

  test('is, in the activity of users as of a batch, the same too, and leaves nothing behind', async () => {
    const asOf = { stream: 'silver', batch: 1 }
    const ours = await duckdb.lake.report('user-activity', { asOf })
    const theirs = await spark.lake.report('user-activity', { asOf, ...ON_SPARK })
    expect(theirs.columns).toEqual(ours.columns)
    expect(theirs.types).toEqual(ours.types)
    expect(recordsOf(theirs)).toEqual(recordsOf(ours))
    expect(readdirSync(join(spark.root, '.queries')).filter((name) => name.includes('query'))).toEqual([])
  }, 900_000)
})

function partitionsOf(lake: MessagesLake, table: string): string[] {
  return readdirSync(lake.path('silver', table, 'data')).filter((name) => name.startsWith('date='))
}

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonValue } from '../../src/duckdb/values.ts'
import { panelOf } from '../../src/server/panels/panelFile.ts'
import type { ServedValues } from '../../src/serving/reader.ts'
import { inDuckdb } from '../support/duckdb.ts'
import { liveLake, MESSAGES_ROWS as MESSAGES, modelsOf, SENSORS_ROWS as SENSORS } from '../support/lakeModels.ts'
import { type MemoryReader, memoryReader } from '../support/memoryReader.ts'
import { rawSql } from '../support/sql.ts'

const BATCHES = `CREATE TABLE live.batches AS SELECT s AS stream, s || '@1' AS stream_id, b AS batch,
    TIMESTAMPTZ '2026-11-22 10:00:00+00' + to_minutes(b) AS batch_time,
    map(['messages', 'messages_corrupted'], [100 - b, b]) AS rows, 100 AS input_rows, NULL AS source_start,
    NULL AS source_end, ['file ' || b || '.parquet'] AS landed_files, 10.5 * b AS lag_ms, 1.0 AS plan_ms, 2.0 AS stage_ms,
    0.5 AS sync_ms, 3.0 AS commit_ms, 4.0 AS publish_ms, 10.5 AS total_ms
  FROM range(1, 50) AS r(b), (VALUES ('silver'), ('land')) AS v(s);`

const FROM = '2026-11-22T10:00:00Z'
const TO = '2026-11-22T13:00:00Z'
const RANGE = `BETWEEN TIMESTAMPTZ '${FROM}' AND TIMESTAMPTZ '2026-11-22T12:59:59.999999Z'`
const BEFORE = `BETWEEN TIMESTAMPTZ '2026-11-21T10:00:00Z' AND TIMESTAMPTZ '2026-11-21T12:59:59.999999Z'`

const messages = await liveLake('messages')
const sensors = await liveLake('sensors')

describe.each([
  { name: 'messages', lake: messages, rows: MESSAGES },
  { name: 'sensors', lake: sensors, rows: SENSORS },
])('the models of the $name lake', ({ lake, rows }) => {
  test('are kept: partial results of parts add up to each of them', async () => {
    const models = await modelsOf(lake)
    expect(models.map(({ name }) => name).sort()).toEqual(lake.live.models.map(({ called }) => called).sort())
    await inDuckdb(async (session) => {
      await session.run(rawSql`${rows}`)
      for (const model of models) {
        const { relation, groups, partials } = model
        const from = relation.name
        await session.run(
          rawSql`CREATE OR REPLACE TABLE rows_of_parts AS SELECT *, row_number() OVER () % 3 AS part FROM ${from}`,
        )
        const parts: string[] = []
        for (const part of [0, 1, 2]) {
          await session.run(rawSql`CREATE OR REPLACE VIEW part_rows AS SELECT * EXCLUDE (part) FROM rows_of_parts WHERE part = ${part};
            CREATE OR REPLACE TABLE part_${part} AS ${model.partialsOf('part_rows')}`)
          parts.push(`FROM part_${part}`)
        }
        const merged = partials
          .map(({ name, type, merge }) => `CAST(${merge}(${name}) AS ${type}) AS ${name}`)
          .join(', ')
        await session.run(rawSql`CREATE OR REPLACE TABLE kept AS SELECT ${groups.map(({ name }) => name).join(', ')}, ${merged}
          FROM (${parts.join(' UNION ALL ')}) GROUP BY ALL`)
        const wrong = await session.rows(rawSql`(${model.text} EXCEPT ALL ${model.resultOf('kept')})
          UNION ALL (${model.resultOf('kept')} EXCEPT ALL ${model.text})`)
        expect(wrong, model.name).toEqual([])
      }
    })
  })
})

describe('the panels of the messages lake', () => {
  let reader: MemoryReader

  beforeAll(async () => {
    const models = messages.live.models.map(({ called, text }) => `CREATE TABLE live.${called} AS ${text};`)
    reader = await memoryReader(`${MESSAGES} ${BATCHES} ${models.join('\n')}`)
    await reader.commit('SELECT 1')
  })

  afterAll(() => reader.close())

  async function answer(called: string, values: ServedValues = {}): Promise<readonly (readonly JsonValue[])[]> {
    const file = messages.live.panels.find((panel) => panel.called === called)
    if (file === undefined) throw new Error(`there is no panel ${called}`)
    const { query } = panelOf(file, 'duckdb')
    const bound = 'from' in query.parameters ? { from: FROM, to: TO, ...values } : values
    const { rows, isCut } = await reader.query(query, bound, { maxRows: 10_000, timeoutMs: 10_000 })
    expect(isCut).toBe(false)
    return rows
  }

  async function rowsOf(sql: string): Promise<readonly (readonly JsonValue[])[]> {
    const query = { name: 'wanted', sql, parameters: {} }
    return (await reader.query(query, {}, { maxRows: 10_000, timeoutMs: 10_000 })).rows
  }

  test('each has the columns that its header names', async () => {
    for (const file of messages.live.panels) {
      const panel = panelOf(file, 'duckdb')
      const columns = Object.keys(await reader.prepare(panel.query))
      const named = [panel.x, panel.series, ...panel.y].filter((name) => name !== undefined)
      expect(columns, file.name).toEqual(expect.arrayContaining(named))
    }
  })

  const ALL =
    'SELECT timestamp, channel, country FROM messages UNION ALL SELECT timestamp, channel, country FROM messages_corrupted'
  const COUNTS = `count(*) FILTER (WHERE timestamp ${RANGE}), count(*) FILTER (WHERE timestamp ${BEFORE})`
  const USERS = `count(DISTINCT user_id) FILTER (WHERE timestamp ${RANGE}), count(DISTINCT user_id) FILTER (WHERE timestamp ${BEFORE})`

  test.each<{ panel: string; values?: ServedValues; wanted: string }>([
    { panel: 'unique_messages', wanted: `SELECT ${COUNTS} FROM first_messages` },
    {
      panel: 'unique_messages',
      values: { channel: ['EMAIL', 'SMS'], country: ['Spain'], event_type: ['OPEN', 'SENT'] },
      wanted: `SELECT ${COUNTS} FROM first_messages
        WHERE channel IN ('EMAIL', 'SMS') AND country = 'Spain' AND event_type IN ('OPEN', 'SENT')`,
    },
    { panel: 'messages', wanted: `SELECT ${COUNTS} FROM (${ALL})` },
    {
      panel: 'messages',
      values: { channel: ['CHAT'] },
      wanted: `SELECT ${COUNTS} FROM (${ALL}) WHERE channel = 'CHAT'`,
    },
    {
      panel: 'corrupted',
      wanted: `SELECT (SELECT 100.0 * count(*) FROM messages_corrupted WHERE timestamp ${RANGE})
          / (SELECT count(*) FROM (${ALL}) WHERE timestamp ${RANGE}),
        (SELECT 100.0 * count(*) FROM messages_corrupted WHERE timestamp ${BEFORE})
          / (SELECT count(*) FROM (${ALL}) WHERE timestamp ${BEFORE})`,
    },
    {
      panel: 'corrupted',
      values: { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' },
      wanted: 'SELECT NULL, NULL',
    },
    { panel: 'users', wanted: `SELECT ${USERS} FROM first_messages` },
    {
      panel: 'users',
      values: { channel: ['SMS'], country: ['Brazil'] },
      wanted: `SELECT ${USERS} FROM first_messages WHERE channel = 'SMS' AND country = 'Brazil'`,
    },
    {
      panel: 'messages_per_minute',
      values: { channel: ['CHAT', 'EMAIL'] },
      wanted: `SELECT date_trunc('minute', timestamp), channel, count(*) FROM first_messages
        WHERE timestamp ${RANGE} AND channel IN ('CHAT', 'EMAIL') GROUP BY ALL ORDER BY ALL`,
    },
    {
      panel: 'messages_per_hour',
      wanted: `SELECT date_trunc('hour', timestamp), channel, count(*) FROM first_messages WHERE timestamp ${RANGE}
        GROUP BY ALL ORDER BY ALL`,
    },
    {
      panel: 'messages_per_day',
      values: { from: '2026-11-21T00:00:00Z', to: '2026-11-23T00:00:00Z' },
      wanted: `SELECT date, channel, count(*) FROM first_messages WHERE date BETWEEN '2026-11-21' AND '2026-11-22'
        GROUP BY ALL ORDER BY ALL`,
    },
    {
      panel: 'event_types',
      values: { from: '2026-11-21T00:00:00Z', to: '2026-11-23T00:00:00Z' },
      wanted: `SELECT date, channel, event_type, count(*) FROM first_messages
        WHERE date BETWEEN '2026-11-21' AND '2026-11-22' GROUP BY ALL ORDER BY date DESC, channel, event_type`,
    },
    {
      panel: 'countries',
      wanted: `SELECT country, ${COUNTS} FROM first_messages WHERE timestamp ${RANGE} OR timestamp ${BEFORE}
        GROUP BY country ORDER BY 2 DESC, 3 DESC, 1`,
    },
    {
      panel: 'corrupted_reasons',
      wanted: `SELECT event_type, count(*) FROM messages_corrupted WHERE timestamp ${RANGE} GROUP BY ALL ORDER BY 2 DESC, 1`,
    },
    {
      panel: 'corrupted_share',
      wanted: `SELECT minute, 100.0 * sum(c) / count(*), sum(c), count(*) FROM (
          SELECT date_trunc('minute', timestamp) AS minute, 0 AS c FROM messages
          UNION ALL SELECT date_trunc('minute', timestamp), 1 FROM messages_corrupted)
        WHERE minute ${RANGE} GROUP BY ALL ORDER BY minute`,
    },
    {
      panel: 'active_users',
      wanted: `SELECT u.user_id, channel, count(*), any_value(n), any_value(b) FROM first_messages AS m JOIN (
          SELECT user_id, count(*) FILTER (WHERE timestamp ${RANGE}) AS n, count(*) FILTER (WHERE timestamp ${BEFORE}) AS b
          FROM first_messages WHERE user_id IS NOT NULL GROUP BY ALL HAVING n > 0 ORDER BY 2 DESC, 1 LIMIT 20) AS u
          ON m.user_id = u.user_id
        WHERE timestamp ${RANGE} GROUP BY ALL ORDER BY 4 DESC, 1, 2`,
    },
    {
      panel: 'user_activity',
      values: { channel: ['CHAT', 'SMS'] },
      wanted: `SELECT user_id, channel, count(*), any_value(n) FROM first_messages JOIN (
          SELECT user_id, count(*) AS n FROM first_messages WHERE user_id IS NOT NULL AND channel IN ('CHAT', 'SMS')
          GROUP BY ALL ORDER BY 2 DESC, 1 LIMIT 50) USING (user_id)
        WHERE channel IN ('CHAT', 'SMS') GROUP BY ALL ORDER BY 4 DESC, 1, 2`,
    },
    {
      panel: 'worst_batches',
      wanted: `SELECT 'silver', 50 - range, TIMESTAMPTZ '2026-11-22 10:00:00+00' + to_minutes(50 - range), 100, 50 - range,
        (50 - range)::DOUBLE, ['file ' || (50 - range) || '.parquet'] FROM range(1, 21)`,
    },
  ])('$panel counts what is in the tables: $values', async ({ panel, values, wanted }) => {
    const rows = await answer(panel, values)
    expect(rows).toEqual(await rowsOf(wanted))
    expect(rows.length).toBeGreaterThan(0)
  })

  test('batches come with their phases, the newest first', async () => {
    const rows = await answer('batches')
    expect(rows.length).toBe(98)
    expect(rows[1]?.slice(0, 2)).toEqual(['silver', 49])
  })

  test('the reports can be had from the models', async () => {
    const types =
      await rowsOf(`SELECT date, channel, event_type, sum(messages) FROM live.first_messages_per_day GROUP BY ALL
      EXCEPT ALL SELECT date, channel, event_type, count(*) FROM first_messages GROUP BY ALL`)
    const users = await rowsOf(`SELECT user_id, sum(messages) FROM live.user_activity GROUP BY ALL
      EXCEPT ALL SELECT user_id, count(*) FROM first_messages GROUP BY ALL`)
    expect([...types, ...users]).toEqual([])
  })
})

test('the panels of the sensors lake show their models', async () => {
  const models = sensors.live.models.map(({ called, text }) => `CREATE TABLE live.${called} AS ${text};`)
  const reader = await memoryReader(`${SENSORS} ${models.join('\n')}`)
  await reader.commit('SELECT 1')
  for (const file of sensors.live.panels) {
    const panel = panelOf(file, 'duckdb')
    const columns = Object.keys(await reader.prepare(panel.query))
    expect(columns).toEqual(
      expect.arrayContaining([panel.x, panel.series, ...panel.y].filter((name) => name !== undefined)),
    )
    const bound =
      panel.time === undefined ? {} : { from: '2026-11-20T00:00:00Z', to: '2026-11-26T00:00:00Z', site: ['attic'] }
    const { rows } = await reader.query(panel.query, bound, { maxRows: 1000, timeoutMs: 10_000 })
    expect(rows.length, file.name).toBeGreaterThan(0)
  }
  await reader.close()
})

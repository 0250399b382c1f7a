import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonValue } from '../../src/duckdb/values.ts'
import { lakePanels } from '../../src/server/panels/lakePanels.ts'
import type { Panel } from '../../src/server/panels/panel.ts'
import { missingColumnOf } from '../../src/server/panels/panelHead.ts'
import type { ServedValues } from '../../src/serving/reader.ts'
import { liveLake, MESSAGES_ROWS, SENSORS_ROWS } from '../support/lakeModels.ts'
import { type MemoryReader, memoryReader } from '../support/memoryReader.ts'

// Each panel is compared with plain SQL over the tables that its models are kept from.

const BATCHES = `CREATE TABLE live.batches AS SELECT s AS stream, s || '@1' AS stream_id, b AS batch,
    TIMESTAMPTZ '2026-11-22 10:00:00+00' + to_minutes(b) AS batch_time,
    map(['messages', 'messages_corrupted'], [100 - b, b]) AS rows, 100 AS input_rows, NULL AS source_start,
    NULL AS source_end, ['file ' || b || '.parquet'] AS landed_files, 10.5 * b AS lag_ms, 1.0 AS plan_ms, 2.0 AS stage_ms,
    0.5 AS sync_ms, 3.0 AS commit_ms, 4.0 AS publish_ms, 10.5 AS total_ms
  FROM range(1, 50) AS r(b), (VALUES ('silver'), ('land')) AS v(s);`

const LAKES = { messages: MESSAGES_ROWS, sensors: SENSORS_ROWS } as const
const LIMITS = { maxRows: 10_000, timeoutMs: 10_000 }
const FROM = '2026-11-22T10:00:00Z'
const TO = '2026-11-22T13:00:00Z'
const DAY_MS = 24 * 3_600_000

/** Up to where whole grains are complete at 12:41:20. */
function completeOf({ time }: Panel): string {
  const grainMs = time?.grainMs ?? 1
  return new Date(Math.floor(Date.parse('2026-11-22T12:41:20Z') / grainMs) * grainMs).toISOString()
}

/** Rows of a range, or of the one a day before. */
const within = (from: string, to: string, daysBefore = 0): string => {
  const at = (text: string): string => `TIMESTAMPTZ '${new Date(Date.parse(text) - daysBefore * DAY_MS).toISOString()}'`
  return `timestamp >= ${at(from)} AND timestamp < ${at(to)}`
}

const RANGE = within(FROM, TO)
const BY_MINUTE = '2026-11-22T12:41:00Z'
const BY_HOUR = '2026-11-22T12:00:00Z'

describe.each(['messages', 'sensors'] as const)('the panels of the %s lake', (name) => {
  let reader: MemoryReader
  let panels: readonly Panel[]

  beforeAll(async () => {
    const lake = await liveLake(name)
    panels = lakePanels(lake, 'duckdb')
    const models = lake.live.models.map(({ called, text }) => `CREATE TABLE live.${called} AS ${text};`)
    reader = await memoryReader(`${LAKES[name]} ${BATCHES} ${models.join('\n')}`)
    await reader.commit('SELECT 1')
  })

  afterAll(() => reader.close())

  async function answer(panel: Panel, values: ServedValues = {}): Promise<readonly (readonly JsonValue[])[]> {
    const range = { from: FROM, to: TO, complete: completeOf(panel) }
    const bound = panel.time === undefined ? values : { ...range, ...values }
    const { rows, isCut } = await reader.query(panel.query, bound, LIMITS)
    expect(isCut).toBe(false)
    return rows
  }

  async function rowsOf(sql: string): Promise<readonly (readonly JsonValue[])[]> {
    return (await reader.query({ name: 'wanted', sql, parameters: {} }, {}, LIMITS)).rows
  }

  test('have the columns that their headers name, and a row', async () => {
    for (const panel of panels) {
      expect(missingColumnOf(panel, await reader.prepare(panel.query))).toBeUndefined()
      expect((await answer(panel, TWO_DAYS)).length, panel.name).toBeGreaterThan(0)
    }
  })

  test('lead to a panel that has the column that they show', async () => {
    for (const panel of panels) {
      for (const link of [panel.spark, panel.brush, panel.coarser?.panel]) {
        const other = panels.find((each) => each.name === link)
        if (other === undefined) continue
        const columns = Object.keys(await reader.prepare(other.query))
        expect(other.x, `${panel.name} → ${link}`).toBeDefined()
        expect(columns, `${panel.name} → ${link}`).toEqual(expect.arrayContaining([...panel.y]))
      }
    }
  })

  const ofPanels = [...MESSAGE_CASES, ...SENSOR_CASES].filter((given) => given.lake === name)

  test.each(ofPanels)('$panel counts what is in the tables: $values', async ({ panel: called, values, wanted }) => {
    const panel = panels.find((each) => each.name === called)
    if (panel === undefined) throw new Error(`there is no panel ${called}`)
    const rows = await answer(panel, values)
    expect(rows).toEqual(await rowsOf(wanted))
    expect(rows.length).toBeGreaterThan(0)
  })
})

interface Case {
  readonly lake: keyof typeof LAKES
  readonly panel: string
  readonly values?: ServedValues
  readonly wanted: string
}

const COLUMNS = 'timestamp, channel, event_type, country'
const ALL = `(SELECT ${COLUMNS}, false AS is_corrupted FROM messages
  UNION ALL SELECT ${COLUMNS}, true FROM messages_corrupted) AS every`
const TWO_DAYS = { from: '2026-11-21T00:00:00Z', to: '2026-11-23T00:00:00Z' }
const FILTERED = { channel: ['EMAIL', 'SMS'], country: ['Spain'], event_type: ['OPEN', 'SENT', ''] }
const FILTER = "channel IN ('EMAIL', 'SMS') AND country = 'Spain' AND event_type IN ('OPEN', 'SENT', '')"

/** A measure now, up to the last complete grain, and a day before that. */
const compared = (measure: string, complete: string, before = 'nullif(@, 0)'): string =>
  [
    `${measure} FILTER (WHERE ${RANGE})`,
    `${measure} FILTER (WHERE ${within(FROM, complete)})`,
    before.replace('@', `${measure} FILTER (WHERE ${within(FROM, complete, 1)})`),
  ].join(', ')

/** Rows of a range by grain, and those of a day before beside them. */
const besideBefore = (grain: string, source: string, range: readonly [string, string] = [FROM, TO]): string =>
  `(SELECT date_trunc('${grain}', timestamp) AS moment, *, false AS is_before FROM ${source} WHERE ${within(...range)}
    UNION ALL SELECT date_trunc('${grain}', timestamp + INTERVAL '1 day'), *, true FROM ${source}
    WHERE ${within(...range, 1)})`
const BOTH = 'sum(1) FILTER (WHERE NOT is_before), sum(1) FILTER (WHERE is_before)'
const SHARES = `100.0 * sum(is_corrupted::INT) FILTER (WHERE NOT is_before) / sum(1) FILTER (WHERE NOT is_before),
  100.0 * sum(is_corrupted::INT) FILTER (WHERE is_before) / sum(1) FILTER (WHERE is_before),
  sum(is_corrupted::INT) FILTER (WHERE NOT is_before), sum(1) FILTER (WHERE NOT is_before)`
const DAY = ['2026-11-22T00:00:00Z', '2026-11-23T00:00:00Z'] as const
const WHOLE_DAY = { from: DAY[0], to: DAY[1] }

const MESSAGE_CASES = [
  { panel: 'messages', wanted: `SELECT ${compared('count(*)', BY_MINUTE)} FROM ${ALL}` },
  {
    panel: 'messages',
    values: FILTERED,
    wanted: `SELECT ${compared('count(*)', BY_MINUTE)} FROM ${ALL} WHERE ${FILTER}`,
  },
  {
    panel: 'messages',
    values: { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z', complete: '2020-01-02T00:00:00Z' },
    wanted: 'SELECT 0, 0, NULL',
  },
  { panel: 'unique_messages', wanted: `SELECT ${compared('count(*)', BY_MINUTE)} FROM first_messages` },
  {
    panel: 'unique_messages',
    values: FILTERED,
    wanted: `SELECT ${compared('count(*)', BY_MINUTE)} FROM first_messages WHERE ${FILTER}`,
  },
  { panel: 'users', wanted: `SELECT ${compared('count(DISTINCT user_id)', BY_HOUR)} FROM first_messages` },
  {
    panel: 'users',
    values: { channel: ['SMS'], country: ['Brazil'] },
    wanted: `SELECT ${compared('count(DISTINCT user_id)', BY_HOUR)} FROM first_messages
      WHERE channel = 'SMS' AND country = 'Brazil'`,
  },
  {
    panel: 'corrupted',
    wanted: `SELECT ${compared('avg(100.0 * is_corrupted::INT)', BY_MINUTE, '@')} FROM ${ALL}`,
  },
  {
    panel: 'corrupted',
    values: { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z', complete: '2020-01-02T00:00:00Z' },
    wanted: 'SELECT NULL, NULL, NULL',
  },
  {
    panel: 'messages_per_minute',
    wanted: `SELECT moment, channel, ${BOTH} FROM ${besideBefore('minute', ALL)} GROUP BY ALL ORDER BY ALL`,
  },
  {
    panel: 'messages_per_minute',
    values: FILTERED,
    wanted: `SELECT moment, channel, ${BOTH} FROM ${besideBefore('minute', ALL)} WHERE ${FILTER} GROUP BY ALL ORDER BY ALL`,
  },
  {
    panel: 'messages_per_hour',
    values: WHOLE_DAY,
    wanted: `SELECT moment, channel, ${BOTH} FROM ${besideBefore('hour', ALL, DAY)} GROUP BY ALL ORDER BY ALL`,
  },
  {
    panel: 'messages_per_day',
    values: TWO_DAYS,
    wanted: `SELECT CAST(timestamp AS DATE), channel, count(*) FROM ${ALL}
      WHERE CAST(timestamp AS DATE) BETWEEN '2026-11-21' AND '2026-11-22' GROUP BY ALL ORDER BY ALL`,
  },
  {
    panel: 'messages_day',
    values: WHOLE_DAY,
    wanted: `SELECT moment, ${BOTH} FROM ${besideBefore('hour', ALL, DAY)} GROUP BY ALL ORDER BY ALL`,
  },
  {
    panel: 'unique_messages_day',
    values: WHOLE_DAY,
    wanted: `SELECT moment, ${BOTH} FROM ${besideBefore('hour', 'first_messages', DAY)} GROUP BY ALL ORDER BY ALL`,
  },
  {
    panel: 'users_day',
    values: WHOLE_DAY,
    wanted: `SELECT moment, count(DISTINCT user_id) FILTER (WHERE NOT is_before), count(DISTINCT user_id) FILTER (WHERE is_before)
      FROM ${besideBefore('hour', 'first_messages', DAY)} GROUP BY ALL ORDER BY ALL`,
  },
  {
    panel: 'corrupted_day',
    values: { ...WHOLE_DAY, channel: ['SMS'] },
    wanted: `SELECT moment, ${SHARES} FROM ${besideBefore('hour', ALL, DAY)} WHERE channel = 'SMS' GROUP BY ALL ORDER BY moment`,
  },
  {
    panel: 'corrupted_share',
    wanted: `SELECT moment, ${SHARES} FROM ${besideBefore('minute', ALL)} GROUP BY ALL ORDER BY moment`,
  },
  {
    panel: 'corrupted_share_per_hour',
    wanted: `SELECT moment, ${SHARES} FROM ${besideBefore('hour', ALL)} GROUP BY ALL ORDER BY moment`,
  },
  {
    panel: 'event_types',
    values: TWO_DAYS,
    wanted: `SELECT date, channel, event_type, count(*) FROM first_messages
      WHERE date BETWEEN '2026-11-21' AND '2026-11-22' GROUP BY ALL ORDER BY date DESC, channel, event_type`,
  },
  {
    panel: 'countries',
    wanted: `SELECT country, n, 100.0 * n / sum(n) OVER (), c, b FROM (
        SELECT country, sum(1) FILTER (WHERE ${RANGE}) AS n, sum(1) FILTER (WHERE ${within(FROM, BY_HOUR)}) AS c,
          sum(1) FILTER (WHERE ${within(FROM, BY_HOUR, 1)}) AS b
        FROM first_messages GROUP BY country) ORDER BY n DESC, b DESC, country`,
  },
  {
    panel: 'corrupted_reasons',
    wanted: `SELECT event_type, count(*) FROM messages_corrupted WHERE ${RANGE} GROUP BY ALL ORDER BY 2 DESC, 1`,
  },
  {
    panel: 'active_users',
    wanted: `WITH counted AS (SELECT user_id, channel, sum(1) FILTER (WHERE ${RANGE}) AS n,
          sum(1) FILTER (WHERE ${within(FROM, BY_HOUR)}) AS c, sum(1) FILTER (WHERE ${within(FROM, BY_HOUR, 1)}) AS b
        FROM first_messages WHERE user_id IS NOT NULL GROUP BY ALL),
      most AS (SELECT user_id, sum(n) AS all_n FROM counted GROUP BY ALL HAVING all_n > 0 ORDER BY 2 DESC, 1 LIMIT 20)
      SELECT user_id, channel, n, c, b FROM most JOIN counted USING (user_id) WHERE n > 0 OR b > 0
      ORDER BY all_n DESC, 1, 2`,
  },
  {
    panel: 'user_activity',
    values: { channel: ['CHAT', 'SMS'] },
    wanted: `SELECT user_id, channel, count(*), any_value(n) FROM first_messages JOIN (
        SELECT user_id, count(*) AS n FROM first_messages WHERE user_id IS NOT NULL AND channel IN ('CHAT', 'SMS')
        GROUP BY ALL ORDER BY 2 DESC, 1 LIMIT 50) USING (user_id)
      WHERE channel IN ('CHAT', 'SMS') GROUP BY ALL ORDER BY 4 DESC, 1, 2`,
  },
  ...[{}, { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' }].map((values) => ({
    // Of a range before the first batch, all batches: what is older than the first came by later ones.
    panel: 'worst_batches',
    values,
    wanted: `SELECT ['file ' || (50 - range) || '.parquet'], 50 - range,
        TIMESTAMPTZ '2026-11-22 10:00:00+00' + to_minutes(50 - range), 50 - range, 100, (50 - range)::DOUBLE
      FROM range(1, 21)`,
  })),
  {
    panel: 'batches',
    wanted: `SELECT stream, batch, batch_time, input_rows, ['messages', 'messages_corrupted'],
        [(100 - batch)::VARCHAR, batch::VARCHAR], landed_files, lag_ms, plan_ms, stage_ms, sync_ms,
        commit_ms, publish_ms, total_ms FROM live.batches ORDER BY batch_time DESC, stream, batch DESC`,
  },
].map((given): Case => ({ lake: 'messages', ...given }))

const SENSOR_CASES = [
  {
    panel: 'temperatures',
    values: { ...TWO_DAYS, site: ['attic'] },
    wanted: `SELECT date_trunc('hour', measured_at) AS hour, site, avg(celsius::DECIMAL(9, 3)), min(celsius), max(celsius)
      FROM readings WHERE date BETWEEN '2026-11-21' AND '2026-11-22' AND site = 'attic' GROUP BY ALL ORDER BY ALL`,
  },
  {
    panel: 'alarms',
    values: TWO_DAYS,
    wanted: `SELECT date, site, count(*), max(celsius) FROM alarms WHERE date BETWEEN '2026-11-21' AND '2026-11-22'
      GROUP BY ALL ORDER BY ALL`,
  },
  {
    panel: 'rejected',
    wanted: `SELECT sensor, reason, count(*), max(measured_at) FROM rejected_readings GROUP BY ALL ORDER BY 3 DESC, 1, 2`,
  },
].map((given): Case => ({ lake: 'sensors', ...given }))

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { loadLake } from '../../src/lake/config/load.ts'
import type { ResolvedLake } from '../../src/lake/config/resolve.ts'
import type { ResolvedLive } from '../../src/lake/config/resolveLive.ts'
import type { LiveModel } from '../../src/serving/model.ts'
import { ModelReader } from '../../src/serving/models/modelReader.ts'
import { inDuckdb } from './duckdb.ts'

const CONFIGS = {
  messages: '../../lakeweir.config.ts',
  sensors: '../fixtures/sensors/lakeweir.config.ts',
} as const

/** A lake of this repository with its live models. */
export async function liveLake(name: keyof typeof CONFIGS): Promise<ResolvedLake & { readonly live: ResolvedLive }> {
  const lake = await loadLake({ config: fileURLToPath(new URL(CONFIGS[name], import.meta.url)) })
  if (lake.live === undefined) throw new Error(`${lake.configFile} has no live models`)
  return { ...lake, live: lake.live }
}

export async function modelsOf(lake: ResolvedLake & { readonly live: ResolvedLive }): Promise<readonly LiveModel[]> {
  return await inDuckdb(async (session) => {
    const { live, views, references } = lake
    const reader = await ModelReader.open(session, { tables: live.follows.into, views, references })
    const models: LiveModel[] = []
    for (const file of live.models) models.push(await reader.read(file))
    return models
  })
}

/** Three days of messages; many are there twice, some earlier and some later, and some columns are NULL. */
const EVERY_MESSAGE = `
  CREATE MACRO pick(i, salt, size) AS CAST(hash(i * 100 + salt) % size AS INTEGER);
  CREATE TABLE every_message AS SELECT
    CASE WHEN pick(i, 1, 40) > 0 THEN TIMESTAMPTZ '2026-11-20 00:00:00+00' + to_seconds(pick(i, 2, 259200)) END AS timestamp,
    i // 3 AS value, ['OPEN', 'SENT', 'CLICKED'][1 + pick(i, 3, 3)] AS event_type, 'm' || pick(i, 4, 3000) AS message_id,
    ['CHAT', 'EMAIL', 'SMS', NULL][1 + pick(i, 5, 4)] AS channel, CAST(2000 + pick(i, 6, 4) AS INTEGER) AS country_id,
    CASE WHEN pick(i, 7, 50) > 0 THEN pick(i, 8, 90) END AS user_id,
    ['Brazil', 'Spain', 'Italy', NULL][1 + pick(i, 6, 4)] AS country, CAST(timestamp AS DATE) AS date
    FROM range(9000) AS r(i);
  CREATE TABLE messages AS FROM every_message;
  CREATE TABLE messages_corrupted AS SELECT * REPLACE (['', 'NONE', NULL][1 + pick(value, 9, 3)] AS event_type)
    FROM every_message WHERE value % 5 = 1;`

const FIRST = readFileSync(new URL('../../sql/views/first_messages.sql', import.meta.url), 'utf8')

/** The tables of the messages lake that its models read, and the view. */
export const MESSAGES_ROWS = `${EVERY_MESSAGE} CREATE VIEW first_messages AS ${FIRST};`

/** The tables of the sensors lake that its models read. */
export const SENSORS_ROWS = `
  CREATE TABLE readings AS SELECT TIMESTAMPTZ '2026-11-20 00:00:00+00' + to_minutes(i * 7) AS measured_at,
    'S0' || (1 + i % 5) AS sensor, (i * 37 % 450) / 10 AS celsius, 'gw' AS gateway, ['attic', 'cellar'][1 + i % 2] AS site,
    CAST(measured_at AS DATE) AS date FROM range(1200) AS r(i);
  CREATE TABLE alarms AS SELECT *, 30.0::DOUBLE AS limit_celsius FROM readings WHERE celsius > 30;
  CREATE TABLE rejected_readings AS SELECT measured_at, sensor, celsius, gateway, 'no value' AS reason FROM readings WHERE celsius < 1;`

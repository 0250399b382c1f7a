import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { type Client, createClient } from '../../src/client/index.ts'
import { recordsOf } from '../../src/duckdb/session.ts'
import { Lake } from '../../src/index.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { dashboardHandler } from '../../src/server/index.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const DAY_MS = 24 * 3_600_000
const ROWS = 1_000

/** Some lake of this repository with rows that begin some days ago, served until the test ends. */
async function servedLake(config: string, streams: readonly [string, string], daysAgo: number) {
  const lake = Lake.of(await openLake({ config, lake: temporaryFolder() }))
  onTestFinished(() => lake.close())
  const [made, split] = streams
  const startTimeMs = Math.floor(Date.now() / DAY_MS - daysAgo) * DAY_MS - 120_000
  await lake.run({ streams: [made], generate: { rows: ROWS, seed: 7, startTimeMs } })
  await lake.run({ streams: [split], availableNow: true })
  const handler = await dashboardHandler(lake)
  onTestFinished(() => handler.close())
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const client = createClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  for await (const { position } of client.follow({ batches: { panel: 'batches' } })) if (position !== null) break
  return { lake, client }
}

async function recordsIn(lake: Lake, sql: string): Promise<readonly Record<string, unknown>[]> {
  return recordsOf(await lake.query(sql))
}

/** What a panel answers, as objects whose numbers are numbers. */
async function shown(client: Client, panel: string, parameters: Record<string, string>) {
  const { records } = await client.panel(panel, parameters)
  return records.map((record) =>
    Object.fromEntries(
      Object.entries(record).map(([name, value]) => [
        name,
        /^-?\d+(\.\d+)?$/.test(String(value)) ? Number(value) : value,
      ]),
    ),
  )
}

test('the sensors have a dashboard of their own, made of three files; of old rows it opens at the newest', async () => {
  const config = 'test/fixtures/sensors/lakeweir.config.ts'
  const { lake, client } = await servedLake(config, ['simulate', 'check'], 400)
  const head = await client.dashboard()
  expect(head).toMatchObject({
    title: 'Sensors',
    layout: [
      { panel: 'temperatures', width: 12, wallWidth: 12 },
      { panel: 'alarms', width: 6, wallWidth: 6 },
      { panel: 'rejected', width: 6, wallWidth: 6 },
    ],
    settings: { range: 7 * DAY_MS, presets: [DAY_MS, 7 * DAY_MS, 30 * DAY_MS] },
    fixed: {},
  })
  expect(head.panels.map(({ name, kind, problem }) => [name, kind, problem])).toEqual([
    ['alarms', 'bar', null],
    ['rejected', 'table', null],
    ['temperatures', 'line', null],
  ])
  const [last] = await recordsIn(
    lake,
    `SELECT strftime(date_trunc('hour', max(measured_at)) + INTERVAL '1 hour', '%Y-%m-%dT%H:%M:%S.000Z') AS at FROM readings`,
  )
  const { from = '', to = '', isToday } = head.newest ?? {}
  expect([to, isToday]).toEqual([last?.at, false])
  expect(Date.parse(to) - Date.parse(from)).toBe(7 * DAY_MS)
  const near = (rows: readonly Record<string, unknown>[]) =>
    rows.map((row) => ({ ...row, mean: expect.closeTo(Number(row.mean), 9) }))
  expect(await shown(client, 'temperatures', { from, to })).toEqual(
    near(
      await recordsIn(
        lake,
        `SELECT strftime(date_trunc('hour', measured_at), '%Y-%m-%dT%H:%M:%SZ') AS hour, site,
          avg(celsius::DECIMAL(9, 3)) AS mean, min(celsius) AS lowest, max(celsius) AS highest
        FROM readings GROUP BY ALL ORDER BY ALL`,
      ),
    ),
  )
  expect(await shown(client, 'alarms', { from, to })).toEqual(
    await recordsIn(
      lake,
      `SELECT date, site, count(*)::INT AS alarms, max(celsius) AS highest FROM alarms GROUP BY ALL ORDER BY ALL`,
    ),
  )
  expect(await shown(client, 'rejected', {})).toEqual(
    await recordsIn(
      lake,
      `SELECT sensor, reason, count(*)::INT AS rejected,
        replace(max(measured_at)::VARCHAR, ' ', 'T').replace('+00', 'Z') AS last_measured_at
      FROM rejected_readings GROUP BY ALL ORDER BY 3 DESC, 1, 2`,
    ),
  )
})

test('the messages have the drawn dashboard: no panel has a problem, and of old rows it opens at the newest', async () => {
  const { lake, client } = await servedLake('lakeweir.config.ts', ['produce', 'silver'], 1_000)
  const head = await client.dashboard()
  expect(head.panels.filter(({ problem }) => problem !== null)).toEqual([])
  expect(head.layout.map(({ panel, width }) => `${panel} ${width}`)).toEqual([
    'messages 3',
    'unique_messages 3',
    'users 3',
    'corrupted 3',
    'messages_per_minute 12',
    'event_types 6',
    'active_users 3',
    'countries 3',
    'corrupted_share 6',
    'batches 6',
    'corrupted_reasons 3',
    'worst_batches 9',
  ])
  // A wall has no room for what is to be clicked.
  const offWall = head.layout.filter(({ wallWidth }) => wallWidth === 0)
  expect(offWall.map(({ panel }) => panel)).toEqual(['corrupted_reasons', 'worst_batches'])
  const find = (name: string) => head.panels.find((panel) => panel.name === name)
  expect(find('corrupted')).toMatchObject({ alarm: 35, spark: 'corrupted_day', rows: 'messages_corrupted' })
  const parts = ['messages_day', 'unique_messages_day', 'users_day', 'corrupted_day', 'messages_per_hour']
  for (const name of [...parts, 'messages_per_day', 'corrupted_share_per_hour']) expect(find(name), name).toBeDefined()
  expect(find('user_activity')).toBeUndefined()

  const { from = '', to = '', isToday } = head.newest ?? {}
  const ALL = '(SELECT timestamp FROM messages UNION ALL SELECT timestamp FROM messages_corrupted)'
  const [last] = await recordsIn(
    lake,
    `SELECT strftime(date_trunc('minute', max(timestamp)) + INTERVAL '1 minute', '%Y-%m-%dT%H:%M:%S.000Z') AS at FROM ${ALL}`,
  )
  expect([to, isToday]).toEqual([last?.at, false])
  const flow = await shown(client, 'messages_per_minute', { from, to })
  expect(flow.reduce((sum, { messages }) => sum + Number(messages), 0)).toBe(ROWS)
  // The rows begin two minutes before midnight, and the day before has none as early as these.
  const [today] = await shown(client, 'messages', { from: 'day', to })
  expect(today).toEqual({ messages: ROWS - 120, messages_complete: ROWS - 120, messages_before: null })
})

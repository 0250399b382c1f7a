import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { recordsOf } from '../../src/duckdb/session.ts'
import { literal } from '../../src/duckdb/sql/literals.ts'
import type { Row } from '../../src/duckdb/values.ts'
import { Lake, LakeError } from '../../src/index.ts'
import { inDuckdb } from '../support/duckdb.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const MEGABYTE = 'x'.repeat(1_000_000)
/** Texts that are hard on whatever quotes, splits or counts them. */
const HARD_TEXTS = {
  'both quotes': `it's "quoted"`,
  'a line break': 'two\nlines',
  'a Windows line break': 'two\r\nlines',
  'an emoji': '👩‍👩‍👧 🎉',
  'a comma and a semicolon': 'a,b;c',
  'a backslash': 'C:\\new',
  'SQL in it': `'); DROP TABLE messages; --`,
  'a space alone': ' ',
  'the name of a column': 'event_type',
  'the word NULL': 'NULL',
  'a megabyte': MEGABYTE,
}

interface MessageCase {
  readonly name: string
  readonly row: Readonly<Record<string, string | number | null>>
  readonly table: 'messages' | 'messages_corrupted'
  readonly becomes?: Readonly<Record<string, string | number | null>>
}

const DAY = '2026-11-22'
const SOUND = {
  timestamp: `${DAY} 10:00:00+00`,
  event_type: 'OPEN',
  message_id: 'm',
  channel: 'CHAT',
  country_id: 2000,
  user_id: 1000,
}

function eventCase(name: string, event_type: string | null, table: MessageCase['table']): MessageCase {
  return { name, row: { event_type }, table }
}

const cases: readonly MessageCase[] = [
  { name: 'a sound message', row: {}, table: 'messages', becomes: { country: 'Brazil', date: DAY } },
  eventCase('an event of NULL', null, 'messages_corrupted'),
  eventCase('an event of no text', '', 'messages_corrupted'),
  eventCase('an event of NONE', 'NONE', 'messages_corrupted'),
  eventCase('an event of NONE within spaces', ' NONE ', 'messages'),
  eventCase('an event of NONE and a space', 'NONE ', 'messages'),
  eventCase('an event of NONE in small letters', 'none', 'messages'),
  eventCase('an event of NONE and a line break', 'NONE\n', 'messages'),
  eventCase('an event of a space', ' ', 'messages'),
  eventCase('an event of the word NULL', 'NULL', 'messages'),
  eventCase('an event of NONE with a letter that looks alike', 'NОNE', 'messages'),
  { name: 'no timestamp', row: { timestamp: null }, table: 'messages', becomes: { timestamp: null, date: null } },
  {
    name: 'neither timestamp nor event',
    row: { timestamp: null, event_type: null },
    table: 'messages_corrupted',
    becomes: { date: null, country: 'Brazil' },
  },
  {
    name: 'the last moment of a day in UTC',
    row: { timestamp: '2026-11-23 01:59:59.999999+02' },
    table: 'messages',
    becomes: { date: DAY },
  },
  { name: 'no country', row: { country_id: null }, table: 'messages', becomes: { country: null, country_id: null } },
  { name: 'an unknown country', row: { country_id: 1999 }, table: 'messages', becomes: { country: null } },
  {
    name: 'an unknown country and no event',
    row: { country_id: -2147483648, event_type: '' },
    table: 'messages_corrupted',
    becomes: { country: null },
  },
  { name: 'no user', row: { user_id: null }, table: 'messages', becomes: { user_id: null } },
  { name: 'no channel', row: { channel: null }, table: 'messages' },
  { name: 'a channel of no text', row: { channel: '' }, table: 'messages' },
  { name: 'no message id', row: { message_id: null }, table: 'messages' },
  {
    name: 'nothing at all',
    row: { timestamp: null, event_type: null, message_id: null, channel: null, country_id: null, user_id: null },
    table: 'messages_corrupted',
    becomes: { date: null, country: null },
  },
  ...Object.entries(HARD_TEXTS).map(
    ([name, text]): MessageCase => ({
      name: `keys of ${name}`,
      row: { message_id: text, channel: text, event_type: text },
      table: 'messages',
    }),
  ),
]

/** The row of a case as it lands; `value` says which case it is, and no two have the same message id by chance. */
function landed({ row }: MessageCase, value: number): Record<string, string | number | null> {
  return { ...SOUND, message_id: `m${value}`, ...row, value }
}

const COLUMNS = 'timestamp::TIMESTAMPTZ AS timestamp, value::BIGINT AS value, event_type, message_id, channel, '
const NAMES = ['timestamp', 'value', 'event_type', 'message_id', 'channel', 'country_id', 'user_id']

describe('of the rows that a messages lake is given,', () => {
  let messages: MessagesLake
  const written = new Map<number, Row>()

  beforeAll(async () => {
    messages = await MessagesLake.open()
    const rows = cases.map(landed).map((row) => `(${NAMES.map((name) => literal(row[name] ?? null)).join(', ')})`)
    await messages.drop(
      'rows.parquet',
      `SELECT ${COLUMNS} country_id::INTEGER AS country_id, user_id::INTEGER AS user_id
       FROM (VALUES ${rows.join(', ')}) AS v(${NAMES.join(', ')})`,
    )
    await messages.run(['land', 'silver', 'live'])
    const all = await messages.lake.query(`
      SELECT 'messages' AS "table", * FROM messages UNION ALL SELECT 'messages_corrupted', * FROM messages_corrupted`)
    for (const row of recordsOf(all)) written.set(Number(row.value), row)
  }, 60_000)

  afterAll(() => messages.close())

  test.each(cases.map((given, value) => ({ ...given, value })))(
    'one with $name is in $table, as it came',
    ({ value, table, becomes, ...given }) => {
      const { timestamp: _, ...kept } = landed({ ...given, table }, value)
      expect(written.get(value)).toMatchObject({ table, ...kept, ...becomes })
    },
  )

  test('none is lost or doubled, counted and compared', async () => {
    const corrupted = cases.filter(({ table }) => table === 'messages_corrupted').length
    const tables = {
      bronze_messages: cases.length,
      messages: cases.length - corrupted,
      messages_corrupted: corrupted,
    }
    const faultless = { pending: 0, problems: [], notCompared: [] }
    const models = readdirSync(new URL('../../sql/live', import.meta.url))
      .map((file) => file.replace('.sql', ''))
      .sort()
    const silver = { name: 'silver', from: 'bronze_messages', into: ['messages', 'messages_corrupted'] }
    expect(await messages.lake.validate({ deep: true })).toEqual({
      ok: true,
      ...faultless,
      rejectedFiles: 0,
      differences: [],
      foreignCommits: [],
      tables,
      streams: [{ ...silver, rowRule: 'kept', rowsIn: cases.length, rowsOut: cases.length, ...faultless }],
      rows: tables,
      live: models.map((name) => ({ name, batch: 1, rows: expect.any(Number), problems: [], notCompared: [] })),
    })
    expect(await messages.fileFaults()).toEqual([])
  })

  test('those without a time are in the folder of no date', async () => {
    const undated = await messages.lake.query('SELECT value FROM messages WHERE date IS NULL ORDER BY value')
    expect(undated.rows).toEqual([[cases.findIndex(({ name }) => name === 'no timestamp')]])
  })

  test('every valid one is counted by the report of event types, at its date, channel and type', async () => {
    const { columns, rows } = await messages.lake.report('event-types')
    const types = columns.slice(2)
    const counted = rows.flatMap(([date, channel, ...counts]) =>
      counts.flatMap((count, index) => (count === null ? [] : [JSON.stringify([date, channel, types[index], count])])),
    )
    const valid = [...written.values()].filter(({ table }) => table === 'messages')
    const expected = new Map<string, number>()
    for (const { date, channel, event_type } of valid) {
      const key = JSON.stringify([date, channel, event_type])
      expected.set(key, (expected.get(key) ?? 0) + 1)
    }
    expect(counted.sort()).toEqual([...expected].map(([key, count]) => `${key.slice(0, -1)},${count}]`).sort())
  })

  test('every valid one is counted by the report of user activity, at its user and channel', async () => {
    const { columns, rows } = await messages.lake.report('user-activity')
    // Report columns cannot be named NULL or ''.
    expect(columns.slice(2).sort()).toEqual(
      ['CHAT', 'EMAIL', 'OTHER', 'PUSH', 'SMS', '(empty)', 'null', ...Object.values(HARD_TEXTS)].sort(),
    )
    const valid = cases.filter(({ table }) => table === 'messages').length
    expect(rows.map(([user, iterations]) => [user, iterations])).toEqual([
      [1000, valid - 1],
      [null, 1],
    ])
    for (const [, iterations, ...counts] of rows) {
      expect(counts.reduce<number>((sum, count) => sum + Number(count), 0)).toBe(iterations)
    }
  })
})

/** A sensors lake whose sites, which are folders of its alarms, are these; each has a sensor that gives an alarm. */
async function sensorsLake(sites: readonly (string | null)[]): Promise<Lake> {
  const folder = temporaryFolder()
  cpSync('test/fixtures/sensors', folder, { recursive: true })
  const lines = sites.map((site, index) => `S${index},${site === null ? '' : `"${site.replaceAll('"', '""')}"`},38`)
  writeFileSync(join(folder, 'sql/sensors.csv'), `sensor,site,limit_celsius\n${lines.join('\n')}\n`)
  const lake = await Lake.open({ config: join(folder, 'lakeweir.config.ts'), database: { threads: 1 } })
  onTestFinished(() => lake.close())
  const landing = join(folder, 'lake/landing/loggers')
  mkdirSync(landing, { recursive: true })
  await inDuckdb((session) =>
    session.run(rawSql`COPY (
      SELECT TIMESTAMPTZ '2026-11-22 10:00:00+00' AS logged_at, 'S' || range AS logger, 140.0 AS fahrenheit
      FROM range(${sites.length})) TO '${landing}/a.parquet' (FORMAT parquet)`),
  )
  return lake
}

const CHECK = { streams: ['collect', 'check', 'notify'], availableNow: true }

test('a partition key of any text comes back as it was, from folders, views and the stream that follows', async () => {
  const texts = Object.values(HARD_TEXTS).filter((text) => text !== MEGABYTE)
  const sites = [...texts, 'a/b', '..', '.', '%2F', 'site=1', '__HIVE_DEFAULT_PARTITION__', 'null', null]
  const lake = await sensorsLake(sites)
  await lake.run(CHECK)
  const alarms = recordsOf(
    await lake.query("SELECT sensor, site FROM alarms ORDER BY CAST(ltrim(sensor, 'S') AS INTEGER)"),
  )
  expect(alarms).toEqual(sites.map((site, index) => ({ sensor: `S${index}`, site })))
  const notices = recordsOf(await lake.query('SELECT site FROM notices')).map(({ site }) => site)
  expect(notices.sort()).toEqual([...sites].sort())
  expect(await lake.validate({ deep: true })).toMatchObject({
    ok: true,
    rows: { measurements: sites.length, alarms: sites.length, notices: sites.length },
    problems: [],
  })
})

test('a partition key of a megabyte fails the batch by table, column and value, and is shown short', async () => {
  const lake = await sensorsLake(['Greenhouse', MEGABYTE])
  const failed = await lake.run(CHECK).catch((error: unknown) => error)
  expect(failed instanceof LakeError && failed.describe()).toBe(
    `LAKE_SPLIT_FAILED: check batch 1 failed: a row of alarms has '${'x'.repeat(40)}…' (1000000 bytes) as its site.
Nothing was published; batch 1 runs again on the next start.
Its folder's name would have 1000005 bytes; a disk allows 255: shorten it in the stream's SQL, or do not partition by it. Then: lakeweir run check`,
  )
  expect(await lake.validate()).toMatchObject({ ok: true, pending: 2, rows: { measurements: 0, alarms: 0 } })
})

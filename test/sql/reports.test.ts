import { describe, expect, test } from 'vitest'
import { type Result, recordsOf } from '../../src/duckdb/session.ts'
import { ENRICHED, SqlFileRun } from '../support/sqlFileRun.ts'

type Given = Readonly<Record<string, string | number | null>>

/** Messages, each with an id of its own where a case does not give it one. */
async function report(file: string, messages: readonly Given[]): Promise<Result> {
  const run = await SqlFileRun.open()
  const rows = messages.map((message, index) => ({
    timestamp: '2026-11-22 10:00:00+00',
    value: index,
    message_id: `m${index}`,
    event_type: 'OPEN',
    channel: 'CHAT',
    user_id: 1000,
    date: '2026-11-22',
    ...message,
  }))
  await run.give('messages', ENRICHED, rows)
  await run.giveView('first_messages', 'sql/views/first_messages.sql')
  return run.run(file)
}

describe('event-types', () => {
  const FILE = 'sql/reports/event_types.sql'
  const KNOWN = ['date', 'channel', 'CLICKED', 'CREATED', 'OPEN', 'RECEIVED', 'SENT']
  const NO_COUNTS = { CLICKED: null, CREATED: null, OPEN: null, RECEIVED: null, SENT: null }

  test('has the known columns and no rows where there is no message', async () => {
    const { columns, rows } = await report(FILE, [])
    expect(columns).toEqual(KNOWN)
    expect(rows).toEqual([])
  })

  test('counts by date and channel, NULL where there was none, ordered by date and channel', async () => {
    const result = await report(FILE, [
      { channel: 'SMS', event_type: 'SENT' },
      { channel: 'CHAT', event_type: 'OPEN' },
      { channel: 'CHAT', event_type: 'OPEN' },
      { channel: 'CHAT', event_type: 'CLICKED' },
      { channel: 'SMS', event_type: 'OPEN', date: '2026-11-21' },
    ])
    expect(result.columns).toEqual(KNOWN)
    expect(recordsOf(result)).toEqual([
      { ...NO_COUNTS, date: '2026-11-21', channel: 'SMS', OPEN: 1 },
      { ...NO_COUNTS, date: '2026-11-22', channel: 'CHAT', OPEN: 2, CLICKED: 1 },
      { ...NO_COUNTS, date: '2026-11-22', channel: 'SMS', SENT: 1 },
    ])
  })

  test('gives a new event type a column of its own, in alphabetical order', async () => {
    const result = await report(FILE, [{ event_type: 'BOUNCED' }, { event_type: 'VIEWED' }, { event_type: ' NONE ' }])
    expect(result.columns).toEqual(['date', 'channel', ' NONE ', 'BOUNCED', ...KNOWN.slice(2), 'VIEWED'])
    expect(recordsOf(result)).toEqual([
      { ...NO_COUNTS, date: '2026-11-22', channel: 'CHAT', ' NONE ': 1, BOUNCED: 1, VIEWED: 1 },
    ])
  })

  test('keeps messages without a channel or a date as rows of their own, last', async () => {
    const result = await report(FILE, [
      { date: null, channel: 'CHAT' },
      { date: null, channel: null },
      { channel: null },
      { channel: 'SMS' },
    ])
    expect(recordsOf(result).map(({ date, channel, OPEN }) => [date, channel, OPEN])).toEqual([
      ['2026-11-22', 'SMS', 1],
      ['2026-11-22', null, 1],
      [null, 'CHAT', 1],
      [null, null, 1],
    ])
  })

  test('counts a message once, however often it came', async () => {
    const twice = { message_id: 'same', event_type: 'SENT' }
    const result = await report(FILE, [twice, { ...twice, timestamp: '2026-11-22 11:00:00+00' }, twice])
    expect(recordsOf(result).map(({ SENT }) => SENT)).toEqual([1])
  })

  test.each([
    ['differ only in case', ['OPEN', 'open', 'Open', 'Date', 'CHANNEL', 'sent', 'é', 'É']],
    [
      'are words of the report itself',
      ['event_type', 'column_name', 'message', 'messages', 'is_message', 'cells', '=000001=OPEN'],
    ],
    [
      'hold what names seldom do',
      ['a', 'a\0b', '\0', 'a\nb', '\\1', "it's", '"', 'a"b', ' ', '*', '(.*)', 'null', '%', '字'],
    ],
  ])('counts each of types that %s in a column of its name, in order', async (_, types) => {
    const given = types.flatMap((event_type, index) => Array.from({ length: index + 1 }, () => ({ event_type })))
    const result = await report(FILE, given)
    const names = types.map((type) => type.replaceAll('\0', '\\x00'))
    const all = [...new Set([...names, ...KNOWN.slice(2)])]
    expect([...result.columns].sort()).toEqual(['date', 'channel', ...all].sort())
    const [row = []] = result.rows
    expect(result.rows).toHaveLength(1)
    expect(row.slice(0, 2)).toEqual(['2026-11-22', 'CHAT'])
    const counts = Object.fromEntries(result.columns.map((name, column) => [name, row[column]]).slice(2))
    expect(counts).toEqual(Object.fromEntries(all.map((name) => [name, names.indexOf(name) + 1 || null])))
  })

  test.each([
    ['date', ['date']],
    ['channel', ['channel', 'OPEN']],
    ['a\\x00', ['a\0', 'a\\x00']],
  ])('refuses a type whose column would have the name %s of another, and says how to count it', async (name, types) => {
    await expect(
      report(
        FILE,
        types.map((event_type) => ({ event_type })),
      ),
    ).rejects.toThrow(
      `the event type "${name}" has the name of another column of this report. Count without columns: SELECT date, ` +
        'channel, event_type, count(*) FROM first_messages GROUP BY ALL ORDER BY ALL',
    )
  })

  // From some twenty values on, DuckDB makes a PIVOT in another way.
  test('counts every message also where event types are many, and one is named like a column of a step', async () => {
    const types = [...Array.from({ length: 30 }, (_, number) => `type ${number}`), 'Date', 'is_message', 'TYPE 1']
    const rows = types.flatMap((event_type) => ['EMAIL', 'CHAT'].map((channel) => ({ event_type, channel })))
    const result = await report(FILE, rows)
    expect(result.rows.map((row) => row.slice(0, 2))).toEqual([
      ['2026-11-22', 'CHAT'],
      ['2026-11-22', 'EMAIL'],
    ])
    const counts = result.rows.map((row) => row.slice(2).filter((cell) => cell !== null))
    expect(counts).toEqual([types.map(() => 1), types.map(() => 1)])
  })

  test('gives counts as integers', async () => {
    const { types } = await report(FILE, [])
    expect(types.slice(2)).toEqual(KNOWN.slice(2).map(() => 'BIGINT'))
  })
})

describe('user-activity', () => {
  const FILE = 'sql/reports/user_activity.sql'
  const KNOWN = ['user_id', 'iterations', 'CHAT', 'EMAIL', 'OTHER', 'PUSH', 'SMS']
  const NO_COUNTS = { CHAT: 0, EMAIL: 0, OTHER: 0, PUSH: 0, SMS: 0 }

  test('has the known columns and no rows where there is no message', async () => {
    const { columns, rows } = await report(FILE, [])
    expect(columns).toEqual(KNOWN)
    expect(rows).toEqual([])
  })

  test('counts by user and channel, 0 where there was none, the most active first, then by user', async () => {
    const result = await report(FILE, [
      { user_id: 1002 },
      { user_id: 1001, channel: 'SMS' },
      { user_id: 1003, channel: 'SMS' },
      { user_id: 1003, channel: 'PUSH' },
      { user_id: 1003, channel: 'SMS' },
    ])
    expect(result.columns).toEqual(KNOWN)
    expect(recordsOf(result)).toEqual([
      { user_id: 1003, iterations: 3, ...NO_COUNTS, SMS: 2, PUSH: 1 },
      { user_id: 1001, iterations: 1, ...NO_COUNTS, SMS: 1 },
      { user_id: 1002, iterations: 1, ...NO_COUNTS, CHAT: 1 },
    ])
  })

  test('gives a new channel a column of its own, and messages without a channel columns named null and (empty)', async () => {
    const result = await report(FILE, [{ channel: 'FAX' }, { channel: null }, { channel: '' }])
    expect(new Set(result.columns)).toEqual(new Set([...KNOWN, '(empty)', 'FAX', 'null']))
    expect(recordsOf(result)).toEqual([{ user_id: 1000, iterations: 3, ...NO_COUNTS, '(empty)': 1, FAX: 1, null: 1 }])
  })

  test('keeps messages without a user as a row of their own', async () => {
    const result = await report(FILE, [{ user_id: null }, { user_id: null }, { user_id: 1000 }])
    expect(recordsOf(result).map(({ user_id, iterations, CHAT }) => [user_id, iterations, CHAT])).toEqual([
      [null, 2, 2],
      [1000, 1, 1],
    ])
  })

  test('counts a message once, however often it came', async () => {
    const twice = { message_id: 'same', channel: 'SMS' }
    const result = await report(FILE, [twice, { ...twice, timestamp: '2026-11-22 11:00:00+00' }, twice])
    expect(recordsOf(result)).toEqual([{ user_id: 1000, iterations: 1, ...NO_COUNTS, SMS: 1 }])
  })

  test('counts each of channels that differ only in case, or are words of the report, in a column of its name', async () => {
    const channels = ['chat', 'CHAT', 'Chat', 'USER_ID', 'is_message', 'message', 'channel', 'a', 'a\0']
    const given = channels.flatMap((channel, index) => Array.from({ length: index + 1 }, () => ({ channel })))
    const result = await report(FILE, given)
    const [row = []] = result.rows
    const names = channels.map((channel) => channel.replace('\0', '\\x00'))
    const counts = Object.fromEntries(result.columns.map((name, column) => [name, row[column]]))
    expect(result.rows).toHaveLength(1)
    expect(counts).toEqual({
      user_id: 1000,
      iterations: given.length,
      ...NO_COUNTS,
      ...Object.fromEntries(names.map((name, index) => [name, index + 1])),
    })
  })

  test.each([
    ['user_id', ['user_id']],
    ['iterations', ['iterations']],
    ['null', ['null', null]],
    ['(empty)', ['', '(empty)']],
  ])(
    'refuses a channel whose column would have the name %s of another, and says how to count it',
    async (name, channels) => {
      await expect(
        report(
          FILE,
          channels.map((channel) => ({ channel })),
        ),
      ).rejects.toThrow(
        `the channel "${name}" has the name of another column of this report. Count without columns: SELECT user_id, ` +
          'channel, count(*) FROM first_messages GROUP BY ALL ORDER BY ALL',
      )
    },
  )

  test('counts every message also where channels are many, and one is named like a column', async () => {
    const channels = [...Array.from({ length: 30 }, (_, number) => `channel ${number}`), 'User_id', 'message']
    const rows = channels.flatMap((channel) => [1001, 1000].map((user_id) => ({ channel, user_id })))
    const result = await report(FILE, rows)
    expect(result.rows.map((row) => row.slice(0, 2))).toEqual([
      [1000, channels.length],
      [1001, channels.length],
    ])
    const counts = result.rows.map((row) => row.slice(2).filter((cell) => cell !== 0))
    expect(counts).toEqual([channels.map(() => 1), channels.map(() => 1)])
  })

  test('gives counts as integers', async () => {
    const { types } = await report(FILE, [])
    expect(types).toEqual(['INTEGER', ...KNOWN.slice(1).map(() => 'BIGINT')])
  })
})

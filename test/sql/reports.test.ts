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

  test('counts every message also where event types differ only in case or are named like a column', async () => {
    const types = ['open', 'OPEN', 'date', 'channel', 'is_known_type', 'message', 'event_type', 'Date']
    const result = await report(
      FILE,
      types.map((event_type) => ({ event_type })),
    )
    const [row] = result.rows
    const counts = row?.slice(2).filter((cell) => cell !== null) ?? []
    expect(counts).toEqual(types.map(() => 1))
    expect(row?.slice(0, 2)).toEqual(['2026-11-22', 'CHAT'])
    expect(result.rows).toHaveLength(1)
  })

  // From some twenty values on, DuckDB makes a PIVOT in another way.
  test('counts every message also where event types are many, and one is named like a column', async () => {
    const types = [...Array.from({ length: 30 }, (_, number) => `type ${number}`), 'date', 'is_known_type', 'TYPE 1']
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

  test('counts every message also where channels differ only in case or are named like a column', async () => {
    const channels = ['chat', 'CHAT', 'user_id', 'iterations', 'is_known_channel', 'message', 'channel']
    const result = await report(
      FILE,
      channels.map((channel) => ({ channel })),
    )
    const [row] = result.rows
    expect(row?.slice(0, 2)).toEqual([1000, channels.length])
    expect(row?.slice(2).filter((cell) => cell !== 0)).toEqual(channels.map(() => 1))
    expect(result.rows).toHaveLength(1)
  })

  test('counts every message also where channels are many, and one is named like a column', async () => {
    const channels = [...Array.from({ length: 30 }, (_, number) => `channel ${number}`), 'user_id', 'iterations']
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

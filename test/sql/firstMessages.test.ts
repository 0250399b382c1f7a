import { expect, test } from 'vitest'
import type { Row } from '../../src/duckdb/values.ts'
import { ENRICHED, SqlFileRun } from '../support/sqlFileRun.ts'

const FILE = 'sql/views/first_messages.sql'

type Given = Readonly<Record<string, string | number | null>>

const MESSAGE: Given = { event_type: 'OPEN', message_id: 'm', channel: 'CHAT', country_id: 2000, user_id: 1000 }

/** Messages with their `value`s, and the values of those that are first. */
const CASES: readonly { what: string; messages: readonly Given[]; first: readonly number[] }[] = [
  {
    what: 'the earliest of equal keys stays',
    messages: [
      { value: 1, timestamp: '2026-11-22 10:00:01+00' },
      { value: 2, timestamp: '2026-11-22 10:00:00+00' },
      { value: 3, timestamp: '2026-11-22 10:00:02+00' },
    ],
    first: [2],
  },
  {
    what: 'a microsecond decides',
    messages: [
      { value: 1, timestamp: '2026-11-22 10:00:00.000002+00' },
      { value: 2, timestamp: '2026-11-22 10:00:00.000001+00' },
    ],
    first: [2],
  },
  {
    what: 'another message, event or channel is another key',
    messages: [
      { value: 1, timestamp: '2026-11-22 10:00:00+00' },
      { value: 2, timestamp: '2026-11-22 10:00:00+00', message_id: 'n' },
      { value: 3, timestamp: '2026-11-22 10:00:00+00', event_type: 'SENT' },
      { value: 4, timestamp: '2026-11-22 10:00:00+00', channel: 'SMS' },
      { value: 5, timestamp: '2026-11-22 10:00:00+00', event_type: 'open' },
    ],
    first: [1, 2, 3, 4, 5],
  },
  {
    what: 'another user, country or day is no other key',
    messages: [
      { value: 1, timestamp: '2026-11-22 10:00:00+00' },
      { value: 2, timestamp: '2026-11-23 10:00:00+00', user_id: 1001, country_id: 2001 },
    ],
    first: [1],
  },
  {
    what: 'a message without a timestamp comes last',
    messages: [
      { value: 1, timestamp: null },
      { value: 2, timestamp: '2026-11-22 10:00:00+00' },
    ],
    first: [2],
  },
  {
    what: 'a message without a timestamp stays where there is no other',
    messages: [
      { value: 2, timestamp: null },
      { value: 1, timestamp: null },
    ],
    first: [1],
  },
  {
    what: 'of one timestamp the lowest value stays, NULL last',
    messages: [
      { value: null, timestamp: '2026-11-22 10:00:00+00' },
      { value: 9, timestamp: '2026-11-22 10:00:00+00' },
      { value: 7, timestamp: '2026-11-22 10:00:00+00' },
    ],
    first: [7],
  },
  {
    what: 'NULL message, event and channel are keys like others',
    messages: [
      { value: 1, timestamp: '2026-11-22 10:00:00+00', message_id: null },
      { value: 2, timestamp: '2026-11-22 10:00:01+00', message_id: null },
      { value: 3, timestamp: '2026-11-22 10:00:00+00', channel: null },
      { value: 4, timestamp: '2026-11-22 10:00:01+00', channel: null },
      { value: 5, timestamp: '2026-11-22 10:00:00+00', channel: '' },
    ],
    first: [1, 3, 5],
  },
  { what: 'no messages have no first', messages: [], first: [] },
]

async function firstOf(messages: readonly Given[]): Promise<Row[]> {
  const run = await SqlFileRun.open()
  await run.give(
    'messages',
    ENRICHED,
    messages.map((message) => ({ ...MESSAGE, ...message })),
  )
  return run.rows(FILE)
}

for (const { what, messages, first } of CASES) {
  test(`${what}, in whatever order the rows come`, async () => {
    for (const rows of [messages, messages.toReversed()]) {
      const values = (await firstOf(rows)).map(({ value }) => Number(value))
      expect(values.sort((a, b) => a - b)).toEqual(first)
    }
  })
}

test('of equal timestamps and values the lowest user, then the lowest country stays, NULLs last', async () => {
  const tie = { timestamp: '2026-11-22 10:00:00+00', value: 1 }
  const users = [
    { ...tie, user_id: null },
    { ...tie, user_id: 1005 },
    { ...tie, user_id: 1004 },
  ]
  expect(await firstOf(users)).toMatchObject([{ user_id: 1004 }])
  const countries = [
    { ...tie, country_id: null },
    { ...tie, country_id: 2005 },
    { ...tie, country_id: 2004 },
  ]
  expect(await firstOf(countries)).toMatchObject([{ country_id: 2004 }])
})

test('gives the columns of messages and nothing more', async () => {
  const [row] = await firstOf([
    { value: 1, timestamp: '2026-11-22 10:00:00+00', country: 'Brazil', date: '2026-11-22' },
  ])
  expect(Object.keys(row ?? {})).toEqual(Object.keys(ENRICHED))
  expect(row).toMatchObject({ country: 'Brazil', date: '2026-11-22' })
})

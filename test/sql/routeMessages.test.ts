import { expect, test } from 'vitest'
import type { Row } from '../../src/duckdb/values.ts'
import { MESSAGE, SqlFileRun } from '../support/sqlFileRun.ts'

const FILE = 'sql/silver/route_messages.sql'

/** What a message is like, and what must become of it. Fields that a case does not name are those of `OPEN`. */
const CASES: readonly { what: string; given: Readonly<Record<string, string | number | null>>; gives: Row }[] = [
  { what: 'a message with an event', given: {}, gives: { destination: 'messages' } },
  {
    what: 'no event type',
    given: { event_type: null },
    gives: { destination: 'messages_corrupted', event_type: null },
  },
  {
    what: 'an empty event type',
    given: { event_type: '' },
    gives: { destination: 'messages_corrupted', event_type: '' },
  },
  { what: 'the event type NONE', given: { event_type: 'NONE' }, gives: { destination: 'messages_corrupted' } },
  {
    what: 'NONE with a space',
    given: { event_type: ' NONE ' },
    gives: { destination: 'messages', event_type: ' NONE ' },
  },
  {
    what: 'none in small letters',
    given: { event_type: 'none' },
    gives: { destination: 'messages', event_type: 'none' },
  },
  { what: 'only a space', given: { event_type: ' ' }, gives: { destination: 'messages', event_type: ' ' } },
  { what: 'the text NULL', given: { event_type: 'NULL' }, gives: { destination: 'messages' } },
  { what: 'an event type that nobody knows', given: { event_type: 'BOUNCED' }, gives: { destination: 'messages' } },

  { what: 'no timestamp', given: { timestamp: null }, gives: { destination: 'messages', timestamp: null, date: null } },
  {
    what: 'nothing at all',
    given: { timestamp: null, event_type: null, message_id: null, channel: null, country_id: null, user_id: null },
    gives: {
      destination: 'messages_corrupted',
      date: null,
      country: null,
      user_id: null,
      message_id: null,
      channel: null,
    },
  },

  { what: 'the first known country', given: { country_id: 2000 }, gives: { country: 'Brazil' } },
  { what: 'the last known country', given: { country_id: 2015 }, gives: { country: 'Argentina' } },
  {
    what: 'an unknown country',
    given: { country_id: 2016 },
    gives: { destination: 'messages', country: null, country_id: 2016 },
  },
  {
    what: 'no country',
    given: { country_id: null },
    gives: { destination: 'messages', country: null, country_id: null },
  },
  {
    what: 'a corrupted message with a country',
    given: { event_type: 'NONE', country_id: 2001 },
    gives: { destination: 'messages_corrupted', country: 'Portugal' },
  },

  {
    what: 'the last microsecond of a day in UTC',
    given: { timestamp: '2026-11-21 23:59:59.999999+00' },
    gives: { date: '2026-11-21' },
  },
  { what: 'midnight in UTC', given: { timestamp: '2026-11-22 00:00:00+00' }, gives: { date: '2026-11-22' } },
  {
    what: 'after midnight in Madrid, before it in UTC',
    given: { timestamp: '2026-11-22 00:30:00+01' },
    gives: { date: '2026-11-21' },
  },
  {
    what: 'before midnight in São Paulo, after it in UTC',
    given: { timestamp: '2026-11-21 22:00:00-03' },
    gives: { date: '2026-11-22' },
  },
  {
    what: 'the hour that summer time leaves out in Madrid',
    given: { timestamp: '2026-03-29 02:30:00+01' },
    gives: { date: '2026-03-29', timestamp: '2026-03-29 01:30:00+00' },
  },
  {
    what: 'the hour that it repeats, first time',
    given: { timestamp: '2026-10-25 02:30:00+02' },
    gives: { date: '2026-10-25', timestamp: '2026-10-25 00:30:00+00' },
  },
  {
    what: 'the hour that it repeats, second time',
    given: { timestamp: '2026-10-25 02:30:00+01' },
    gives: { date: '2026-10-25', timestamp: '2026-10-25 01:30:00+00' },
  },
  { what: 'a leap day', given: { timestamp: '2028-02-29 12:00:00+00' }, gives: { date: '2028-02-29' } },
  { what: 'a time before 1970', given: { timestamp: '1969-12-31 23:59:59.5+00' }, gives: { date: '1969-12-31' } },
]

const OPEN = {
  timestamp: '2026-11-22 10:00:00+00',
  event_type: 'OPEN',
  message_id: 'm',
  channel: 'CHAT',
  country_id: 2000,
  user_id: 1000,
}

async function routed(rows: readonly Readonly<Record<string, string | number | null>>[]): Promise<Row[]> {
  const run = await SqlFileRun.open()
  await run.give('bronze_messages', MESSAGE, rows)
  await run.giveReference('countries', 'sql/reference/countries.csv', { country_id: 'INTEGER', country: 'VARCHAR' })
  return run.rows(FILE)
}

for (const { what, given, gives } of CASES) {
  test(`${what}: ${JSON.stringify(gives)}`, async () => {
    const [row] = await routed([{ value: 1, ...OPEN, ...given }])
    expect(row).toMatchObject({ value: 1, ...gives })
  })
}

test('every row comes out once, also those that are equal', async () => {
  const rows = CASES.flatMap(({ given }, value) => Array.from({ length: 3 }, () => ({ value, ...OPEN, ...given })))
  const out = await routed(rows)
  expect(out.map(({ value }) => Number(value)).sort((a, b) => a - b)).toEqual(rows.map(({ value }) => value))
})

test('all sixteen countries have the names that the lake is to give them', async () => {
  const names = [
    'Brazil',
    'Portugal',
    'Spain',
    'Germany',
    'France',
    'Italy',
    'United Kingdom',
    'United States',
    'Canada',
    'Australia',
    'Japan',
    'China',
    'India',
    'South Korea',
    'Russia',
    'Argentina',
  ]
  const out = await routed(names.map((_, index) => ({ value: index, ...OPEN, country_id: 2000 + index })))
  expect(out.sort((a, b) => Number(a.value) - Number(b.value)).map(({ country }) => country)).toEqual(names)
})

test('without rows gives none, with the columns of the tables', async () => {
  const run = await SqlFileRun.open()
  await run.give('bronze_messages', MESSAGE, [])
  await run.giveReference('countries', 'sql/reference/countries.csv', { country_id: 'INTEGER', country: 'VARCHAR' })
  const { columns, rows } = await run.run(FILE)
  expect(columns).toEqual([...Object.keys(MESSAGE), 'country', 'date', 'destination'])
  expect(rows).toEqual([])
})

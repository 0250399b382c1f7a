import { describe, expect, test } from 'vitest'
import { durationText, isoText, lookedAt, queryFor } from '../../src/dashboard/view/address.ts'

const FILTERS = ['shop', 'kind']
const HOUR_MS = 3_600_000
const NOTHING = { range: undefined, filters: {}, tables: [], expanded: undefined }

/** Query → what it says; each is written again as it was read. */
const queries: readonly (readonly [name: string, query: string, looked: Partial<ReturnType<typeof lookedAt>>])[] = [
  ['nothing', '', {}],
  ['the last hours', 'range=3h', { range: { kind: 'last', lengthMs: 3 * HOUR_MS } }],
  ['minutes that are no whole hours', 'range=127m', { range: { kind: 'last', lengthMs: 127 * 60_000 } }],
  ['days', 'range=7d', { range: { kind: 'last', lengthMs: 168 * HOUR_MS } }],
  ['today', 'range=today', { range: { kind: 'today' } }],
  [
    'a range that stays',
    'from=2026-11-25T10:00Z&to=2026-11-25T13:30:15Z',
    { range: { kind: 'fixed', fromMs: Date.UTC(2026, 10, 25, 10), toMs: Date.UTC(2026, 10, 25, 13, 30, 15) } },
  ],
  ['a filter', 'shop=north', { filters: { shop: ['north'] } }],
  ['several values of several', 'shop=north&shop=south&kind=x', { filters: { shop: ['north', 'south'], kind: ['x'] } }],
  ['an empty value, which is one', 'shop=', { filters: { shop: [''] } }],
  ['marks of an address in a value', 'shop=a%26b%3Dc+d%23', { filters: { shop: ['a&b=c d#'] } }],
  ['panels as tables', 'as-table=one&as-table=two', { tables: ['one', 'two'] }],
  ['a panel with all the room', 'expanded-panel=one', { expanded: 'one' }],
]

describe('what is looked at, in the address', () => {
  test.each(queries)('%s', (_, query, looked) => {
    const found = lookedAt(query, '', FILTERS)
    expect(found).toEqual({ ...NOTHING, ...looked })
    expect(queryFor('', '', found, FILTERS)).toBe(query)
  })

  test.each([
    ['a range that is none', 'range=soon'],
    ['none at all', 'range=0m'],
    ['one longer than anything', 'range=999999d'],
    ['only a beginning', 'from=2026-11-25T10:00Z'],
    ['an end before the beginning', 'from=2026-11-25T10:00Z&to=2026-11-25T09:00Z'],
    ['times without a zone, which would be the reader’s', 'from=2026-11-25T10:00&to=2026-11-25T11:00'],
    ['no times', 'from=yesterday&to=now'],
    ['a date that is none', 'from=2026-13-45&to=2027-01-01'],
  ])('says nothing: %s', (_, query) => {
    expect(lookedAt(query, '', FILTERS).range).toBeUndefined()
  })

  test('a value that is there twice is there once', () => {
    expect(lookedAt('shop=a&shop=a', '', FILTERS).filters).toEqual({ shop: ['a'] })
  })

  test('a filter that there is not is the host’s, and stays', () => {
    expect(lookedAt('page=2&shop=a', '', FILTERS).filters).toEqual({ shop: ['a'] })
    expect(queryFor('page=2&shop=a', '', { ...NOTHING, filters: { shop: ['b'] } }, FILTERS)).toBe('page=2&shop=b')
  })

  test('two dashboards on a page have keys of their own', () => {
    const one = { ...NOTHING, range: { kind: 'today' } as const, filters: { shop: ['a'] } }
    const query = queryFor('shop=the+host’s&b.range=7d', 'a.', one, FILTERS)
    expect(new URLSearchParams(query).getAll('shop')).toEqual(['the host’s'])
    expect(lookedAt(query, 'a.', FILTERS)).toEqual(one)
    expect(lookedAt(query, 'b.', FILTERS)).toEqual({ ...NOTHING, range: { kind: 'last', lengthMs: 168 * HOUR_MS } })
  })

  test.each([
    [60_000, '1m'],
    [90 * 60_000, '90m'],
    [HOUR_MS, '1h'],
    [24 * HOUR_MS, '1d'],
    [20_000, '1m'],
  ])('%i ms is written %s', (lengthMs, text) => {
    expect(durationText(lengthMs)).toBe(text)
  })

  test.each([
    [Date.UTC(2026, 10, 25), '2026-11-25T00:00Z'],
    [Date.UTC(2026, 10, 25, 10, 5, 7), '2026-11-25T10:05:07Z'],
    [Date.UTC(2026, 10, 25, 10, 5, 7, 89), '2026-11-25T10:05:07.089Z'],
  ])('a time is as short as it is exact: %i', (timeMs, text) => {
    expect(isoText(timeMs)).toBe(text)
    expect(Date.parse(text)).toBe(timeMs)
  })
})

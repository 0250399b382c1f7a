import { describe, expect, test } from 'vitest'
import { ServerClock } from '../../src/dashboard/follow/serverClock.ts'
import { keyAction } from '../../src/dashboard/keys.ts'
import { Numbers } from '../../src/dashboard/numbers.ts'
import { readableLocale, readableZone } from '../../src/dashboard/readers.ts'
import { ENGLISH, wordsWith } from '../../src/dashboard/words.ts'

const english = new Numbers('en-GB', 'Europe/Vienna', ENGLISH.units)
const german = new Numbers('de-AT', 'UTC', ENGLISH.units)
const AT_MS = Date.UTC(2026, 10, 25, 13, 2, 7)
const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, ' ')

describe('numbers and times, as the reader writes them', () => {
  test.each([
    ['a whole number', english.whole(1_273_904), '1,273,904'],
    ['one beyond 2^53', english.whole(12345678901234567890n), '12,345,678,901,234,567,890'],
    ['a negative one', english.whole(-5), '−5'],
    ['short', english.short(41_533), '41.5k'],
    ['short, of more', english.short(124_300), '124k'],
    ['a share', english.share(0.138), '13.8%'],
    ['a share with two digits', english.share(0.0415, 2), '4.15%'],
    ['a share elsewhere', plain(german.share(0.138)), '13,8 %'],
    ['a change', english.signedShare(0.042), '+4.2%'],
    ['a change for the worse', english.signedShare(-0.011), '−1.1%'],
    ['no change', english.signed(0), '0'],
    ['a difference', english.signed(17), '+17'],
    ['a time', english.time(AT_MS), '14:02'],
    ['a time of a commit', english.timeWithSeconds(AT_MS), '14:02:07'],
    ['midnight', german.time(Date.UTC(2026, 10, 25)), '00:00'],
    ['a zone', english.zone(AT_MS), 'UTC+01:00'],
    ['the same zone in summer', english.zone(Date.UTC(2026, 6, 1)), 'UTC+02:00'],
    ['no zone', german.zone(AT_MS), 'UTC'],
    ['a day of the server, which is in UTC', english.utcDay(Date.UTC(2026, 10, 25, 23, 30)), 'Wed 25 Nov'],
  ])('%s', (_, found, text) => {
    expect(found).toBe(text)
  })

  test.each([
    [0, '0 s'],
    [800, '0.8 s'],
    [9_940, '9.9 s'],
    [9_960, '10 s'],
    [42_000, '42 s'],
    [59_700, '1:00 min'],
    [252_000, '4:12 min'],
    [599_000, '9:59 min'],
    [61 * 60_000, '61 min'],
    [190 * 60_000, '3 h 10 min'],
    [40 * 86_400_000, '40 days'],
  ])('a lag of %i ms is %s', (lagMs, text) => {
    const amounts = english.lag(lagMs)
    expect(amounts.map(({ value, unit }) => `${value} ${unit}`).join(' ')).toBe(text)
  })

  test.each([
    [8_000, '8 s'],
    [380_000, '6 min 20 s'],
    [3_600_000, '1 h'],
    [190 * 60_000, '3 h 10 min'],
    [7 * 86_400_000, '7 days'],
  ])('%i ms are %s', (durationMs, text) => {
    expect(plain(english.duration(durationMs))).toBe(text)
  })
})

describe('a language or a zone that nobody knows leaves no page empty', () => {
  test.each([
    ['that of the host', ['de-AT', 'en-GB'], 'de-AT'],
    ['none of the host', [undefined, 'en-GB'], 'en-GB'],
    ['as Chromium has it on a machine of the locale C', [undefined, 'en-US@posix'], 'en-US'],
    ['as Unix writes it', ['de_AT.UTF-8', 'en-GB'], 'de-AT'],
    ['an empty attribute', ['', 'en-GB'], 'en-GB'],
    ['nonsense', ['not a language!', 'en-GB'], 'en-GB'],
    ['nothing anywhere', [undefined, 'C.'], 'en'],
  ] as const)('%s', (_, tags, locale) => {
    expect(readableLocale(...tags)).toBe(locale)
    expect(new Numbers(readableLocale(...tags), 'UTC', wordsWith({}).units).whole(12)).toBe('12')
  })

  test.each([
    ['Europe/Vienna', 'Europe/Vienna'],
    ['Europe/Wien', new Intl.DateTimeFormat().resolvedOptions().timeZone],
    [undefined, new Intl.DateTimeFormat().resolvedOptions().timeZone],
  ])('the zone %s', (zone, shown) => {
    expect(readableZone(zone)).toBe(shown)
  })
})

test('a host gives some words, and the others stay', () => {
  const words = wordsWith({ head: { fullScreen: 'Vollbild' }, freshness: { waitsFor: () => 'Es wartet etwas.' } })
  expect(words.head).toEqual({ ...ENGLISH.head, fullScreen: 'Vollbild' })
  expect(words.freshness.waitsFor(1, '1', '1 s')).toBe('Es wartet etwas.')
  expect(words.panel).toEqual(ENGLISH.panel)
})

test.each([
  ['1', {}, { kind: 'preset', index: 0 }],
  ['5', {}, { kind: 'preset', index: 4 }],
  ['/', {}, { kind: 'filters' }],
  ['T', {}, { kind: 'table' }],
  ['f', {}, { kind: 'full screen' }],
  ['?', {}, { kind: 'help' }],
  ['Escape', { isTyping: true }, { kind: 'close' }],
  ['f', { hasModifier: true }, undefined],
  ['f', { isTyping: true }, undefined],
  ['ArrowLeft', {}, undefined],
] as const)('the key %s, %o', (key, more, action) => {
  expect(keyAction({ key, hasModifier: false, isTyping: false, ...more })).toEqual(action)
})

describe('the server’s clock', () => {
  const clock = { monotonicMs: () => monotonicMs }
  let monotonicMs = 0

  test('goes on by what passes here, and believes the fastest word', () => {
    monotonicMs = 1_000
    const server = new ServerClock(clock)
    expect(server.nowMs).toBeUndefined()
    server.told(500_000)
    monotonicMs = 3_000
    expect(server.nowMs).toBe(502_000)
    // This one was 300 ms on its way.
    server.told(501_700)
    expect(server.nowMs).toBe(502_000)
    server.told(502_040)
    expect(server.nowMs).toBe(502_040)
  })

  test('follows a clock that was set back, and no time that is none', () => {
    monotonicMs = 0
    const server = new ServerClock(clock)
    server.told(500_000)
    server.told(Number.NaN)
    expect(server.nowMs).toBe(500_000)
    server.told(400_000)
    expect(server.nowMs).toBe(400_000)
  })
})

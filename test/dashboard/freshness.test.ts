import { describe, expect, test } from 'vitest'
import { batchRows } from '../../src/dashboard/freshness/batchRows.ts'
import { CommitHistory } from '../../src/dashboard/freshness/commitHistory.ts'
import { commitOf, type FreshnessFacts, freshnessOf, waitingOf } from '../../src/dashboard/freshness/freshnessState.ts'
import { toldFreshness } from '../../src/dashboard/freshness/told.ts'
import { Announcer } from '../../src/dashboard/head/announcer.ts'
import { Numbers } from '../../src/dashboard/numbers.ts'
import { ENGLISH } from '../../src/dashboard/words.ts'
import { panelAnswer } from '../support/dashboardHeads.ts'

const SETTINGS = { catchingUpAfterMs: 60_000, staleAfterMs: 60_000, disconnectedAfterMs: 30_000 }
const NOW_MS = Date.UTC(2026, 10, 25, 14, 32, 8)
const TEXT = { words: ENGLISH, numbers: new Numbers('en-GB', 'UTC', ENGLISH.units) }

/** So many seconds ago. */
const ago = (seconds: number): number => NOW_MS - seconds * 1_000

/** A batch that was taken so long ago, of events that happened so long ago. */
const commit = (seconds: number, eventSeconds: number | undefined = seconds + 1) => ({
  batch: 18_204,
  timeMs: ago(seconds),
  takenMs: ago(seconds),
  eventMs: eventSeconds === undefined ? undefined : ago(eventSeconds),
})

const files = (count: number, seconds?: number) => ({
  files: count,
  sinceMs: seconds === undefined ? undefined : ago(seconds),
  eventMs: undefined,
})

function facts(more: Partial<FreshnessFacts>): FreshnessFacts {
  return { nowMs: NOW_MS, heardMs: NOW_MS, isOffline: false, commit: commit(1), waiting: files(0), ...more }
}

const PAST = { speed: undefined, heardLagMs: undefined, retryInMs: undefined }

interface Case {
  readonly name: string
  readonly facts: Partial<FreshnessFacts>
  readonly past?: Partial<typeof PAST> | Readonly<Record<string, number>>
  readonly state: string
  readonly says: string
  /** The lag as it is shown, and its note. */
  readonly lag: string
}

const cases: readonly Case[] = [
  {
    name: 'a batch a second',
    facts: {},
    state: 'fresh',
    says: 'Everything up to 14:32:06 is counted.',
    lag: '2.0 s, event to now',
  },
  {
    name: 'something has just come after a quiet hour',
    facts: { commit: commit(3_600), waiting: files(1, 2) },
    state: 'catching-up',
    says: '1 file waits.',
    lag: '60 min, event to now',
  },
  {
    name: 'rows without a time of their own',
    facts: { commit: commit(1, Number.NaN), waiting: files(0) },
    state: 'fresh',
    says: 'Everything is counted.',
    lag: '0 s, event to now',
  },
  {
    name: 'a quiet night',
    facts: { commit: commit(380) },
    state: 'quiet',
    says: 'Nothing has arrived for 6 min 20 s; nothing waits.',
    lag: '0 s, nothing waits',
  },
  {
    name: 'a copy, where nobody sees what waits',
    facts: { commit: commit(380), waiting: undefined },
    state: 'quiet',
    says: 'Nothing has arrived for 6 min 20 s.',
    lag: 'unknown, ',
  },
  {
    name: 'an empty lake',
    facts: { commit: undefined },
    state: 'quiet',
    says: 'Nothing has arrived yet.',
    lag: '0 s, nothing waits',
  },
  {
    name: 'behind, and faster than the clock',
    facts: { commit: commit(1, 3_660), waiting: files(9, 60) },
    past: { speed: 540 },
    state: 'catching-up',
    says: 'Takes 9 min of events a second; level in about 7 s.',
    lag: '61 min, shrinking',
  },
  {
    name: 'behind, and slower than the clock',
    facts: { commit: commit(1, 3_660), waiting: files(9, 60) },
    past: { speed: 0.5 },
    state: 'catching-up',
    says: 'Takes 0.5 s of events a second.',
    lag: '61 min, growing',
  },
  {
    name: 'old rows that arrive now',
    facts: { commit: commit(1, 86_400 * 40) },
    state: 'catching-up',
    says: 'Events are counted 40 days after they happened.',
    lag: '40 days, event to now',
  },
  {
    name: 'files wait, and nothing takes them',
    facts: { commit: commit(252, 253), waiting: files(3, 240) },
    state: 'stale',
    says: '3 files wait, and nothing was committed for 4 min 12 s.',
    lag: '4:13 min, event to now',
  },
  {
    name: 'a file that nothing takes, in a lake that had none before',
    facts: { commit: undefined, waiting: files(1, 61) },
    state: 'stale',
    says: '1 file waits, and nothing was committed yet.',
    lag: '1:01 min, event to now',
  },
  {
    name: 'no word for half a minute',
    facts: { heardMs: ago(48), commit: commit(49) },
    past: { retryInMs: 8_000, heardLagMs: 800 },
    state: 'disconnected',
    says: 'Last heard at 14:31:20. Trying again in 8 s.',
    lag: 'unknown, was 0.8 s at 14:31:20',
  },
  {
    name: 'it is being tried again',
    facts: { heardMs: ago(48) },
    state: 'disconnected',
    says: 'Last heard at 14:31:20. Trying again.',
    lag: 'unknown, ',
  },
  {
    name: 'no network, though it was heard a moment ago',
    facts: { isOffline: true },
    state: 'disconnected',
    says: 'There is no network. Last heard at 14:32:08.',
    lag: 'unknown, ',
  },
  {
    name: 'a word that is late, as words are',
    facts: { heardMs: ago(29) },
    state: 'fresh',
    says: 'Everything up to 14:32:06 is counted.',
    lag: '2.0 s, event to now',
  },
]

/** NaN stands for rows without a time. */
function cleaned(given: Partial<FreshnessFacts>): FreshnessFacts {
  const all = facts(given)
  if (all.commit === undefined || !Number.isNaN(all.commit.eventMs)) return all
  return { ...all, commit: { ...all.commit, eventMs: undefined } }
}

describe('how fresh it is', () => {
  test.each(cases)('$name: $state', ({ facts: given, past, state, says, lag }) => {
    const all = cleaned(given)
    const found = freshnessOf(all, SETTINGS)
    expect(found.state).toBe(state)
    const told = toldFreshness(found, all, { ...PAST, ...past }, TEXT)
    const shown = told.lag.amounts.map(({ value, unit }) => `${value} ${unit}`.trim()).join(' ')
    expect([told.sentence, `${shown}, ${told.lag.note}`].map((text) => text.replaceAll('\u00a0', ' '))).toEqual([
      says,
      lag,
    ])
  })

  test.each([
    [{ catchingUpAfterMs: 1_000 }, {}, 'catching-up'],
    [{ staleAfterMs: 300_000 }, { commit: commit(252), waiting: files(3, 240) }, 'catching-up'],
    [{ disconnectedAfterMs: 60_000 }, { heardMs: ago(48) }, 'fresh'],
  ])('thresholds are settings: %o', (settings, given, state) => {
    expect(freshnessOf(facts(given), { ...SETTINGS, ...settings }).state).toBe(state)
  })

  test('a clock of the server that was set back makes nothing negative', () => {
    const found = freshnessOf(facts({ commit: commit(-5, -4) }), SETTINGS)
    expect(found).toEqual({ state: 'fresh', lagMs: 0, quietMs: 0 })
  })

  test('an event of another day is given its date', () => {
    const all = facts({ commit: commit(1, 86_400 * 40) })
    const told = toldFreshness(freshnessOf(all, SETTINGS), all, PAST, TEXT)
    expect(told.event.note).toBe('newest counted, 16 Oct 2026')
    expect(told.commit.note).toBe('batch 18,204')
  })

  test('what the server sends is read', () => {
    const position = {
      generation: 'a',
      batch: 7,
      batchTime: '2026-11-25T14:32:07Z',
      takenTime: '2026-11-25T14:32:08Z',
      newestEventTime: null,
    }
    expect(commitOf(position)).toEqual({ batch: 7, timeMs: ago(1), takenMs: NOW_MS, eventMs: undefined })
    expect([commitOf(null), waitingOf(undefined)]).toEqual([undefined, undefined])
    const freshness = { serverTime: '', position: null, lagMs: null }
    expect(waitingOf({ ...freshness, waiting: null })).toBeUndefined()
    const waiting = { files: 2, oldestTime: '2026-11-25T14:32:07Z', newestEventTime: null }
    expect(waitingOf({ ...freshness, waiting })).toEqual({ files: 2, sinceMs: ago(1), eventMs: undefined })
  })
})

describe('the gauge', () => {
  const gauge = (given: Partial<FreshnessFacts>) => {
    const all = facts(given)
    const { title, marks, rest, toMs, fromMs } = toldFreshness(freshnessOf(all, SETTINGS), all, PAST, TEXT).gauge
    return { title, marks: marks.map(({ text }) => text), rest, seconds: (toMs - fromMs) / 1_000 }
  }

  test.each([
    ['fresh', {}, ['Commits of the last minute', ['14:31:08', '14:31:38'], 'lag', 60]],
    [
      'quiet',
      { commit: commit(380) },
      ['Commits of the last 10 minutes', ['14:22', 'last commit 14:25:48'], 'none', 600],
    ],
    // A mark that would touch the one before it, or the word "now", is left out.
    ['quiet for an hour', { commit: commit(3_600) }, ['Commits of the last 10 minutes', ['14:22'], 'none', 600]],
    [
      'stale',
      { commit: commit(252), waiting: files(3, 240) },
      ['Commits of the last 10 minutes', ['14:22', 'last commit 14:27:56'], 'waiting', 600],
    ],
    [
      'disconnected',
      { heardMs: ago(252), commit: commit(252) },
      ['Commits until the connection was lost', ['14:22', 'last commit 14:27:56'], 'unknown', 600],
    ],
    [
      'catching up',
      { commit: commit(1, 3_600), waiting: { files: 3, sinceMs: ago(60), eventMs: NOW_MS } },
      ['Event time counted, of what waits', ['12:32', 'counted to 13:32'], 'waiting', 7_200],
    ],
  ])('of a lake that is %s', (_, given, [title, marks, rest, seconds]) => {
    expect(gauge(given)).toEqual({ title, marks, rest, seconds })
  })
})

describe('the history of commits', () => {
  const noted = (batch: number, seconds: number, eventSeconds: number) => ({ ...commit(seconds, eventSeconds), batch })

  test('knows each batch once, and how fast events are counted', () => {
    const history = new CommitHistory()
    for (const [batch, seconds, event] of [
      [1, 60, 9_000],
      [2, 4, 3_000],
      [2, 4, 3_000],
      [3, 2, 2_000],
      [4, 0, 1_000],
    ] as const) {
      history.add(noted(batch, seconds, event))
    }
    expect(history.between(ago(10), NOW_MS)).toHaveLength(3)
    // The one of a minute ago says nothing of now.
    expect(history.speed).toBe(500)
  })

  test('knows no speed of one commit, and forgets those of another store', () => {
    const history = new CommitHistory()
    expect(history.speed).toBeUndefined()
    history.add(noted(7, 5, 50))
    history.add(noted(1, 0, 10))
    expect([history.speed, history.between(ago(60), NOW_MS).length]).toEqual([undefined, 1])
  })

  test('takes rows, and earlier batches, from the panel of batches: those of the followed stream', () => {
    const history = new CommitHistory()
    history.add(noted(9, 1, 2))
    const columns = { stream: 'VARCHAR', batch: 'BIGINT', batch_time: 'TIMESTAMP WITH TIME ZONE', input_rows: 'BIGINT' }
    const iso = (seconds: number): string => new Date(ago(seconds)).toISOString()
    const answer = panelAnswer(columns, [
      ['other', 9, iso(30), 5],
      ['main', 9, iso(1), 70],
      ['main', 8, iso(2), null],
      ['main', 10, iso(0), 5],
    ])
    history.know(answer, (given) => batchRows(given, commit9()))
    expect(history.between(ago(60), NOW_MS)).toEqual([
      { timeMs: ago(2), rowCount: undefined },
      { timeMs: ago(1), rowCount: 70 },
    ])
    expect(batchRows(panelAnswer({ day: 'DATE' }, []), commit9())).toEqual([])
  })

  const commit9 = () => ({ batch: 9, timeMs: ago(1) })
})

test('a screen reader hears the first totals as soon as they are there', () => {
  const announcer = new Announcer()
  expect(announcer.tell({ state: 'Fresh', totals: '' }, 0)).toEqual({ state: 'Fresh', totals: '' })
  expect(announcer.tell({ state: 'Fresh', totals: 'Orders: 3' }, 400)).toEqual({ state: 'Fresh', totals: 'Orders: 3' })
  expect(announcer.tell({ state: 'Fresh', totals: 'Orders: 4' }, 900)).toEqual({ state: 'Fresh', totals: 'Orders: 3' })
})

test('a screen reader hears another state at once, and totals once a minute', () => {
  const announcer = new Announcer()
  const tell = (state: string, totals: string, seconds: number): string => {
    const told = announcer.tell({ state, totals }, seconds * 1_000)
    return `${told.state} ${told.totals}`
  }
  expect(tell('Fresh', '1', 0)).toBe('Fresh 1')
  expect(tell('Fresh', '2', 1)).toBe('Fresh 1')
  expect(tell('Stale', '3', 2)).toBe('Stale 3')
  expect(tell('Stale', '4', 61)).toBe('Stale 3')
  expect(tell('Stale', '5', 62)).toBe('Stale 5')
})

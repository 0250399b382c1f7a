import { expect, test } from 'vitest'
import { panelBody } from '../../src/server/answers.ts'
import { type Clock, systemClock } from '../../src/stream/clock.ts'
import { type MemoryReader, memoryReader } from '../support/memoryReader.ts'
import { panelFile, SALES, testServer } from '../support/testServer.ts'

/** A clock that stands still. */
function clockAt(text: string): Clock {
  return { ...systemClock, nowMs: () => Date.parse(text) }
}

async function filled(): Promise<MemoryReader> {
  const reader = await memoryReader(SALES)
  await reader.commit('')
  return reader
}

test.each<[string, string, string, string, string]>([
  // Asked at 10:30:20 of that day.
  ['a range that ends now', 'range=10m', '2026-11-22T10:21:00Z', '2026-11-22T10:31:00Z', '2026-11-22T10:30:00Z'],
  ['the day up to now', 'from=day', '2026-11-22T00:00:00Z', '2026-11-22T10:31:00Z', '2026-11-22T10:30:00Z'],
  ['the whole day', 'from=day&to=day', '2026-11-22T00:00:00Z', '2026-11-23T00:00:00Z', '2026-11-22T10:30:00Z'],
  [
    'the day that an earlier range ends in',
    'from=day&to=2026-11-20T08:00Z',
    '2026-11-20T00:00:00Z',
    '2026-11-20T08:00:00Z',
    '2026-11-20T08:00:00Z',
  ],
  [
    'the day that ends where the range does',
    'from=day&to=2026-11-20',
    '2026-11-19T00:00:00Z',
    '2026-11-20T00:00:00Z',
    '2026-11-20T00:00:00Z',
  ],
  [
    'a range that has not begun',
    'from=2026-11-24&to=2026-11-25',
    '2026-11-24T00:00:00Z',
    '2026-11-25T00:00:00Z',
    '2026-11-24T00:00:00Z',
  ],
])('%s, and up to where its grains are complete', async (_, query, from, to, completeTo) => {
  const server = await testServer({ reader: await filled(), clock: clockAt('2026-11-22T10:30:20Z') })
  const answer = panelBody.parse(await (await server.get(`/api/panels/sales?${query}`)).json())
  expect(answer).toMatchObject({ range: { from, to }, isWidened: false, completeTo })
})

// The newest event that is counted is of 09:59:59.5.
test.each([
  ['a file has waited for a moment', 2_000, undefined, '2026-11-22T10:30:00Z'],
  ['files have waited for longer than catching up may take', 61_000, undefined, '2026-11-22T09:59:00Z'],
  ['a batch has waited for a moment, and has events of hours', 2_000, '2026-11-22T10:30:10Z', '2026-11-22T09:59:00Z'],
  ['a batch has waited for a moment, and has those of a moment', 2_000, '2026-11-22T10:00:05Z', '2026-11-22T10:30:00Z'],
])('where %s, grains are complete up to there', async (_, waitedMs, newest, completeTo) => {
  const clock = clockAt('2026-11-22T10:30:20Z')
  const newestEventMs = newest === undefined ? undefined : Date.parse(newest)
  const waiting = () => ({ files: 1, sinceMs: clock.nowMs() - waitedMs, newestEventMs })
  const server = await testServer({ reader: await filled(), clock, waiting })
  const answer = panelBody.parse(await (await server.get('/api/panels/sales?range=1h')).json())
  expect(answer.completeTo).toBe(completeTo)
})

test('its SQL is told up to where grains are complete, and answers are kept apart by that', async () => {
  const told = panelFile(
    'told',
    ['title: T', 'kind: number', 'grain: 1 minute'],
    'SELECT $complete AS complete WHERE $from < $to -- $complete',
  )
  const clock = clockAt('2026-11-22T10:30:20Z')
  let waitedMs = 0
  const waiting = () => ({ files: 1, sinceMs: clock.nowMs() - waitedMs })
  const server = await testServer({ reader: await filled(), panels: [told], clock, waiting })
  const ask = async () => panelBody.parse(await (await server.get('/api/panels/told?range=1h')).json()).rows
  expect(await ask()).toEqual([['2026-11-22T10:30:00Z']])
  waitedMs = 61_000
  expect(await ask()).toEqual([['2026-11-22T09:59:00Z']])
})

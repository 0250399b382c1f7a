import { expect, test } from 'vitest'
import { type FreshnessBody, freshnessBody } from '../../../src/server/freshness.ts'
import { ProblemError } from '../../../src/server/problem.ts'
import { HubUnderTest, settled } from '../../support/streamHub.ts'

function minutes(count: number): [number, number][] {
  return Array.from({ length: count }, (_, minute) => [minute, 0])
}

test('a page gets everything first, then with each commit what changed', async () => {
  const under = new HubUnderTest()
  under.batch = 7
  const rows = minutes(100)
  const panel = under.panel('per_minute', () => rows)
  const other = under.panel('total', () => [[1, 1]])
  const visitor = under.visit([panel, other])

  expect(await visitor.next()).toEqual({ retry: '2236' })
  const snapshot = await visitor.nextOf('snapshot')
  expect(snapshot).toMatchObject({
    id: expect.stringMatching(/^g1:7:[\w-]{16}$/),
    data: {
      position: { generation: 'g1', batch: 7, newestEventTime: '1970-01-01T00:00:00.000Z' },
      panels: [
        { at: 0, panel: 'per_minute', answer: { columns: ['x', 'y'] }, rows },
        { at: 1, panel: 'total', rows: [[1, 1]] },
      ],
    },
  })

  rows.shift()
  rows[98] = [99, 5]
  rows.push([100, 1])
  under.commit()
  expect(await visitor.nextOf('change')).toMatchObject({
    id: expect.stringMatching(/^g1:8:/),
    data: {
      position: { batch: 8 },
      panels: [
        {
          at: 0,
          patch: [
            [1, 98],
            {
              rows: [
                [99, 5],
                [100, 1],
              ],
            },
          ],
        },
      ],
    },
  })
})

test('a commit that changes nothing on the page moves its position alone', async () => {
  const under = new HubUnderTest()
  const visitor = under.visit([under.panel('total', () => [[1, 1]])])
  await visitor.nextOf('snapshot')
  under.commit()
  expect(await visitor.nextOf('change')).toMatchObject({ data: { position: { batch: 1 }, panels: [] } })
})

test('a panel is asked once an update, by however many pages and clients it is shown', async () => {
  const under = new HubUnderTest()
  const [shared, own] = [under.panel('shared', () => [[under.batch]]), under.panel('own', () => [[1]])]
  const visitors = [under.visit([shared]), under.visit([shared]), under.visit([shared, own])]
  for (const visitor of visitors) await visitor.nextOf('snapshot')
  const before = shared.asked
  under.commit()
  for (const visitor of visitors) await visitor.nextOf('change')
  expect(shared.asked - before).toBe(1)
  expect(under.hub.counts).toMatchObject({ clients: 3, pages: 2, panels: 2 })
  for (const visitor of visitors) await visitor.leave()
  expect(under.hub.counts).toMatchObject({ clients: 0, pages: 0, panels: 0 })
  under.commit()
  await settled()
  expect(shared.asked - before).toBe(1)
})

test.each([
  {
    name: 'nothing again if it has all of the last version',
    meanwhile: () => undefined,
    gets: ['freshness'],
  },
  {
    name: 'the position alone if no row has changed',
    meanwhile: (under: HubUnderTest) => under.commit(),
    gets: ['change', 'freshness'],
  },
  {
    name: 'a snapshot if rows have changed',
    meanwhile: (under: HubUnderTest, rows: number[][]) => {
      rows.push([2, 2])
      under.commit()
    },
    gets: ['snapshot', 'freshness'],
  },
  {
    name: 'the new position if the store was made anew with the same rows',
    meanwhile: (under: HubUnderTest) => {
      under.generation = 'g2'
    },
    gets: ['change', 'freshness'],
  },
  {
    name: 'a snapshot if the store was made anew with other rows',
    meanwhile: (under: HubUnderTest, rows: number[][]) => {
      under.generation = 'g2'
      rows.pop()
    },
    gets: ['snapshot', 'freshness'],
  },
])('a client that comes back gets $name', async ({ meanwhile, gets }) => {
  const under = new HubUnderTest()
  under.batch = 3
  const rows = [[1, 1]]
  const panel = under.panel('total', () => rows)
  const first = under.visit([panel])
  const { id } = await first.nextOf('snapshot')
  await first.leave()
  meanwhile(under, rows)
  const again = under.visit([panel], { lastId: id })
  await again.next() // the opening
  const events: (string | undefined)[] = []
  for (const _ of gets) events.push((await again.next())?.event)
  // Freshness may come before the page is ready.
  expect(events.sort()).toEqual(gets.sort())
  const next = again.next()
  await settled()
  void under.hub.close()
  expect(await next).toMatchObject({ event: 'end' })
})

test('an id of another page, or one that nobody made, gets a snapshot', async () => {
  const under = new HubUnderTest()
  under.batch = 3
  const { id } = await under.visit([under.panel('one', () => [[1]])]).nextOf('snapshot')
  for (const lastId of [id, '', 'g1:3', ':::', 'g1:3:"\u0000']) {
    await under.visit([under.panel('other', () => [[2]])], { lastId }).nextOf('snapshot')
  }
})

test('commits after a pause are shown at once, and four a second if they never stop', async () => {
  const under = new HubUnderTest()
  const panel = under.panel('total', () => [[under.batch]])
  const visitor = under.visit([panel])
  await visitor.nextOf('snapshot')
  under.clock.advance(5_000)
  const shownMs: number[] = []
  for (let elapsedMs = 0; elapsedMs < 3_000; elapsedMs += 10) {
    const before = panel.asked
    under.commit()
    await settled()
    if (panel.asked > before) shownMs.push(elapsedMs)
    const asked = panel.asked
    under.clock.advance(10)
    await settled()
    if (panel.asked > asked) shownMs.push(elapsedMs + 10)
  }
  // Three in a row, and even distances once they do not stop.
  expect(shownMs).toEqual([0, 10, 20, 250, 500, 1_000, 1_010, 1_250, 1_500, 1_750, 2_000, 2_250, 2_500, 2_750, 3_000])
  for (const shown of shownMs) expect(shownMs.filter((ms) => ms >= shown && ms < shown + 1_000).length).toBeLessThan(6)
  expect(await visitor.nextOf('snapshot')).toMatchObject({ data: { position: { batch: 300 } } })
})

test('four commits a second are shown without a wait, however unevenly they come', async () => {
  const under = new HubUnderTest()
  const visitor = under.visit([under.panel('total', () => [[under.batch]])])
  await visitor.nextOf('snapshot')
  under.clock.advance(5_000)
  const lateMs = [0, 140, 20, 5, 60, 0, 190, 30, 10, 0, 80, 150, 0, 40, 175, 0]
  let elapsedMs = 0
  for (let commit = 0; commit < 200; commit++) {
    const atMs = commit * 250 + (lateMs[commit % lateMs.length] ?? 0)
    under.clock.advance(atMs - elapsedMs)
    elapsedMs = atMs
    under.commit()
    await visitor.nextOf('change', (data) => (data as FreshnessBody).position?.batch === commit + 1)
  }
})

test('a heartbeat says how fresh the numbers are, and shows panels whose time has moved on', async () => {
  const under = new HubUnderTest()
  under.batch = 2
  let minute = 0
  const visitor = under.visit([under.panel('recent', () => [[minute]])])
  await visitor.nextOf('snapshot')
  minute = 1
  const oldestMs = under.clock.nowMs()
  under.waiting = { files: 3, sinceMs: oldestMs, newestEventMs: 1_000 }
  under.clock.advance(15_000)
  expect(await visitor.nextOf('change')).toMatchObject({
    id: expect.stringMatching(/^g1:2:/),
    data: { panels: [{ rows: [[1]] }] },
  })
  under.clock.advance(15_000)
  const { data } = await visitor.nextOf('freshness', (found) => (found as { lagMs: number }).lagMs === 30_000)
  expect(data).toEqual({
    serverTime: new Date(oldestMs + 30_000).toISOString(),
    position: expect.objectContaining({ generation: 'g1', batch: 2 }),
    lagMs: 30_000,
    waiting: { files: 3, oldestTime: new Date(oldestMs).toISOString(), newestEventTime: '1970-01-01T00:00:01.000Z' },
  })
})

test.each([
  {
    name: 'before the first batch',
    waiting: { files: 0, sinceMs: undefined },
    lagMs: 0,
    waits: { files: 0, oldestTime: null },
  },
  { name: 'where nobody sees what waits', waiting: undefined, lagMs: null, waits: null },
  {
    name: 'by a clock that was set back',
    waiting: { files: 1, sinceMs: Date.parse('2126-01-01') },
    lagMs: 0,
    waits: { files: 1, oldestTime: '2126-01-01T00:00:00.000Z', newestEventTime: null },
  },
])('freshness is told $name', async ({ waiting, lagMs, waits }) => {
  const under = new HubUnderTest()
  under.waiting = waiting
  const visitor = under.visit([under.panel('total', () => [])])
  const { data } = await visitor.nextOf('freshness')
  expect(data).toMatchObject({ position: null, lagMs, waiting: waits })
  expect(freshnessBody.parse(data)).toEqual(data)
})

test('a panel that fails is told as such, is asked again, and stops no other', async () => {
  const under = new HubUnderTest()
  let problem: Error | undefined
  const panel = under.panel('weak', () => {
    if (problem !== undefined) throw problem
    return [[under.batch]]
  })
  const visitor = under.visit([panel, under.panel('strong', () => [[under.batch]])])
  await visitor.nextOf('snapshot')
  problem = new ProblemError(503, 'Model m is being built.', { detail: 'Try again later.' })
  under.commit()
  expect(await visitor.nextOf('change')).toMatchObject({
    data: {
      position: { batch: 1 },
      panels: [
        { at: 0, problem: { status: 503, title: 'Model m is being built.', detail: 'Try again later.' } },
        { at: 1, rows: [[1]] },
      ],
    },
  })
  expect(under.errors).toEqual([])
  problem = new Error('SELECT secret FROM /srv/lake')
  under.clock.advance(1_000)
  under.commit()
  expect(await visitor.nextOf('change')).toMatchObject({
    data: { panels: [{ at: 0, problem: { status: 500, title: 'This could not be answered.' } }, { at: 1 }] },
  })
  expect(under.errors).toEqual([problem])
  problem = undefined
  under.clock.advance(15_000)
  expect(await visitor.nextOf('change')).toMatchObject({
    data: { panels: [{ at: 0, rows: [[2]] }] },
  })
})

test('a panel that takes long holds no other page back', async () => {
  const under = new HubUnderTest()
  let finish: () => void = () => undefined
  const long = under.panel('long', async () => {
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    return [[under.batch]]
  })
  const [waiting, quick] = [under.visit([long]), under.visit([under.panel('short', () => [[under.batch]])])]
  await quick.nextOf('snapshot')
  for (let commit = 0; commit < 5; commit++) {
    under.clock.advance(250)
    under.commit()
    await quick.nextOf('change')
  }
  finish()
  // Asked before the commits; then once more for all of them.
  await waiting.nextOf('snapshot')
  await settled()
  finish()
  await waiting.nextOf('change')
  expect(long.asked).toBe(2)
})

test('a commit just after a heartbeat is shown at once', async () => {
  const under = new HubUnderTest()
  const visitor = under.visit([under.panel('total', () => [[under.batch]])])
  await visitor.nextOf('snapshot')
  under.clock.advance(15_000)
  under.commit()
  await visitor.nextOf('change')
})

test('a commit is shown at whatever moment of an ask it comes, also just as that ends', async () => {
  for (let moments = 0; moments < 30; moments++) {
    const under = new HubUnderTest()
    const visitor = under.visit([under.panel('total', () => [[under.batch]])])
    await visitor.nextOf('snapshot')
    await settled()
    under.clock.advance(15_000) // a heartbeat asks all panels
    for (let moment = 0; moment < moments; moment++) await Promise.resolve()
    under.commit()
    await settled()
    await settled()
    const next = visitor.nextOf('change')
    void under.hub.close()
    await expect(next, `after ${moments} moments`).resolves.toMatchObject({ data: { position: { batch: 1 } } })
  }
})

test('rows that a page has not seen are not changed there, but sent whole', async () => {
  const under = new HubUnderTest()
  let finish: () => void = () => undefined
  const shared = under.panel('shared', () => [...minutes(50), [99, under.batch]])
  const slow = under.panel('slow', async () => {
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    return [[1]]
  })
  const [both, alone] = [under.visit([shared, slow]), under.visit([shared])]
  await settled()
  finish()
  await both.nextOf('snapshot')
  await alone.nextOf('snapshot')
  for (let commit = 1; commit <= 3; commit++) {
    under.commit()
    // Each is a small change of the one before.
    expect(await alone.nextOf('change')).toMatchObject({
      data: { panels: [{ patch: [[0, 50], { rows: [[99, commit]] }] }] },
    })
    await settled()
  }
  finish()
  await settled()
  finish()
  expect(await both.nextOf('change')).toMatchObject({
    data: { position: { batch: 3 }, panels: [{ at: 0, rows: [...minutes(50), [99, 3]] }] },
  })
})

test('what begins to wait is told within a second, though nothing is committed', async () => {
  const under = new HubUnderTest()
  const visitor = under.visit([under.panel('total', () => [[1]])])
  await visitor.nextOf('snapshot')
  under.clock.advance(1_000)
  under.waiting = { files: 2, sinceMs: under.clock.nowMs() }
  under.clock.advance(1_000)
  await visitor.nextOf('freshness', (data) => (data as FreshnessBody).waiting?.files === 2)
})

test('two commits in a moment are followed by how fresh the numbers are after the second', async () => {
  const under = new HubUnderTest()
  const visitor = under.visit([under.panel('total', () => [[under.batch]])])
  await visitor.nextOf('snapshot')
  for (let commit = 0; commit < 2; commit++) under.commitShown()
  under.clock.advance(1_000)
  await visitor.nextOf('freshness', (data) => (data as FreshnessBody).position?.batch === 2)
})

test('a page that is opened while a panel is still asked about the batch before gets the one of now', async () => {
  const under = new HubUnderTest()
  const finishes: (() => void)[] = []
  const slow = under.panel('slow', async () => {
    const { batch } = under
    await new Promise<void>((resolve) => finishes.push(resolve))
    return [[batch]]
  })
  const first = under.visit([slow])
  await settled()
  under.commit()
  const second = under.visit([slow, under.panel('quick', () => [[under.batch]])])
  while (finishes.length > 0) {
    finishes.shift()?.()
    await settled()
  }
  expect(await second.nextOf('snapshot')).toMatchObject({ data: { panels: [{ rows: [[1]] }, { rows: [[1]] }] } })
  await first.nextOf('snapshot')
})

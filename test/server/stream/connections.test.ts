import { expect, test } from 'vitest'
import { HubUnderTest, settled } from '../../support/streamHub.ts'

test('a client that reads nothing for 30 seconds is told and sent away; the others get everything', async () => {
  const under = new HubUnderTest()
  const panel = under.panel('total', () => [[under.batch]])
  const [slow, quick] = [under.visit([panel]), under.visit([panel])]
  await slow.nextOf('snapshot')
  await quick.nextOf('snapshot')
  for (let second = 0; second < 30; second++) {
    under.commitShown()
    await quick.nextOf('change')
    under.clock.advance(750)
  }
  expect(under.hub.counts).toMatchObject({ clients: 2, dropped: 0 })
  under.clock.advance(250)
  await settled()
  expect(under.hub.counts).toMatchObject({ clients: 1, dropped: 1 })
  expect(slow.isCut).toBe(false)
  expect(await slow.next()).toMatchObject({ event: 'end', data: { reason: 'slow' } })
  expect(await slow.next()).toBeUndefined()
  under.commitShown()
  await quick.nextOf('change')
})

test('one that does not even read that is cut off five seconds later', async () => {
  const under = new HubUnderTest()
  const visitor = under.visit([under.panel('total', () => [[under.batch]])])
  await visitor.nextOf('snapshot')
  under.commit()
  await settled()
  under.clock.advance(30_000)
  await settled()
  expect(under.hub.counts).toMatchObject({ clients: 0, dropped: 1 })
  under.clock.advance(4_999)
  expect(visitor.isCut).toBe(false)
  under.clock.advance(1)
  expect(visitor.isCut).toBe(true)
})

test('a client that was away for some updates goes on with the newest one', async () => {
  const under = new HubUnderTest()
  const panel = under.panel('total', () => [[under.batch]])
  const [late, quick] = [under.visit([panel]), under.visit([panel])]
  await late.nextOf('snapshot')
  await quick.nextOf('snapshot')
  for (let commit = 0; commit < 9; commit++) {
    under.clock.advance(1_000)
    under.commit()
    await quick.nextOf('change')
  }
  expect(await late.nextOf('snapshot')).toMatchObject({ data: { position: { batch: 9 }, panels: [{ rows: [[9]] }] } })
  under.clock.advance(1_000)
  under.commit()
  expect(await late.nextOf('change')).toMatchObject({ data: { position: { batch: 10 } } })
})

test('a stream ends when its right to look does', async () => {
  const under = new HubUnderTest()
  const visitor = under.visit([under.panel('total', () => [[1]])], { expiresMs: under.clock.nowMs() + 20_000 })
  await visitor.nextOf('snapshot')
  under.clock.advance(20_000)
  await settled()
  expect(await visitor.nextOf('end')).toMatchObject({ data: { reason: 'expired' } })
  expect(await visitor.next()).toBeUndefined()
  expect(under.hub.counts.clients).toBe(0)
})

test('a server that closes tells its clients, and takes no more of them', async () => {
  const under = new HubUnderTest()
  const panel = under.panel('total', () => [[1]])
  const visitor = under.visit([panel])
  await visitor.nextOf('snapshot')
  const closed = under.hub.close()
  expect(await visitor.nextOf('end')).toMatchObject({ data: { reason: 'closing' } })
  await closed
  expect(() => under.visit([panel])).toThrow('The server is closing.')
  under.commit()
  under.clock.advance(60_000)
  expect(visitor.isCut).toBe(false)
})

test('one that does not read is waited for five seconds when the server closes', async () => {
  const under = new HubUnderTest()
  const visitor = under.visit([under.panel('total', () => [[under.batch]])])
  await visitor.nextOf('snapshot')
  const closed = under.hub.close()
  under.clock.advance(5_000)
  await closed
  expect(visitor.isCut).toBe(true)
})

test('a visit beyond a thousand panels is turned away, and those followed go on', async () => {
  const under = new HubUnderTest()
  const panels = Array.from({ length: 1_000 }, (_, index) => under.panel(`p${index}`, () => [[under.batch]]))
  const visitor = under.visit(panels)
  await visitor.nextOf('snapshot')
  expect(() => under.visit([under.panel('one_more', () => [[1]])])).toThrow('Too much is followed at the moment.')
  await under.visit(panels.slice(0, 5)).nextOf('snapshot')
  under.commit()
  await visitor.nextOf('change')
})

test('a token has as many streams as it may, until one of them is closed', async () => {
  const under = new HubUnderTest()
  const panel = under.panel('total', () => [[under.batch]])
  const visitors = [under.visit([panel], { holder: 'a' }), under.visit([panel], { holder: 'a' })]
  const refused = { status: 429, headers: { 'Retry-After': '10' } }
  expect(() => under.visit([panel], { holder: 'a' })).toThrow(expect.objectContaining(refused))
  under.visit([panel], { holder: 'b' })
  for (let anyone = 0; anyone < 5; anyone++) under.visit([panel])
  await visitors[0]?.leave()
  under.visit([panel], { holder: 'a' })
  expect(() => under.visit([panel], { holder: 'a' })).toThrow(expect.objectContaining(refused))
})

test('a clock that is set, forward or back, ends no stream too early, and none too late', async () => {
  const under = new HubUnderTest()
  const panel = under.panel('total', () => [[under.batch]])
  const expiresMs = under.clock.nowMs() + 600_000
  const [limited, unlimited] = [under.visit([panel], { expiresMs }), under.visit([panel])]
  for (const visitor of [limited, unlimited]) await visitor.nextOf('snapshot')
  const beat = async (): Promise<void> => {
    under.clock.advance(15_000)
    for (const visitor of [limited, unlimited]) await visitor.nextOf('freshness')
  }
  under.clock.setForwardMs = -3_600_000
  await beat()
  under.clock.setForwardMs = 0
  await beat()
  under.clock.setForwardMs = 3_600_000
  under.clock.advance(15_000)
  expect(await limited.nextOf('end')).toMatchObject({ data: { reason: 'expired' } })
  await unlimited.nextOf('freshness')
  under.commit()
  await unlimited.nextOf('change')
})

import { describe, expect, onTestFinished, test } from 'vitest'
import { Session } from '../../src/dashboard/follow/session.ts'
import { keyOf } from '../../src/dashboard/view/asking.ts'
import { dashboardHead, panelHead } from '../support/dashboardHeads.ts'
import { PlainServer } from '../support/plainServer.ts'
import { TestClock } from '../support/testClock.ts'

const SALES = { head: panelHead({ name: 'sales' }), parameters: {} }
const HEAD = dashboardHead([SALES.head])
const SERVER_MS = Date.parse(HEAD.serverTime)
const POSITION = {
  generation: 'g',
  batch: 7,
  batchTime: '2026-11-25T14:32:07.000Z',
  takenTime: '2026-11-25T14:32:07.500Z',
  newestEventTime: '2026-11-25T14:32:06.000Z',
}
const COLUMNS = [{ name: 'items', type: 'BIGINT' }]
const ANSWER = {
  panel: 'sales',
  range: null,
  isWidened: false,
  completeTo: null,
  filters: {},
  columns: COLUMNS,
  isCut: false,
}

function snapshot(items: number): string {
  const panels = [{ at: 0, digest: `d${items}`, answer: ANSWER, rows: [[items]] }]
  return `id: ${items}\nevent: snapshot\ndata: ${JSON.stringify({ position: POSITION, panels })}\n\n`
}

/** A session with a server that the test answers for, on a clock that the test moves. */
async function opened() {
  const server = await PlainServer.open()
  const clock = new TestClock()
  let wake: () => void = () => undefined
  const after = (delayMs: number, action: () => void): (() => void) => {
    const timer = clock.after(delayMs, action)
    return () => void timer.cancel()
  }
  const session = new Session({
    url: server.url,
    token: () => undefined,
    clock: { after, random: () => 1, monotonicMs: () => clock.monotonicMs() },
    onChange: () => wake(),
  })
  onTestFinished(() => session.close())
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise<void>((resolve) => (wake = resolve))
  }
  const items = (): unknown => session.fed.answers.get(keyOf(SALES))?.rows[0]?.[0]
  return { server, clock, session, until, items }
}

describe('a session with a server', () => {
  test('knows what the dashboard is made of, and the time by the server alone', async () => {
    const { server, clock, session, until } = await opened()
    expect([session.facts, session.found]).toEqual([undefined, undefined])
    void session.open()
    expect((await server.nextJson(200, HEAD)).path).toBe('/api/dashboard')
    await until(() => session.head !== undefined)
    expect(session.head?.title).toBe('Sales')
    clock.advance(20_000)
    expect(session.facts).toMatchObject({ nowMs: SERVER_MS + 20_000, heardMs: SERVER_MS, isOffline: false })
    expect(session.found?.state).not.toBe('disconnected')
    clock.advance(11_000)
    expect(session.found).toMatchObject({ state: 'disconnected', lagMs: undefined })
  })

  test('a server that fails is asked again, each time later, and at once when somebody wants it', async () => {
    const { server, clock, session, until } = await opened()
    void session.open()
    const problem = { type: 'about:blank', title: 'Not yet', status: 503 }
    for (const pauseMs of [1_000, 2_000, 4_000]) {
      await server.nextJson(503, problem)
      await until(() => session.failure !== undefined)
      await clock.waitedFor(1)
      clock.advance(pauseMs)
    }
    await server.nextJson(503, problem)
    await until(() => session.failure !== undefined)
    session.tryNow()
    await server.nextJson(200, HEAD)
    await until(() => session.head !== undefined)
    expect(session.failure).toBeUndefined()
  })

  test('while nobody looks nothing is followed; afterwards everything is asked for at once', async () => {
    const { server, session, until, items } = await opened()
    void session.open()
    await server.nextJson(200, HEAD)
    await until(() => session.head !== undefined)
    session.ask([SALES])
    const followed = await server.nextStream(snapshot(3))
    await until(() => items() === 3)
    session.pause()
    await followed.closed
    expect([session.isPaused, items()]).toEqual([true, 3])
    // What is asked for meanwhile is followed later.
    session.ask([SALES])
    session.resume()
    await server.nextStream(snapshot(5))
    await until(() => items() === 5)
    expect(session.isPaused).toBe(false)
  })

  test('says that it is offline at once, and tries again when the network is back', async () => {
    const { server, session, until, items } = await opened()
    void session.open()
    await server.nextJson(200, HEAD)
    await until(() => session.head !== undefined)
    session.ask([SALES])
    await server.nextStream(snapshot(3))
    await until(() => items() === 3)
    session.setOffline(true)
    expect(session.found?.state).toBe('disconnected')
    session.setOffline(false)
    await server.nextStream(snapshot(4))
    await until(() => items() === 4)
    expect(session.found?.state).not.toBe('disconnected')
  })

  test('a server that was away for long may be another when it is back, also where it is asked before it streams', async () => {
    const { server, clock, session, until, items } = await opened()
    void session.open()
    await server.nextJson(200, HEAD)
    await until(() => session.head !== undefined)
    session.ask([SALES])
    const followed = await server.nextStream(snapshot(3))
    await until(() => items() === 3)
    followed.response.destroy()
    await until(() => session.fed.connection === 'waiting')
    clock.advance(60_000)
    await server.nextJson(200, {}) // it is back, and a proxy before it lets no stream through
    await server.nextJson(200, { ...ANSWER, rows: [[4]], position: POSITION })
    await until(() => items() === 4)
    expect((await server.nextJson(200, { ...HEAD, title: 'Another' })).path).toBe('/api/dashboard')
    await until(() => session.head?.title === 'Another')
  })

  test('a token that is refused for a while is no reason to stand still for good', async () => {
    const { server, clock, session, until, items } = await opened()
    void session.open()
    await server.nextJson(200, HEAD)
    await until(() => session.head !== undefined)
    session.ask([SALES])
    const followed = await server.nextStream(snapshot(3))
    await until(() => items() === 3)
    // The server has another secret now, and the website signs with the old one for some seconds more.
    followed.response.destroy()
    await until(() => session.fed.connection === 'waiting')
    clock.advance(60_000)
    const refusal = { type: 'about:blank', title: 'The token is not accepted.', status: 401 }
    const refused = async (): Promise<void> => {
      const { refusal: before } = session.fed
      for (let request = 0; request < 4; request++) await server.nextJson(401, refusal)
      await until(() => session.fed.refusal !== before)
    }
    await refused()
    for (const pauseMs of [1_000, 2_000]) {
      clock.advance(pauseMs)
      await refused()
    }
    clock.advance(4_000)
    await server.nextStream(snapshot(4))
    await until(() => items() === 4)
    expect(session.fed.refusal).toBeUndefined()
  })

  test('once it is closed, an answer that is still on its way changes nothing', async () => {
    const { server, session } = await opened()
    const opening = session.open()
    const seen = await server.next()
    session.close()
    seen.response.end(JSON.stringify(HEAD))
    await opening
    expect([session.head, session.failure]).toEqual([undefined, undefined])
  })
})

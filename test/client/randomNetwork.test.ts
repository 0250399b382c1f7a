import { expect, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import type { Fetch } from '../../src/client/requests.ts'
import { asProblem } from '../../src/server/problem.ts'
import { runsOr, seedOr } from '../support/longRuns.ts'
import { seededRandom } from '../support/random.ts'
import { RandomTables } from '../support/randomTables.ts'
import { settled } from '../support/streamHub.ts'

/** How often a client follows panels over a network that fails in every way; a soak repeats it. */
const RUNS = runsOr(10)
const STEPS = 120

const PAGE = { first: { panel: 'p0' }, second: { panel: 'p1' }, third: { panel: 'p2' } } as const
const KEYS = ['first', 'second', 'third'] as const

interface Shown {
  readonly panels: Readonly<
    Record<string, { readonly rows: unknown; readonly position: { readonly batch: number } } | undefined>
  >
  readonly problems: Readonly<Record<string, unknown>>
}

/** A network that loses requests and answers, holds them back, cuts them anywhere, or answers itself. */
class RandomNetwork {
  /** From now on it loses nothing. */
  isGood = false
  readonly #random: () => number
  readonly #tables: RandomTables
  /** Connections that are open, and how to end each. */
  readonly #open = new Set<(error?: Error) => void>()

  constructor(random: () => number, tables: RandomTables) {
    this.#random = random
    this.#tables = tables
  }

  readonly fetch: Fetch = async (address, { headers, signal }) => {
    const url = new URL(address)
    const what = this.isGood ? 1 : this.#random()
    if (what < 0.12) throw new TypeError('fetch failed')
    if (what < 0.17) return json(503, { title: 'The server is closing.' }, { 'Retry-After': '1' })
    if (what < 0.2) return json(401, { title: 'The token is not accepted.' })
    if (what < 0.24) return json(200, {}) // what is between makes something of its own of it
    if (what < 0.32) return await lost(signal)
    return url.pathname === '/api/stream' ? this.#stream(url, headers, signal) : this.#panel(url, headers)
  }

  cutSome(): void {
    for (const end of this.#open) if (this.#random() < 0.5) end(this.#random() < 0.5 ? new TypeError('cut') : undefined)
  }

  #stream(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal | undefined): Response {
    const { under, panels } = this.#tables
    const asked = url.searchParams.getAll('panel').flatMap((name) => panels.filter((panel) => panel.name === name))
    const body = under.hub.open({
      panels: asked,
      holder: 'anyone',
      lastId: headers['Last-Event-ID'],
      cut: () => undefined,
    })
    return new Response(this.#carried(body.getReader(), signal), { headers: { 'Content-Type': 'text/event-stream' } })
  }

  /** What comes, in other pieces than it was sent in, until it is cut; at times nothing more comes, and nobody says. */
  #carried(sent: ReadableStreamDefaultReader<Uint8Array>, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
    let rest = new Uint8Array()
    let end: (error?: Error) => void = () => undefined
    const stops = !this.isGood && this.#random() < 0.2
    return new ReadableStream<Uint8Array>(
      {
        start: (stream) => {
          let isOver = false
          end = (error) => {
            if (isOver) return
            isOver = true
            this.#open.delete(end)
            void sent.cancel()
            if (error === undefined) stream.close()
            else stream.error(error)
          }
          this.#open.add(end)
          signal?.addEventListener('abort', () => end(new Error('aborted')))
        },
        pull: async (stream) => {
          if (rest.length === 0) {
            const { done, value } = await sent.read()
            if (done || value === undefined) return end()
            rest = new Uint8Array(value)
          }
          if (stops && this.#random() < 0.3) return new Promise<void>(() => undefined)
          const length = this.#random() < 0.5 ? rest.length : 1 + Math.floor(this.#random() * rest.length)
          const piece = rest.slice(0, length)
          rest = rest.slice(length)
          stream.enqueue(piece)
        },
        cancel: () => end(),
      },
      { highWaterMark: 0 },
    )
  }

  async #panel(url: URL, headers: Readonly<Record<string, string>>): Promise<Response> {
    const panel = this.#tables.panels.find(({ name }) => url.pathname === `/api/panels/${name}`)
    if (panel === undefined) return json(404, { title: 'There is no panel of this name.' })
    const { generation, batch } = this.#tables.under
    const tag = `"${generation}.${batch}"`
    if (headers['If-None-Match'] === tag) return new Response(null, { status: 304 })
    try {
      const { head, rows, position } = await panel.answer()
      return json(200, { ...head, rows, position }, { ETag: `"${position.generation}.${position.batch}"` })
    } catch (error) {
      return json(asProblem(error).status, asProblem(error).body(undefined))
    }
  }
}

function json(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } })
}

function lost(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))
}

async function followAtRandom(seed: number): Promise<void> {
  const random = seededRandom(seed)
  const tables = new RandomTables(random)
  const network = new RandomNetwork(random, tables)
  const { under } = tables
  const clock = {
    after: (delayMs: number, action: () => void): (() => void) => {
      const timer = under.clock.after(delayMs, action)
      return () => timer.cancel()
    },
    random,
  }
  let tokens = 0
  const token = (): string | Promise<string> => {
    const what = network.isGood ? 1 : random()
    if (what < 0.1) throw new Error('nobody is logged in')
    if (what < 0.2) return new Promise<string>(() => undefined)
    return what < 0.6 ? `t${++tokens}` : Promise.resolve(`t${++tokens}`)
  }
  const client = createClient({ url: 'http://numbers.example/', token, fetch: network.fetch, clock })
  const stop = new AbortController()
  let last: Shown | undefined
  const follow = async (): Promise<void> => {
    for await (const update of client.follow(PAGE, { signal: stop.signal })) {
      last = update as unknown as Shown
      for (const [place, key] of KEYS.entries()) {
        const answer = last.panels[key]
        if (answer === undefined) continue
        const { rows, position } = answer
        expect(rows, `panel ${place} at batch ${position.batch}, seed ${seed}`).toEqual(
          tables.rowsAt(position.batch, place),
        )
      }
    }
  }
  // A token that is refused twice ends it, and whoever follows begins again.
  const following = (async () => {
    while (!stop.signal.aborted) {
      await follow().catch((error: unknown) => {
        if ((error as { readonly status?: number }).status !== 401) throw error
      })
    }
  })()
  for (let step = 0; step < STEPS; step++) {
    const what = random()
    if (what < 0.35) under.clock.advance(tables.below(random() < 0.2 ? 60_000 : 3_000))
    else if (what < 0.6) tables.answerSome()
    else if (what < 0.7) network.cutSome()
    else tables.commit(random() < 0.5)
    if (random() < 0.7) await settled()
  }
  network.isGood = true
  tables.answerAll()
  for (let second = 0; second < 240; second++) {
    await settled()
    under.clock.advance(1_000)
    tables.answerAll()
  }
  tables.commit(true)
  await settled()
  under.clock.advance(1_000)
  await settled()
  expect(last, `seed ${seed}`).toMatchObject({
    connection: 'streaming',
    problems: {},
    position: { batch: under.batch },
  })
  expect(KEYS.map((key) => last?.panels[key]?.rows)).toEqual(tables.rows)
  expect(Object.keys(last?.problems ?? {})).toEqual([])
  stop.abort()
  await following
  await settled()
  expect(under.hub.counts.clients).toBe(0)
}

test('whatever the network does, a client shows rows of one batch, and the last one once it is good', {
  timeout: 600_000,
}, async () => {
  for (let run = 0; run < RUNS; run++) await followAtRandom(seedOr(41) + run)
})

import { type Client, type ClientOptions, createClient, type Update } from '../../src/client/index.ts'
import { PlainServer } from './plainServer.ts'
import { TestClock } from './testClock.ts'

// A client that follows a page, at a server that says what a test says, on a clock that the test moves.

export const COLUMNS = [
  { name: 'minute', type: 'VARCHAR' },
  { name: 'messages', type: 'BIGINT' },
]
export const ANSWER = {
  panel: 'per_minute',
  range: null,
  isWidened: false,
  filters: {},
  columns: COLUMNS,
  isCut: false,
}
export const POSITION = { generation: 'g', batch: 7, batchTime: 'a', takenTime: 'b', newestEventTime: null }

export function event(name: string, data: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}

export function snapshot(id: string, rows: readonly unknown[], digest = 'd1'): string {
  return event('snapshot', { position: POSITION, panels: [{ at: 0, digest, answer: ANSWER, rows }] }, id)
}

export function change(id: string, panel: object): string {
  return event('change', { position: { ...POSITION, batch: 8 }, panels: [{ at: 0, digest: 'd2', ...panel }] }, id)
}

export const PAGE = { minutes: { panel: 'per_minute', parameters: { channel: ['EMAIL', 'SMS'] } } } as const

export interface Setup {
  readonly server: PlainServer
  readonly clock: TestClock
  readonly client: Client
  /** Resolves once the client has waited so many times in all, besides for what must come within a limit. */
  readonly paused: (count: number) => Promise<void>
  /** All times that it has waited for, without those limits. */
  readonly pausesMs: readonly number[]
}

/** Within which a stream begins, a token comes, and something is said. */
const LIMITS_MS: readonly number[] = [10_000, 20_000, 45_000]

export async function setup(options: ClientOptions = {}): Promise<Setup> {
  const server = await PlainServer.open()
  const clock = new TestClock()
  const pausesMs: number[] = []
  const after = (delayMs: number, action: () => void): (() => void) => {
    if (!LIMITS_MS.includes(delayMs)) pausesMs.push(delayMs)
    const timer = clock.after(delayMs, action)
    return () => timer.cancel()
  }
  const client = createClient({ url: server.url, clock: { after, random: () => 1 }, ...options })
  const paused = async (count: number): Promise<void> => {
    while (pausesMs.length < count) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return { server, clock, client, paused, pausesMs }
}

export type Updates = AsyncGenerator<Update<never, never>, void>

/** Updates until one fits. */
export async function until<Each>(updates: AsyncGenerator<Each, void>, fits: (update: Each) => boolean): Promise<Each> {
  for (;;) {
    const { done, value } = await updates.next()
    if (done === true) throw new Error('it has ended')
    if (fits(value)) return value
  }
}
